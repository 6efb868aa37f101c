/** Slows down whoever guesses passwords or keys, in every process that uses the database. */
import type { Database } from '../postgres/database.ts';
import type { AttemptStore, Slowness } from './people-store.ts';

/** A row's `ends_at` is this long after its newest attempt. */
const REMEMBERED = "interval '1 hour'";
/** After which the next attempt may be made, from the number of attempts so far. */
const WAIT =
  'make_interval(secs => case when r.count < $2 then 0 else least($3, power(2, least(r.count - $2, 30))) end)';

export class Attempts implements AttemptStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(key: string, { free, longestWaitSeconds }: Slowness): Promise<{ waitSeconds: number }> {
    const { pool } = this.#database;
    const values = [`attempt ${key}`, free, longestWaitSeconds];
    const { rowCount } = await pool.query(
      `insert into rate_counts as r (key, count, ends_at) values ($1, 1, clock_timestamp() + ${REMEMBERED})
       on conflict (key) do update set count = case when r.ends_at < clock_timestamp() then 1 else r.count + 1 end,
         ends_at = clock_timestamp() + ${REMEMBERED}
       where r.ends_at < clock_timestamp() or r.count < $2 or r.ends_at - ${REMEMBERED} + ${WAIT} <= clock_timestamp()`,
      values,
    );
    if (rowCount === 1) return { waitSeconds: 0 };
    const { rows } = await pool.query<{ seconds: number }>(
      `select extract(epoch from r.ends_at - ${REMEMBERED} + ${WAIT} - clock_timestamp())::float8 as seconds
       from rate_counts r where key = $1`,
      values,
    );
    return { waitSeconds: Math.max(1, Math.ceil(rows[0]?.seconds ?? 1)) };
  }

  async forget(key: string): Promise<void> {
    await this.#database.pool.query('delete from rate_counts where key = $1', [`attempt ${key}`]);
  }

  async sweep(): Promise<void> {
    await this.#database.pool.query(
      "delete from rate_counts where key like 'attempt %' and ends_at < clock_timestamp()",
    );
  }
}
