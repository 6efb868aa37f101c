/** Deletes what has become old, as the rules of its project say. */
import { RETAINED, type Retained, type Retention } from '../../vocabulary/index.ts';
import type { Database } from '../postgres/database.ts';
import { BULK } from '../runs/bulk.ts';
import { FINAL } from '../runs/run-statuses.ts';
import type { Expired, RetentionStore } from './retention-store.ts';

const messages = (type: string): string =>
  `(select sum(octet_length(data))::float8 from run_messages where run_id = runs.id and type = '${type}')`;

/** The bytes of a run that each rule would delete; null if there are none. */
const BYTES: Record<Retained, string> = {
  snapshots: messages('snapshot'),
  metrics: messages('metrics'),
  checkpoints: `(select sum(bytes)::float8 from checkpoints where run_id = runs.id)`,
  runs: `(select coalesce(sum(coalesce(octet_length(data), 0) + coalesce(pg_column_size(body), 0)), 0)::float8 from run_messages where run_id = runs.id)
    + (select coalesce(sum(octet_length(data)), 0)::float8 from run_parts where run_id = runs.id)`,
};
const DELETE: Record<Retained, readonly string[]> = {
  snapshots: [`delete from run_messages where run_id = $1 and type = 'snapshot'`],
  metrics: [
    `delete from run_messages where run_id = $1 and type = 'metrics'`,
    'delete from metric_kinds where run_id = $1',
    'delete from metric_levels where run_id = $1',
  ],
  checkpoints: [
    'delete from checkpoints where run_id = $1',
    `delete from run_parts where run_id = $1 and name <> '${BULK}'`,
  ],
  runs: ['delete from runs where id = $1'],
};

const TURN = 'turn retention';

export class Retentions implements RetentionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async expired(project: string, rules: Retention): Promise<Expired[]> {
    const found: Expired[] = [];
    for (const what of RETAINED) {
      const days = rules[what];
      if (days === undefined || days === null) continue;
      const { rows } = await this.#database.pool.query<Expired>(
        `select * from (select id as "runId", $3::text as what, ${BYTES[what]} as bytes, finished_at from runs
          where project_id = $1 and status in ${FINAL} and finished_at < now() - make_interval(days => $2)
            ${what === 'runs' ? `and trials_id is null and not exists (select from trials where run_id = runs.id and status = 'running')` : ''}) as old
        where bytes is not null order by finished_at, "runId"`,
        [project, days, what],
      );
      found.push(...rows.map(({ runId, bytes }) => ({ runId, what, bytes })));
    }
    return found;
  }

  async rules(): Promise<{ project: string; retention: Retention }[]> {
    const { rows } = await this.#database.pool.query<{ project: string; retention: Retention }>(
      `select id as project, retention from projects where retention <> '{}' order by id`,
    );
    return rows;
  }

  async delete({ runId, what }: Pick<Expired, 'runId' | 'what'>): Promise<void> {
    // A run that has ended never goes on, so what has expired once stays so.
    for (const statement of DELETE[what]) await this.#database.pool.query(statement, [runId]);
  }

  async takeTurn(everyMs: number): Promise<boolean> {
    const { rowCount } = await this.#database.pool.query(
      `insert into rate_counts as turn (key, count, ends_at) values ('${TURN}', 1, now() + $1::float8 * interval '1 millisecond')
      on conflict (key) do update set ends_at = excluded.ends_at, count = turn.count + 1 where turn.ends_at <= now()`,
      [everyMs],
    );
    return rowCount === 1;
  }
}
