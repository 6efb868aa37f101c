import { useSignal } from '@preact/signals';
import type { DatasetInfo } from '../../../vocabulary/index.ts';
import { makingProjects } from '../../data/me.ts';
import { service } from '../../data/service.ts';
import { Popover } from '../../parts/popover.tsx';
import { FaultLine } from '../../parts/text-field.tsx';
import { toast } from '../../parts/toast.tsx';
import { useAction } from '../../parts/use-action.ts';

/** Gives the data set to another project. Absent where there is no choice. */
export function MoveDataset({ info, change }: { info: DatasetInfo; change: () => void }) {
  if ((makingProjects.value ?? []).length < 2 || !info.project) return null;
  return (
    <Popover title="Move this data set" button="Move">
      {(close) => (
        <MoveForm
          info={info}
          done={() => {
            close();
            change();
          }}
        />
      )}
    </Popover>
  );
}

function MoveForm({ info, done }: { info: DatasetInfo; done: () => void }) {
  const project = useSignal(info.project ?? '');
  const { isBusy, fault, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(await run(() => service.updateDataset(info.id ?? '', { project: project.value })))) return;
    toast('Moved');
    done();
  };
  return (
    <form class="edit-run" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span class="label">Project</span>
        <select class="input" value={project.value} onChange={(event) => (project.value = event.currentTarget.value)}>
          {makingProjects.value?.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <span class="field-hint">Its members see the data set; runs that have used it keep what they have seen.</span>
      </label>
      <FaultLine of={fault} />
      <div class="row">
        <button class="button primary" disabled={isBusy.value || project.value === info.project}>
          Move
        </button>
      </div>
    </form>
  );
}
