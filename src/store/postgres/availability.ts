/** Whether the database can be used at the moment. All parts of the store share one view of it, and the log says changes once. */
import pg from 'pg';
import { RelumineError } from '../../errors.ts';
import type { StoreLogger } from './database.ts';

/**
 * away: it does not respond. readOnly: it is read, but accepts no changes, as while another server takes over. full: the
 * same, because its disk is full.
 */
export type OutageKind = 'away' | 'readOnly' | 'full';
export interface Outage {
  kind: OutageKind;
  /** For people who use the service: one sentence. */
  reason: string;
  /** For the log only: addresses, folders, what the database said. */
  detail?: string | undefined;
}

const RETRY_AFTER_SECONDS = 2;

/** The request failed because of the database, whatever it was about. The same request succeeds later. */
export class DatabaseUnavailable extends RelumineError {
  readonly kind: OutageKind;

  constructor({ kind, reason }: Outage, cause?: unknown) {
    super('DATABASE_UNAVAILABLE', `${reason} Try again in a moment.`, { retryAfter: RETRY_AFTER_SECONDS, cause });
    this.kind = kind;
  }
}

/** The outage that is the reason for an error, whatever has wrapped it since; null if another one is. */
export function outageBehind(error: unknown): DatabaseUnavailable | null {
  for (let each = error, depth = 0; each instanceof Error && depth < 8; each = each.cause, depth++) {
    if (each instanceof DatabaseUnavailable) return each;
    // Prisma keeps nothing of an error but its code.
    if ((each as { code?: unknown }).code === 'DATABASE_UNAVAILABLE')
      return new DatabaseUnavailable({ kind: 'away', reason: 'The database cannot be used.' }, error);
  }
  return null;
}

type Listener = (outage: Outage | null) => void;

export class Availability {
  readonly #logger: StoreLogger;
  readonly #meanings: Readonly<Record<OutageKind, Outage>>;
  readonly #listeners = new Set<Listener>();
  #outage: Outage | null = null;
  #since = 0;

  /** `meanings`: what errors of each kind mean here, where that is not what they mean of a server. */
  constructor(logger: StoreLogger, meanings: Partial<Record<OutageKind, Outage>> = {}) {
    this.#logger = logger;
    this.#meanings = { ...OF_A_SERVER, ...meanings };
  }

  /** Null while all is well. */
  get outage(): Outage | null {
    return this.#outage;
  }

  /** Returns what ends it. */
  onChange(listener: Listener): () => void {
    const own: Listener = (outage) => listener(outage);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Resolves with the next change, or after `ms`. */
  changed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, ms);
      const stop = this.onChange(done);
    });
  }

  set(outage: Outage | null): void {
    const before = this.#outage;
    this.#outage = outage;
    if (before?.kind === outage?.kind) return;
    const now = performance.now();
    if (outage)
      this.#logger.error(
        { database: outage.kind, detail: outage.detail },
        `${outage.reason} The service goes on by itself.`,
      );
    else this.#logger.info({ seconds: Math.round((now - this.#since) / 1000) }, 'the database can be used again');
    if (!before) this.#since = now;
    for (const listener of this.#listeners) listener(outage);
  }

  /** An error of a connection or a query as what it means: DatabaseUnavailable, or unchanged if it is not about the database itself. */
  explain(error: unknown, isConnected: boolean): unknown {
    if (error instanceof DatabaseUnavailable) return error;
    const kind = kindOf(error, isConnected);
    if (!kind) return error;
    const meaning = this.#meanings[kind];
    return new DatabaseUnavailable(this.#outage?.kind === meaning.kind ? this.#outage : meaning, error);
  }
}

const OF_A_SERVER: Record<OutageKind, Outage> = {
  away: { kind: 'away', reason: 'The database does not respond.' },
  readOnly: { kind: 'readOnly', reason: 'The database accepts no changes at the moment: it is read-only.' },
  full: { kind: 'full', reason: 'The disk of the database server is full.' },
};

/**
 * By the class of the SQLSTATE or all of it: https://www.postgresql.org/docs/current/errcodes-appendix.html. Of 53, the
 * limits of one query (53400) are not the database's.
 */
const KIND_BY_STATE: Readonly<Record<string, OutageKind>> = {
  '08': 'away',
  '57P01': 'away',
  '57P02': 'away',
  '57P03': 'away',
  '57P05': 'away',
  '25P03': 'away',
  '53000': 'away',
  '53200': 'away',
  '53300': 'away',
  '53100': 'full',
  '25006': 'readOnly',
};

function kindOf(error: unknown, isConnected: boolean): OutageKind | null {
  if (!(error instanceof pg.DatabaseError)) return isConnected ? null : 'away';
  const state = error.code ?? '';
  return KIND_BY_STATE[state] ?? KIND_BY_STATE[state.slice(0, 2)] ?? null;
}
