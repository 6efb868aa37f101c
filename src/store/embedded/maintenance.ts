/**
 * A single session has no autovacuum. Without this, the space of deleted rows would never be reused, and the planner
 * would have no statistics. Dead rows are not counted either, so the trigger is the amount written to the write-ahead
 * log.
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
  /** The position of the write-ahead log at the last vacuum; null before the first vacuum of this process. */
  #vacuumedAt: string | null = null;

  constructor(pool: pg.Pool, logger: StoreLogger) {
    this.#pool = pool;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running = this.vacuumIfDue().catch((error: unknown) =>
        this.#logger.warn({ err: error }, 'could not vacuum the embedded database; retrying in 5 minutes'),
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
    // One table at a time, so other queries can run in between.
    for (const { name } of tables) if (!this.#isStopped) await this.#pool.query(`vacuum (analyze) ${name}`);
    this.#vacuumedAt = log.position;
  }
}
