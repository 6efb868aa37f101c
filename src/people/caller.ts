/** Who sends a request, and what that caller may see and do. */
import { PROJECT_ROLES, type ProjectRole } from '../vocabulary/index.ts';

export interface Caller {
  /**
   * How it showed who it is. `open`: nobody is registered, so everybody may do everything. `nobody`: people are
   * registered, and the caller showed nothing.
   */
  readonly via: 'open' | 'session' | 'key' | 'share' | 'nobody';
  readonly person: { readonly id: string; readonly name: string } | null;
  /** The id of its session, key or share link. */
  readonly credential: string | null;
  /** May do everything in every project, and what belongs to none. */
  readonly isOwner: boolean;
  /** By project. */
  readonly roles: ReadonlyMap<string, ProjectRole>;
  /** Of a share link: the only runs that it may see. */
  readonly sharedRuns: ReadonlySet<string> | null;
}

export const OPEN_CALLER: Caller = {
  via: 'open',
  person: null,
  credential: null,
  isOwner: true,
  roles: new Map(),
  sharedRuns: null,
};

const rank = (role: ProjectRole): number => PROJECT_ROLES.indexOf(role);

/** The projects in which it may do at least this; null: every project. */
export const projectsOf = ({ isOwner, roles }: Caller, least: ProjectRole = 'viewer'): readonly string[] | null =>
  isOwner ? null : [...roles].filter(([, role]) => rank(role) >= rank(least)).map(([project]) => project);
