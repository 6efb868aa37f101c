/** Who sends a request, from what it carries. What was found is remembered for a second at most. */
import { timingSafeEqual } from 'node:crypto';
import type { Identity, Store } from '../store/store.ts';
import { PROJECT_ROLES, type KeyScope, type ProjectRole } from '../vocabulary/index.ts';
import { NOBODY, OPEN_CALLER, type Caller } from './caller.ts';
import { hashOf, parseKey } from './tokens.ts';

/** What a request carries to show who sends it. */
export type Credential = { kind: 'session' | 'key' | 'share'; secret: string };

const REMEMBERED_MS = 1000;
/** Then all are forgotten, so that memory stays small whatever is sent. */
const MOST_REMEMBERED = 10_000;
/** Removes what has expired. */
const SWEEP_EVERY_MS = 3600_000;

interface Remembered<T> {
  value: Promise<T>;
  until: number;
}

export interface CallersOptions {
  store: Pick<Store, 'people' | 'sessions' | 'keys' | 'shareLinks' | 'attempts' | 'subscribe'>;
  /** How long a session lives after it was last used. */
  sessionDays: number;
  /** While nobody is registered, everybody may do everything. */
  isOpenWithoutPeople: boolean;
  onError: (error: unknown) => void;
}

export class Callers {
  readonly #options: CallersOptions;
  readonly #remembered = new Map<string, Remembered<Caller>>();
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  readonly #sweeping: NodeJS.Timeout;
  #isEmpty: Remembered<boolean> | null = null;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#unsubscribe = options.store.subscribe(({ type }) => {
      if (type !== 'access' && type !== 'missed') return;
      this.forget();
      for (const listener of this.#listeners) listener();
    });
    const { sessions, attempts } = options.store;
    this.#sweeping = setInterval(() => {
      this.#inBackground(sessions.sweep());
      this.#inBackground(attempts.sweep());
    }, SWEEP_EVERY_MS).unref();
  }

  /** NOBODY, if the credential is not, or no longer, valid. */
  async of(credential: Credential | null): Promise<Caller> {
    // A share link shows no more where everything is open.
    if (credential?.kind !== 'share' && (await this.isEmpty()))
      return this.#options.isOpenWithoutPeople ? OPEN_CALLER : NOBODY;
    if (!credential) return NOBODY;
    const { kind, secret } = credential;
    const hash = hashOf(secret);
    const name = `${kind} ${hash.toString('base64')}`;
    const known = this.#remembered.get(name);
    if (known && known.until > performance.now()) return known.value;
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    const value = this.#find(credential, hash);
    const entry = { value, until: performance.now() + REMEMBERED_MS };
    this.#remembered.set(name, entry);
    value.then(
      ({ expiresAt }) => {
        if (expiresAt) entry.until = Math.min(entry.until, performance.now() + expiresAt.getTime() - Date.now());
      },
      () => this.#remembered.delete(name),
    );
    return value;
  }

  /** Whether nobody is registered. Once somebody is, it stays so: the last owner cannot be removed. */
  isEmpty(): Promise<boolean> {
    if (this.#isEmpty && this.#isEmpty.until > performance.now()) return this.#isEmpty.value;
    const value = this.#options.store.people.isEmpty();
    const entry = { value, until: performance.now() + REMEMBERED_MS };
    this.#isEmpty = entry;
    value.then(
      (isEmpty) => {
        if (!isEmpty) entry.until = Infinity;
      },
      () => {
        this.#isEmpty = null;
      },
    );
    return value;
  }

  /** Calls back whenever somebody may do more or less than before. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  forget(): void {
    this.#remembered.clear();
    this.#isEmpty = null;
  }

  close(): void {
    clearInterval(this.#sweeping);
    this.#unsubscribe();
  }

  async #find({ kind, secret }: Credential, hash: Buffer): Promise<Caller> {
    const { store, sessionDays } = this.#options;
    switch (kind) {
      case 'session': {
        const identity = await store.sessions.identify(hash);
        if (!identity) return NOBODY;
        this.#inBackground(store.sessions.touch(identity.credential, sessionDays));
        return toCaller('session', identity);
      }
      case 'key': {
        const parts = parseKey(secret);
        const identity = parts && (await store.keys.identify(parts.short));
        if (!parts || !identity || !timingSafeEqual(hashOf(parts.long), identity.longHash)) return NOBODY;
        this.#inBackground(store.keys.touch(identity.credential));
        return toCaller('key', identity);
      }
      case 'share': {
        const shared = await store.shareLinks.identify(hash);
        if (!shared) return NOBODY;
        const { credential: link, runs, expiresAt } = shared;
        this.#inBackground(store.shareLinks.touch(link));
        return { ...NOBODY, via: 'share', credential: link, expiresAt, scope: 'read', sharedRuns: new Set(runs) };
      }
    }
  }

  #inBackground(work: Promise<void>): void {
    work.catch(this.#options.onError);
  }
}

/** The highest role that a key of this scope can have. */
const MOST: Record<KeyScope, ProjectRole> = { read: 'viewer', write: 'member', admin: 'admin' };

function toCaller(via: 'session' | 'key', { credential, person, expiresAt, isOwner, roles, scope }: Identity): Caller {
  const most = PROJECT_ROLES.indexOf(MOST[scope]);
  const capped = Object.entries(roles ?? {}).map(([project, role]): [string, ProjectRole] => [
    project,
    PROJECT_ROLES[Math.min(most, PROJECT_ROLES.indexOf(role))] ?? 'viewer',
  ]);
  return {
    via,
    person,
    credential,
    expiresAt,
    isOwner: isOwner && scope === 'admin',
    scope,
    roles: new Map(capped),
    sharedRuns: null,
  };
}
