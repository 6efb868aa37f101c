import type { Limits } from './projects.ts';

/** Who may do what in a project, each with everything that those before it may. */
export const PROJECT_ROLES = ['viewer', 'member', 'admin'] as const;
export type ProjectRole = (typeof PROJECT_ROLES)[number];

/** The project that always exists. Its id; its name can be changed. */
export const DEFAULT_PROJECT = 'default';

/** A person, as other things name one. */
export interface PersonName {
  id: string;
  name: string;
}

/** Somebody who signs in, or an account of programs. All times are ISO 8601, UTC. */
export interface Person extends PersonName {
  object: 'person';
  email: string | null;
  /** May do everything in every project. */
  isOwner: boolean;
  isService: boolean;
  /** Who answers for a service account. */
  responsible: PersonName | null;
  createdAt: string;
  /** Since when it cannot sign in; null: it can. */
  disabledAt: string | null;
}

export interface PersonPatch {
  name?: string;
  email?: string | null;
  isOwner?: boolean;
  disabled?: boolean;
  /** Replaces the limits that it had of its own. */
  limits?: Limits;
}
export interface NewServiceAccount {
  name: string;
  isService: true;
  /** The id or name of the person who answers for it; default: oneself. */
  responsible?: string;
}

/** In UTF-16 units. */
export const SHORTEST_PASSWORD = 8;
export const LONGEST_PASSWORD = 200;
export const LONGEST_PERSON_NAME = 100;
export const LONGEST_KEY_NAME = 100;
/** The page of the dashboard on which invitations are accepted; the token of one is the fragment of the address. */
export const INVITATION_PAGE = '/invitation';
/** Days until an invitation expires. */
export const INVITATION_DAYS = 7;

/** The name can be an e-mail address too. */
export interface SignInRequest {
  name: string;
  password: string;
}
export interface PasswordChange {
  /** The present one. */
  password: string;
  newPassword: string;
}
export interface AcceptInvitation {
  token: string;
  /** Both, unless one is signed in: then one joins the project of the invitation. */
  name?: string;
  password?: string;
}

/** How a caller showed who it is. `open`: nobody is registered, so everybody may do everything. */
export type CallerVia = 'open' | 'session' | 'key' | 'share';

/** `GET /v1/me`. */
export interface Me {
  object: 'me';
  via: CallerVia;
  /** Null where nobody is registered, and for a share link. */
  person: Person | null;
  /** May do everything; also where nobody is registered. */
  isOwner: boolean;
  /** What it may see, by name. An owner sees all, as an admin. */
  projects: { id: string; name: string; role: ProjectRole }[];
}

/** How one can sign in, for those whom the service does not know yet: `GET /v1/session`. */
export interface SignIn {
  object: 'signIn';
  /** Nobody is registered and everything is open. */
  isOpen: boolean;
  /** A provider of identities, where one is configured: its name, and the address that leads to it. */
  oidc: { name: string; url: string } | null;
  /** Nobody is registered, and the service waits for its first owner. */
  needsOwner: boolean;
}

/** Where the sign-in with OpenID Connect begins: `?to=` is the path of the page to come back to. */
export const OIDC_PATH = '/v1/session/oidc';
/** Why it did not lead to a session: `/sign-in?problem=`. */
export const OIDC_PROBLEMS = {
  unavailable: 'The sign-in service cannot be reached. Try again later, or sign in with a password.',
  expired: 'That took too long, or cookies are blocked. Try again.',
  refused: 'The sign-in service did not say who you are. Try again.',
  notInvited: 'You have no invitation. Ask whoever runs this service for one, for your e-mail address.',
  disabled: 'You may not sign in here any more.',
} as const;
export type OidcProblem = keyof typeof OIDC_PROBLEMS;

/** A browser that is signed in. */
export interface Session {
  id: string;
  object: 'session';
  /** Whether it is the one that asks. */
  isCurrent: boolean;
  address: string | null;
  /** What the browser calls itself. */
  agent: string | null;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
}

/** What a key may do, never more than its person. `read`: as a viewer; `write`: as a member; `admin`: as its person. */
export const KEY_SCOPES = ['read', 'write', 'admin'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];
export const DEFAULT_SCOPES: KeyScope[] = ['write'];

/** A key of a program, without its secret part. */
export interface Key {
  id: string;
  object: 'key';
  name: string;
  /** What the key begins with: `rlm_` and its short part. */
  prefix: string;
  person: PersonName;
  scopes: KeyScope[];
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string | null;
}
export interface NewKey {
  name: string;
  /** Default: `["write"]`. */
  scopes?: KeyScope[];
  expiresAt?: string | null;
  /** The id or name of a service account; default: oneself. */
  person?: string;
}
/** The only time that the whole key is shown. */
export interface CreatedKey extends Key {
  key: string;
}

/** A link by which somebody registers; it works once. */
export interface Invitation {
  id: string;
  object: 'invitation';
  /** For whom it is, if only for that address. */
  email: string | null;
  /** Null: into no project. */
  project: string | null;
  projectName: string | null;
  role: ProjectRole | null;
  asOwner: boolean;
  createdBy: PersonName | null;
  createdAt: string;
  expiresAt: string;
  usedAt: string | null;
}
export interface NewInvitation {
  email?: string;
  /** Id or name. */
  project?: string;
  role?: ProjectRole;
  asOwner?: boolean;
  expiresAt?: string;
}
export interface CreatedInvitation extends Invitation {
  /** The whole link, shown this once. Its secret is in the fragment, which browsers send to no server. */
  url: string;
}
