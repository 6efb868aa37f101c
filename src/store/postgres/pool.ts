/**
 * The connections to the database. Errors that are about the database itself, and not about what was asked, are
 * DatabaseUnavailable. While it is away, nothing waits for it longer than a moment. A statement of its own, outside of a
 * transaction, is sent again after a conflict with others.
 */
import pg from 'pg';
import { DatabaseUnavailable, type Availability, type Outage } from './availability.ts';
import { repeated } from './conflicts.ts';

const SIZE = 10;
/** Longer than the time between two attempts to reach it, so that a short outage does not show. */
const PATIENCE_MS = 1500;

type Callback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

export class DatabasePool extends pg.Pool {
  readonly #availability: Availability;
  readonly #clients = new Set<pg.PoolClient>();
  #last: Outage | null = null;

  constructor(config: pg.PoolConfig, availability: Availability) {
    super({ ...config, max: SIZE });
    this.#availability = availability;
    const query = this.query.bind(this) as (...parts: unknown[]) => Promise<unknown>;
    this.query = ((...parts: unknown[]) =>
      typeof parts.at(-1) === 'function' ? query(...parts) : repeated(() => query(...parts))) as typeof this.query;
    // The pool drops a connection that breaks while it is idle, and opens another when needed. Without a listener the
    // process would end. The same for one in use, whose query fails, so that the error is not lost.
    this.on('error', () => undefined);
    this.on('connect', (client) => {
      client.on('error', () => undefined);
      this.#clients.add(client);
      explainErrors(client, availability);
    });
    this.on('remove', (client) => this.#clients.delete(client));
    availability.onChange((outage) => {
      // One that is away may never close its connections. One that took changes again may be another server.
      if (outage?.kind === 'away' || this.#last?.kind === 'readOnly') this.#breakAll();
      this.#last = outage;
    });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | void {
    if (!callback) return this.#connect();
    void this.#connectFor(callback);
  }

  async #connectFor(callback: Callback): Promise<void> {
    let client: pg.PoolClient;
    try {
      client = await this.#connect();
    } catch (error) {
      callback(error as Error, undefined, () => undefined);
      return;
    }
    callback(undefined, client, (failure) => client.release(failure));
  }

  /** Fails when the database goes away, also while it waits for a connection. */
  async #connect(): Promise<pg.PoolClient> {
    const availability = this.#availability;
    if (availability.outage?.kind === 'away') await availability.changed(PATIENCE_MS);
    const { outage } = availability;
    if (outage?.kind === 'away') throw new DatabaseUnavailable(outage);
    return new Promise((resolve, reject) => {
      let isSettled = false;
      const settle = (): boolean => {
        if (isSettled) return false;
        isSettled = true;
        stop();
        return true;
      };
      const stop = availability.onChange((outage) => {
        if (outage?.kind === 'away' && settle()) reject(new DatabaseUnavailable(outage));
      });
      super.connect().then(
        (client) => (settle() ? resolve(client) : client.release()),
        (error: unknown) => settle() && reject(this.ending ? error : availability.explain(error, false)),
      );
    });
  }

  #breakAll(): void {
    for (const client of this.#clients) client.connection.stream.destroy();
  }
}

/** Makes the client, and every query of it, fail with what the error means. */
function explainErrors(client: pg.PoolClient, availability: Availability): void {
  const explained = (error: unknown): unknown => availability.explain(error, !client.connection.stream.destroyed);
  // The pool fails a query with the error of its connection if that comes first.
  const emit = client.emit.bind(client) as (event: string, ...values: unknown[]) => boolean;
  client.emit = ((event: string, ...values: unknown[]) =>
    emit(event, ...(event === 'error' ? values.map(explained) : values))) as typeof client.emit;
  const query = client.query.bind(client) as (...parts: unknown[]) => unknown;
  const explaining = (...parts: unknown[]): unknown => {
    const callback = parts.at(-1);
    if (typeof callback === 'function')
      return query(...parts.slice(0, -1), (error: unknown, result: unknown) =>
        (callback as (error: unknown, result: unknown) => void)(error && explained(error), result),
      );
    const answer = query(...parts);
    return answer instanceof Promise
      ? answer.catch((error: unknown) => {
          throw explained(error);
        })
      : answer;
  };
  client.query = explaining as typeof client.query;
}
