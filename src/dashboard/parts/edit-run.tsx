import { useSignal } from '@preact/signals';
import type { Run } from '../../vocabulary/index.ts';
import { title } from '../data/actions.ts';
import { makingProjects } from '../data/me.ts';
import { service } from '../data/service.ts';
import { Icon } from './icons.tsx';
import { Popover } from './popover.tsx';
import { toast } from './toast.tsx';

interface Props {
  run: Run;
  class?: string;
  /** What the button says beside its pencil. */
  words?: string;
  change: (run: Run) => void;
}

/** Name, tags, notes and project of a run, which its training does not depend on. */
export const EditRun = ({ run, class: name = 'button', words, change }: Props) => (
  <Popover
    class={name}
    title={`Edit ${title(run)}`}
    button={
      <>
        <Icon name="edit" />
        {words}
      </>
    }
    {...(words === undefined && { label: `Edit ${title(run)}` })}
  >
    {(close) => <EditForm run={run} change={change} close={close} />}
  </Popover>
);

function EditForm({ run, change, close }: { run: Run; change: (run: Run) => void; close: () => void }) {
  const name = useSignal(run.name);
  const tags = useSignal(run.tags.join(', '));
  const notes = useSignal(run.notes);
  const project = useSignal(run.project);
  const targets = makingProjects.value ?? [];
  const fault = useSignal('');
  const isBusy = useSignal(false);
  const save = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    try {
      change(
        await service.patch(run.id, {
          name: name.value,
          tags: tagsIn(tags.value),
          notes: notes.value,
          ...(project.value !== run.project && { project: project.value }),
        }),
      );
      toast('Saved');
      close();
    } catch (error) {
      fault.value = error instanceof Error ? error.message : String(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <form class="edit-run" onSubmit={(event) => void save(event)}>
      <label class="field">
        <span class="label">Name</span>
        <input
          class="input"
          dir="auto"
          maxLength={200}
          value={name.value}
          placeholder={run.id}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span class="label">Tags, separated by commas</span>
        <input
          class="input"
          dir="auto"
          value={tags.value}
          onInput={(event) => (tags.value = event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span class="label">Notes, in Markdown</span>
        <textarea
          class="input"
          dir="auto"
          rows={6}
          value={notes.value}
          onInput={(event) => (notes.value = event.currentTarget.value)}
        />
      </label>
      {targets.length > 1 && (
        <label class="field">
          <span class="label">Project</span>
          <select class="input" value={project.value} onChange={(event) => (project.value = event.currentTarget.value)}>
            {targets.map(({ id, name: words }) => (
              <option key={id} value={id}>
                {words}
              </option>
            ))}
          </select>
          {project.value !== run.project && (
            <span class="field-hint">Moves the run and its trials: members of the other project see them.</span>
          )}
        </label>
      )}
      {fault.value && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      <div class="row">
        <button type="button" class="button" onClick={close}>
          Close
        </button>
        <button class="button primary" disabled={isBusy.value}>
          Save
        </button>
      </div>
    </form>
  );
}

export const tagsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  ),
];
