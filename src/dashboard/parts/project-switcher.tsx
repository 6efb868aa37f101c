import { me } from '../data/me.ts';
import { hasProjects, shownProject } from '../data/project.ts';
import { address, navigate } from '../router.ts';
import { searchOf } from '../url-fields.ts';

/** Which project's things the lists show. Absent where there is no choice. */
export function ProjectSwitcher() {
  const shown = shownProject.value;
  const projects = me.value?.projects ?? [];
  if (!hasProjects.value) return null;
  return (
    <select
      class="input project-switcher"
      aria-label="Project"
      value={shown}
      onChange={(event) => showProject(event.currentTarget.value)}
    >
      <option value="">All projects</option>
      {projects.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
      {/* An address may name a project that is not to be seen. */}
      {shown !== '' && !projects.some(({ id }) => id === shown) && <option value={shown}>{shown}</option>}
    </select>
  );
}

/** The list of another project begins at its first page. */
function showProject(project: string): void {
  const { path, query } = address.peek();
  const next = new URLSearchParams(query);
  for (const key of ['project', 'page', 'after']) next.delete(key);
  if (project !== '') next.set('project', project);
  navigate(path + searchOf(next), { isSamePage: true });
}
