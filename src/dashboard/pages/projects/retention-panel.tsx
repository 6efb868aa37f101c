import { useSignal } from '@preact/signals';
import {
  RETAINED,
  type Project,
  type Retained,
  type Retention,
  type RetentionPlan,
} from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { bytes, count } from '../../parts/format.ts';
import { FaultLine } from '../../parts/text-field.tsx';
import { toast } from '../../parts/toast.tsx';
import { useAction } from '../../parts/use-action.ts';
import { useLoaded } from '../../parts/use-loaded.ts';
import { NumberFields } from './number-fields.tsx';

const RETAINED_LABELS: Record<Retained, string> = {
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
  const plan = useLoaded(() => service.projects.retentionPlan(project.id), [project]);
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
        {plan.value.value && <p class="quiet">{planInWords(plan.value.value)}</p>}
      </div>
    </section>
  );
}

/** What the next sweep deletes by the rules that are saved. */
function planInWords({ rules, deletes }: RetentionPlan): string {
  if (RETAINED.every((name) => !rules[name])) return 'Nothing is deleted.';
  const parts = RETAINED.filter((name) => deletes[name].runs > 0).map(
    (name) =>
      `${RETAINED_LABELS[name].toLowerCase()} of ${count(deletes[name].runs, 'run')}, ${bytes(deletes[name].bytes)}`,
  );
  return parts.length === 0 ? 'Nothing is old enough to be deleted now.' : `To be deleted next: ${parts.join('; ')}.`;
}
