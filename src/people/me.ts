import type { Store } from '../store/store.ts';
import type { Me } from '../vocabulary/index.ts';
import { projectsOf, roleIn, type Caller } from './caller.ts';

/** What a caller may know about itself. Not for callers that have shown nothing. */
export async function describeCaller(store: Pick<Store, 'people' | 'projects'>, caller: Caller): Promise<Me> {
  const [person, projects] = await Promise.all([
    caller.person && store.people.get(caller.person.id),
    store.projects.list(projectsOf(caller)),
  ]);
  return {
    object: 'me',
    via: caller.via === 'nobody' ? 'open' : caller.via,
    person,
    isOwner: caller.isOwner,
    projects: projects.map(({ id, name }) => ({ id, name, role: roleIn(caller, id) ?? 'viewer' })),
  };
}
