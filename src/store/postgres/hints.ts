/**
 * Hints go to every process that uses the same database: by LISTEN and NOTIFY on a server, within the process if
 * embedded.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { StoreLogger } from './database.ts';
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
const RETRY_MS = [100, 200, 500, 1000, 2000, 5000];
/** A connection that was cut silently is detected by a query. */
const PROBE_EVERY_MS = 10_000;

export class ServerHints implements HintBus {
  readonly presence = newPresence();
  readonly #local: LocalHints;
  readonly #pool: pg.Pool;
  readonly #config: pg.ClientConfig;
  readonly #logger: StoreLogger;
  readonly #closing = new AbortController();
  #client: pg.Client | null = null;
  #following: Promise<void> = Promise.resolve();

  constructor(pool: pg.Pool, config: pg.ClientConfig, logger: StoreLogger) {
    this.#local = new LocalHints(logger);
    this.#pool = pool;
    this.#config = { ...config, query_timeout: PROBE_EVERY_MS };
    this.#logger = logger;
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
    await this.#client?.end().catch(() => undefined); // It may be broken already, and it only had to be closed.
    await this.#following;
    await this.#local.close();
  }

  async #listen(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
    // 'end' follows, and is what #follow waits for.
    client.on('error', (error) => this.#logger.warn({ err: error }, 'the connection for hints failed'));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      await client.query(HOLD_PRESENCE, [this.presence]);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    return client;
  }

  /** Until closed, waits for the connection to end and opens the next one. */
  async #follow(first: pg.Client): Promise<void> {
    let client = first;
    while (!this.#closing.signal.aborted) {
      await endOf(client);
      for (let failures = 0; !this.#closing.signal.aborted; failures += 1) {
        await delay(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)], undefined, {
          signal: this.#closing.signal,
        }).catch(() => undefined);
        if (this.#closing.signal.aborted) return;
        try {
          client = await this.#listen();
          break;
        } catch (error) {
          this.#logger.warn({ err: error }, 'could not reopen the connection for hints; retrying');
        }
      }
      // close() may have been called while the connection was being opened, and so may have missed it.
      if (this.#closing.signal.aborted) await client.end().catch(() => undefined);
      else await this.#local.publish({ type: 'missed' });
    }
  }

  #hear(payload: string): void {
    const { origin, hint } = JSON.parse(payload) as { origin: string; hint: Hint };
    if (origin !== this.presence) void this.#local.publish(hint);
  }
}

function endOf(client: pg.Client): Promise<void> {
  return new Promise((resolve) => {
    const probe = setInterval(() => {
      client.query('select 1').catch(() => client.end().catch(() => undefined)); // Either way the connection ends and is replaced.
    }, PROBE_EVERY_MS);
    probe.unref();
    client.once('end', () => {
      clearInterval(probe);
      resolve();
    });
  });
}
