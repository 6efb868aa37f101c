/** Who sends a request, and what that caller may see and do. */
import { PROJECT_ROLES, type KeyScope, type ProjectRole } from '../vocabulary/index.ts';

export interface Caller {
  /**
   * How it showed who it is. `open`: nobody is registered, so everybody may do everything. `nobody`: people are
   * registered, and the caller showed nothing.
   */
  readonly via: 'open' | 'session' | 'key' | 'share' | 'nobody';
  readonly person: { readonly id: string; readonly name: string } | null;
  /** The id of its session, key or share link. */
  readonly credential: string | null;
  /** When its session, key or share link ends, unless it is revoked before or used again; null: never. */
  readonly expiresAt: Date | null;
  /** May do everything in every project, and what belongs to none. */
  readonly isOwner: boolean;
  /** What its key may do at most; `admin` without a key. */
  readonly scope: KeyScope;
  /** By project. */
  readonly roles: ReadonlyMap<string, ProjectRole>;
  /** Of a share link: the only runs that it may see. */
  readonly sharedRuns: ReadonlySet<string> | null;
}

export const OPEN_CALLER: Caller = {
  via: 'open',
  person: null,
  credential: null,
  expiresAt: null,
  isOwner: true,
  scope: 'admin',
  roles: new Map(),
  sharedRuns: null,
};
export const NOBODY: Caller = { ...OPEN_CALLER, via: 'nobody', isOwner: false };

const rank = (role: ProjectRole): number => PROJECT_ROLES.indexOf(role);

/** What it may do in the project; null: nothing, and it must not learn that the project exists. */
export const roleIn = ({ isOwner, roles }: Caller, project: string): ProjectRole | null =>
  isOwner ? 'admin' : (roles.get(project) ?? null);

export const mayIn = (caller: Caller, project: string, least: ProjectRole): boolean => {
  const role = roleIn(caller, project);
  return role !== null && rank(role) >= rank(least);
};

/** The projects in which it may do at least this; null: every project. */
export const projectsOf = ({ isOwner, roles }: Caller, least: ProjectRole = 'viewer'): readonly string[] | null =>
  isOwner ? null : [...roles].filter(([, role]) => rank(role) >= rank(least)).map(([project]) => project);
