import { useSignal } from '@preact/signals';
import { LIMITED, type Limited, type Limits, type Project } from '../../../vocabulary/index.ts';
import { service } from '../../data/service.ts';
import { LIMIT_LABELS } from '../../parts/labels.ts';
import { FaultLine } from '../../parts/text-field.tsx';
import { toast } from '../../parts/toast.tsx';
import { useAction } from '../../parts/use-action.ts';
import { NumberFields } from './number-fields.tsx';

const UNITS: Record<Limited, string> = { concurrentRuns: 'runs', queuedRuns: 'runs', storageBytes: 'MB' };
const BYTES_PER_MB = 1_000_000;

/** What the project may use at most; only an owner sets it. */
export function LimitsPanel({ project, change }: { project: Project; change: (project: Project) => void }) {
  const text = useSignal<Record<string, string>>(
    Object.fromEntries(LIMITED.map((name) => [name, shown(name, project.limits[name])])),
  );
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const limits: Limits = {};
    for (const name of LIMITED) {
      const typed = text.value[name] ?? '';
      if (typed !== '')
        limits[name] = name === 'storageBytes' ? Math.round(Number(typed) * BYTES_PER_MB) : Number(typed);
    }
    const isDone = await run(async () => change(await service.projects.patch(project.id, { limits })));
    if (isDone) toast('Saved');
  };
  return (
    <section class="panel" aria-labelledby="limits-title">
      <div class="panel-head">
        <h2 id="limits-title">Limits</h2>
        <span class="quiet">Empty: as the service has it for every project.</span>
      </div>
      <div class="panel-body">
        <form class="form-row" onSubmit={(event) => void submit(event)}>
          <NumberFields names={LIMITED} labels={LIMIT_LABELS} text={text} unit={UNITS} least={0} />
          <button class="button" disabled={isBusy.value}>
            Save
          </button>
        </form>
        <FaultLine of={fault} />
      </div>
    </section>
  );
}

function shown(name: Limited, value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  return String(name === 'storageBytes' ? value / BYTES_PER_MB : value);
}
