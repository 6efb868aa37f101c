/**
 * Hints go to every process that uses the same database: by LISTEN and NOTIFY on a server, within the process if
 * embedded.
 */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Availability, Outage } from './availability.ts';
import type { StoreLogger } from './database.ts';
import { sqlState } from './sql-state.ts';
import { HOLD_PRESENCE, newPresence } from './presence.ts';
import type { Hint } from '../store.ts';

export interface HintBus {
  /** The name of this process, by which others can know whether it is still there. */
  readonly presence: string;
  publish(hint: Hint): Promise<void>;
  subscribe(listener: (hint: Hint) => void): () => void;
  close(): Promise<void>;
}

export class LocalHints implements HintBus {
  readonly presence = newPresence();
  readonly #listeners = new Set<(hint: Hint) => void>();
  readonly #logger: StoreLogger;

  constructor(logger: StoreLogger) {
    this.#logger = logger;
  }

  /** Listeners run in a later turn of the event loop, after the writer has continued. */
  publish(hint: Hint): Promise<void> {
    setImmediate(() => {
      for (const listener of this.#listeners) {
        try {
          listener(hint);
        } catch (error) {
          this.#logger.error({ err: error, hint }, 'a listener for hints failed');
        }
      }
    });
    return Promise.resolve();
  }

  subscribe(listener: (hint: Hint) => void): () => void {
    const own = (hint: Hint): void => listener(hint);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  close(): Promise<void> {
    this.#listeners.clear();
    return Promise.resolve();
  }
}

const CHANNEL = 'relumine_hints';
const RETRY_MS = [0, 100, 250, 500, 1000];
/** A server that is frozen or cut off silently is found out by asking it. */
const ASK_EVERY_MS = 1000;
/** It is away if it has not answered, or a new connection is not there, within this time. */
const PATIENCE_MS = 3000;

/** Also finds out whether the server is there, because it always has a connection open. */
export class ServerHints implements HintBus {
  readonly presence = newPresence();
  readonly #local: LocalHints;
  readonly #pool: pg.Pool;
  readonly #config: pg.ClientConfig;
  readonly #availability: Availability;
  readonly #closing = new AbortController();
  #client: pg.Client | null = null;
  #following: Promise<void> = Promise.resolve();

  constructor(pool: pg.Pool, config: pg.ClientConfig, availability: Availability, logger: StoreLogger) {
    this.#local = new LocalHints(logger);
    this.#pool = pool;
    this.#config = { ...config, connectionTimeoutMillis: PATIENCE_MS };
    this.#availability = availability;
  }

  async start(): Promise<void> {
    const client = await this.#listen();
    this.#following = this.#follow(client);
  }

  async publish(hint: Hint): Promise<void> {
    await this.#local.publish(hint);
    await this.#pool.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify({ origin: this.presence, hint })]);
  }

  subscribe(listener: (hint: Hint) => void): () => void {
    return this.#local.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // A server that is away would never close the connection.
    this.#client?.connection.stream.destroy();
    await this.#following;
    await this.#local.close();
  }

  async #listen(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
    // 'end' follows, and is what #watch waits for.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const isListening = await within(PATIENCE_MS, client.query(`listen ${CHANNEL}`));
      if (!isListening) throw new Error('the server does not answer');
      await client.query(HOLD_PRESENCE, [this.presence]);
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
    this.#client = client;
    return client;
  }

  /** Until closed, watches the connection to its end and opens the next one. */
  async #follow(first: pg.Client): Promise<void> {
    let client = first;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#watch(client);
      for (let failures = 0; !signal.aborted; failures += 1) {
        await delay(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)], undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        try {
          client = await this.#listen();
          break;
        } catch (error) {
          this.#availability.set(awayBecause(error));
        }
      }
      // close() may have been called while the connection was being opened, and so may have missed it.
      if (signal.aborted) client.connection.stream.destroy();
      else await this.#ask(client);
      if (!this.#availability.outage) await this.#local.publish({ type: 'missed' });
    }
  }

  /** Returns when the connection has ended, or is of no use. */
  async #watch(client: pg.Client): Promise<void> {
    const ended = new AbortController();
    client.once('end', () => ended.abort());
    // It may have ended before.
    if (client.connection.stream.destroyed) return;
    while (!ended.signal.aborted) {
      await delay(ASK_EVERY_MS, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
      if (ended.signal.aborted) return;
      if (!(await this.#ask(client))) {
        client.connection.stream.destroy();
        return;
      }
    }
  }

  /** Asks how the server is. False if the connection is of no use: broken, or to one that takes no changes. */
  async #ask(client: pg.Client): Promise<boolean> {
    type Answer = { transaction_read_only: 'on' | 'off' };
    try {
      const answer = await within(PATIENCE_MS, client.query<Answer>('show transaction_read_only'));
      if (this.#closing.signal.aborted) return false;
      if (!answer) {
        this.#availability.set(awayBecause(null));
        return false;
      }
      // After a failover the same address leads to another server, so it is connected to again.
      const isReadOnly = answer.rows[0]?.transaction_read_only === 'on';
      this.#availability.set(isReadOnly ? READ_ONLY : null);
      return !isReadOnly;
    } catch {
      return false; // Whether a new connection can be opened decides.
    }
  }

  #hear(payload: string): void {
    const { origin, hint } = JSON.parse(payload) as { origin: string; hint: Hint };
    if (origin !== this.presence) void this.#local.publish(hint);
  }
}

const READ_ONLY: Outage = {
  kind: 'readOnly',
  reason: 'The database server accepts no changes: it is read-only, as while another server takes its place.',
};

function awayBecause(error: unknown): Outage {
  const detail = error instanceof Error && error.message ? error.message : sqlState(error);
  return { kind: 'away', reason: 'The database server does not respond.', detail };
}

/** What `work` results in; null if it takes longer. An answer that is there already counts, even if this process was suspended meanwhile. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  const controller = new AbortController();
  const late = delay(ms, null, { signal: controller.signal })
    // Timers come before what has arrived.
    .then(() => delay(0))
    .then(() => nextTurn(null))
    .catch(() => null);
  try {
    return await Promise.race([work, late]);
  } finally {
    controller.abort();
    work.catch(() => undefined); // It fails when its connection is closed, and nobody waits for it any more.
  }
}
