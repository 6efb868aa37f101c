import { DEFAULT_PROJECT, type Run } from '../../../vocabulary/index.ts';
import { makingProjects } from '../../data/me.ts';
import { projectView, shownProject } from '../../data/project.ts';
import { draft, put } from './draft.ts';

/**
 * Where the new run goes: as the job itself says, then as the address says, then where the run is that the job was taken
 * from. Undefined: wherever the service puts it.
 */
export function projectOf(parent: Run | null): string | undefined {
  const { project } = draft.value;
  if (project !== undefined) return project;
  if (shownProject.value !== '') return shownProject.value;
  if (parent !== null) return parent.project;
  const offered = makingProjects.value ?? [];
  return offered.some(({ id }) => id === DEFAULT_PROJECT) ? undefined : offered[0]?.id;
}

/** Absent where there is no choice. */
export function ProjectField({ parent }: { parent: Run | null }) {
  const offered = makingProjects.value ?? [];
  const chosen = projectOf(parent) ?? DEFAULT_PROJECT;
  if (offered.length < 2) return null;
  return (
    <label class="field project-field">
      <span class="label">Project</span>
      <select
        class="input"
        value={offered.find(({ id, name }) => id === chosen || name === chosen)?.id ?? chosen}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (draft.value.project === undefined) projectView.set({ project: value }, { replace: true });
          else put('project', value);
        }}
      >
        {offered.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
