/**
 * A single session has no autovacuum: without this the room of deleted rows would never be used again, and the planner
 * would know
 * nothing about the tables. Statistics on dead rows are not kept either, so it goes by how much was written to the log.
 */
import type pg from 'pg';
import type { StoreLogger } from '../postgres/database.ts';

const LOOK_EVERY_MS = 5 * 60 * 1000;
const AFTER_WAL_BYTES = 16 * 1024 * 1024;

export class Maintenance {
  readonly #pool: pg.Pool;
  readonly #logger: StoreLogger;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;
  /** Where the log was at the last vacuum; null before the first one of this process. */
  #vacuumedAt: string | null = null;

  constructor(pool: pg.Pool, logger: StoreLogger) {
    this.#pool = pool;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running = this.vacuumIfDue().catch((error: unknown) =>
        this.#logger.warn({ err: error }, 'the embedded database could not be vacuumed; the next try is in 5 minutes'),
      );
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer) clearInterval(this.#timer);
    await this.#running;
  }

  async vacuumIfDue(): Promise<void> {
    const {
      rows: [log],
    } = await this.#pool.query<{ position: string; written: number }>(
      `select pg_current_wal_lsn()::text as position, pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce($1, '0/0')::pg_lsn)::float8 as written`,
      [this.#vacuumedAt],
    );
    if (!log || log.written < AFTER_WAL_BYTES) return;
    const { rows: tables } = await this.#pool.query<{ name: string }>(
      `select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables`,
    );
    // One by one, so that other queries pass between them.
    for (const { name } of tables) if (!this.#isStopped) await this.#pool.query(`vacuum (analyze) ${name}`);
    this.#vacuumedAt = log.position;
  }
}
