/** Who looks at the page, what that person may do, and in which projects. */
import { computed, signal } from '@preact/signals';
import { PROJECT_ROLES, type Me, type ProjectRole } from '../../vocabulary/index.ts';
import { address, navigate, route } from '../router.ts';
import { mayPass } from './again.ts';
import { poll } from './poll.ts';
import { service, shareToken, whenRefused } from './service.ts';

/** Null until it is known, and for somebody whom the service does not know. */
export const me = signal<Me | null>(null);

/** Whether people are registered, and this is the page of one of them: on a laptop it is false. */
export const isTeam = computed(() => me.value !== null && me.value.person !== null);
export const isOwner = computed(() => me.value !== null && me.value.isOwner);

/** Until it is known who looks, everything is offered, as on a laptop; the service refuses what is not allowed. */
export function mayIn(project: string, least: ProjectRole): boolean {
  if (shareToken !== null) return least === 'viewer';
  if (me.value === null || me.value.isOwner) return true;
  const role = me.value.projects.find(({ id }) => id === project)?.role;
  return role !== undefined && rank(role) >= rank(least);
}
const rank = (role: ProjectRole): number => PROJECT_ROLES.indexOf(role);

/** The projects in which one may make something; null: any. */
export const makingProjects = computed(() => me.value?.projects.filter(({ id }) => mayIn(id, 'member')) ?? null);
export const projectName = (id: string): string => me.value?.projects.find((project) => project.id === id)?.name ?? id;

const RETRY_MS = 2500;

/** Asks until there is an answer. A page of a share link asks for nothing: its link says what it may show. */
export function startMe(): void {
  if (shareToken !== null) return;
  whenRefused(leadToSignIn);
  const done = new AbortController();
  poll(async () => {
    try {
      await loadMe();
      done.abort();
    } catch (fault) {
      // Who is not known is led to the sign-in; where the service does not respond, the page itself says so.
      if (!mayPass(fault)) done.abort();
    }
    return RETRY_MS;
  }, done.signal);
}

export async function loadMe(): Promise<void> {
  me.value = await service.me();
}

export async function signOut(): Promise<void> {
  await service.session.signOut();
  // Nothing of what was on the screen stays in memory.
  location.assign('/sign-in');
}

/** And back to this page afterwards. */
function leadToSignIn(): void {
  me.value = null;
  const { page } = route.peek();
  if (page === 'signIn' || page === 'invitation') return;
  const { path, query, fragment } = address.peek();
  const here = `${path}${query.size > 0 ? `?${query}` : ''}${fragment && `#${fragment}`}`;
  navigate(here === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ to: here })}`, { replace: true });
}

/** The page to which a sign-in leads: one of this service, whatever an address says. */
export function landing(to: string | null): string {
  const target = to !== null && URL.canParse(to, location.origin) ? new URL(to, location.origin) : null;
  if (!target || target.origin !== location.origin || target.pathname === '/sign-in') return '/';
  return target.pathname + target.search + target.hash;
}
