/** What the store keeps about people, and about how they show who they are. */
import type { Invitation, Key, KeyScope, Person, PersonPatch, ProjectRole, Session } from '../../vocabulary/index.ts';
import type { AnswerKey } from '../store.ts';

/** Somebody to be registered. */
export interface NewPerson {
  name: string;
  email?: string | null;
  passwordHash?: string | null;
  isOwner?: boolean;
  isService?: boolean;
  responsible?: string | null;
  oidc?: OidcSubject;
}
/** Who somebody is at an OIDC provider. */
export interface OidcSubject {
  issuer: string;
  subject: string;
}
/** `nameTaken`: names are compared without regard to case. `noOwner`: the first person has to be an owner. */
export type Registration = { person: Person } | 'nameTaken' | 'noOwner';

export interface PeopleStore {
  /** Whether nobody is registered. */
  isEmpty(): Promise<boolean>;
  /** `answer`: the key of the request that makes it. */
  create(person: NewPerson, answer?: AnswerKey | null): Promise<Registration>;
  get(id: string): Promise<Person | null>;
  /** By name, or by an e-mail address that only one person has. With OIDC or a service account the hash is null. */
  forSignIn(nameOrEmail: string): Promise<{ person: Person; passwordHash: string | null } | null>;
  ofSubject(subject: OidcSubject): Promise<Person | null>;
  passwordHash(id: string): Promise<string | null>;
  /** Oldest first. */
  list(): Promise<Person[]>;
  /** By id or name. */
  find(idOrName: string): Promise<Person | null>;
  /** Null if there is no such person. `lastOwner`: without this one there would be no owner. */
  change(id: string, patch: PersonPatch): Promise<{ person: Person } | 'lastOwner' | 'nameTaken' | null>;
  /** Ends every session of the person but `keepSession`. */
  setPassword(id: string, passwordHash: string, keepSession: string | null): Promise<void>;
}

/** Whom a session or key belongs to, as the database says now. */
export interface Identity {
  /** The id of the session or key. */
  credential: string;
  person: { id: string; name: string };
  isOwner: boolean;
  roles: Record<string, ProjectRole>;
  scope: KeyScope;
  /** Null: it does not expire. */
  expiresAt: Date | null;
}

export interface SessionStore {
  create(session: {
    personId: string;
    tokenHash: Uint8Array;
    address: string | null;
    agent: string | null;
    days: number;
  }): Promise<Session>;
  /** Null if it is unknown, has expired, or belongs to somebody who is disabled. */
  identify(tokenHash: Uint8Array): Promise<Identity | null>;
  /** Notes that it is used, and lets it live for `days` from now on. At most one write per minute. */
  touch(id: string, days: number): Promise<void>;
  /** Those that have not expired, newest first. */
  list(personId: string): Promise<Omit<Session, 'isCurrent'>[]>;
  end(personId: string, id: string): Promise<boolean>;
  /** Removes those that have expired. */
  sweep(): Promise<void>;
}

export interface KeyStore {
  create(key: {
    personId: string;
    name: string;
    short: string;
    longHash: Uint8Array;
    scopes: readonly KeyScope[];
    expiresAt: string | null;
  }): Promise<Key>;
  /** Null if it is unknown, was revoked, has expired, or belongs to somebody who is disabled. */
  identify(short: string): Promise<(Identity & { longHash: Uint8Array }) | null>;
  /** Notes that it is used. At most one write per minute. */
  touch(id: string): Promise<void>;
  /** Those that were not revoked, newest first: the person's own, and with `services` those of service accounts too. */
  list(personId: string | null, services: boolean): Promise<Key[]>;
  get(id: string): Promise<Key | null>;
  revoke(id: string): Promise<boolean>;
}

export interface InvitationStore {
  create(invitation: {
    tokenHash: Uint8Array;
    email: string | null;
    project: string | null;
    role: ProjectRole | null;
    asOwner: boolean;
    createdBy: string | null;
    expiresAt: Date;
  }): Promise<Invitation>;
  /** Newest first; into these projects only, unless null. */
  list(projects: readonly string[] | null): Promise<Invitation[]>;
  get(id: string): Promise<Invitation | null>;
  revoke(id: string): Promise<boolean>;
  /** One that can still be used. */
  open(tokenHash: Uint8Array): Promise<Invitation | null>;
  /** The newest one that can still be used, for an e-mail address. */
  forEmail(email: string): Promise<Invitation | null>;
  /**
   * Uses it up, and makes the person a member of its project and an owner if it says so. Null if it was used meanwhile. A
   * new person is registered in the same transaction.
   */
  use(id: string, who: NewPerson | { id: string }): Promise<Registration | null>;
}

/** How attempts to guess something are slowed, for every process of the service. */
export interface Slowness {
  /** That many attempts are free. After each further one, the next has to wait twice as long, from 1 s on. */
  free: number;
  longestWaitSeconds: number;
}
export interface AttemptStore {
  /**
   * Counts an attempt before it is made, so that many at once are no way round. Returns the seconds to wait if it may
   * not be made yet; then it is not counted. Attempts are forgotten an hour after the last one.
   */
  begin(key: string, slowness: Slowness): Promise<{ waitSeconds: number }>;
  /** After a success. */
  forget(key: string): Promise<void>;
  /** Removes what is forgotten anyway. */
  sweep(): Promise<void>;
}
