import { useSignal } from '@preact/signals';
import { RETAINED, type Project, type Retention } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { FaultLine } from '../../parts/text-field.tsx';
import { toast } from '../../parts/toast.tsx';
import { useAction } from '../../parts/use-action.ts';
import { NumberFields } from './number-fields.tsx';

const RETAINED_LABELS: Record<(typeof RETAINED)[number], string> = {
  snapshots: 'Neuron activity',
  metrics: 'Curves',
  checkpoints: 'Checkpoints',
  runs: 'Whole runs',
};

/** What of ended runs is deleted, and when. */
export function RetentionPanel({ project, change }: { project: Project; change: (project: Project) => void }) {
  const text = useSignal<Record<string, string>>(
    Object.fromEntries(RETAINED.map((name) => [name, String(project.retention[name] ?? '')])),
  );
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const retention: Retention = Object.fromEntries(
      RETAINED.map((name) => [name, text.value[name] ? Number(text.value[name]) : null]),
    );
    const isDone = await run(async () => change(await service.projects.patch(project.id, { retention })));
    if (isDone) toast('Saved');
  };
  return (
    <section class="panel" aria-labelledby="retention-title">
      <div class="panel-head">
        <h2 id="retention-title">Retention</h2>
        <span class="quiet">So many days after a run has ended, this is deleted for good. Empty: never.</span>
      </div>
      <div class="panel-body">
        <form class="form-row" onSubmit={(event) => void submit(event)}>
          <NumberFields names={RETAINED} labels={RETAINED_LABELS} text={text} unit="days" least={1} />
          <button class="button" disabled={isBusy.value}>
            Save
          </button>
        </form>
        <FaultLine of={fault} />
      </div>
    </section>
  );
}
