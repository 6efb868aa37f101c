/** Requests counted in windows of time, for all processes that use the database. */
import type { Database } from '../postgres/database.ts';
import type { RateCount, RateStore } from './rate-store.ts';

const PREFIX = 'rate ';

export class Rates implements RateStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(counts: readonly RateCount[]): Promise<RateCount[]> {
    // In one order everywhere, so that no two processes wait for one another.
    const sorted = counts.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const { rows } = await this.#database.pool.query<RateCount>(
      `insert into rate_counts as known (key, count, ends_at)
        select $4 || key, count, ends_at from unnest($1::text[], $2::int[], $3::timestamptz[]) as more(key, count, ends_at)
      on conflict (key) do update set ends_at = greatest(known.ends_at, excluded.ends_at),
        count = case when known.ends_at = excluded.ends_at then known.count + excluded.count
          when known.ends_at < excluded.ends_at then excluded.count else known.count end
      returning substr(key, ${PREFIX.length + 1}) as key, count, ends_at as "endsAt"`,
      [sorted.map(({ key }) => key), sorted.map(({ count }) => count), sorted.map(({ endsAt }) => endsAt), PREFIX],
    );
    return rows;
  }

  async sweep(): Promise<void> {
    await this.#database.pool.query('delete from rate_counts where ends_at < now()');
  }
}
