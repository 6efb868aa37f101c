/** How much of the service a project or a person uses. */
import type { Limits } from '../../vocabulary/index.ts';
import type { Database } from '../postgres/database.ts';
import { prepared } from '../postgres/prepared.ts';
import { cleanText } from '../postgres/text.ts';
import { Together } from '../postgres/together.ts';
import type { UsageOf, UsageStore } from './usage-store.ts';

const TABLES = { project: 'projects', person: 'people' } as const;
const COLUMNS = { project: 'project_id', person: 'created_by' } as const;
/** The bytes of each run, in the tables that hold most of them. */
const OF_RUNS = [
  ['run_messages', 'coalesce(octet_length(data), 0) + coalesce(pg_column_size(body), 0)'],
  ['run_parts', 'octet_length(data)'],
  ['metric_levels', 'octet_length(data)'],
  ['verdict_parts', 'octet_length(data)'],
  ['verdicts', 'octet_length(data) + coalesce(octet_length(histograms), 0)'],
] as const;

export class Usages implements UsageStore {
  readonly #database: Database;
  readonly #limits: Record<UsageOf, Together<string, Limits | null>>;

  constructor(database: Database) {
    this.#database = database;
    this.#limits = { project: limitsOf(database, 'project'), person: limitsOf(database, 'person') };
  }

  limits(of: UsageOf, id: string): Promise<Limits | null> {
    return this.#limits[of].ask(cleanText(id));
  }

  async runs(of: UsageOf, id: string): ReturnType<UsageStore['runs']> {
    const {
      rows: [row],
    } = await this.#database.pool.query<{ concurrentRuns: number; queuedRuns: number }>(
      `select count(*) filter (where status = 'running')::int as "concurrentRuns", count(*) filter (where status = 'queued')::int as "queuedRuns"
      from runs where ${COLUMNS[of]} = $1 and status in ('queued', 'running')`,
      [cleanText(id)],
    );
    return row ?? { concurrentRuns: 0, queuedRuns: 0 };
  }

  async storageBytes(of: UsageOf, id: string): Promise<number> {
    const column = COLUMNS[of];
    const sums = OF_RUNS.map(
      ([table, bytes]) =>
        `(select sum(${bytes}) from ${table} where run_id in (select id from runs where ${column} = $1))`,
    );
    // What several runs share counts once.
    const ofBlobs = `(select sum(bytes) from blobs where hash in (select data_hash from runs where ${column} = $1 union select weights_hash from runs where ${column} = $1))`;
    const ofDatasets = `(select sum(octet_length(data)) from dataset_parts where dataset_id in (select id from datasets where ${column} = $1))`;
    const {
      rows: [row],
    } = await this.#database.pool.query<{ bytes: number }>(
      `select (${[...sums, ofBlobs, ofDatasets].map((sum) => `coalesce(${sum}, 0)`).join(' + ')})::float8 as bytes`,
      [cleanText(id)],
    );
    return row?.bytes ?? 0;
  }
}

/** Every submit asks for them. */
const limitsOf = ({ pool }: Database, of: UsageOf): Together<string, Limits | null> =>
  new Together({
    send: async (ids) => {
      const { rows } = await pool.query<{ id: string; limits: Limits }>({
        ...prepared(`select id, limits from ${TABLES[of]} where id = any($1)`),
        values: [[...new Set(ids)]],
      });
      const limits = new Map(rows.map((row) => [row.id, row.limits]));
      return ids.map((id) => limits.get(id) ?? null);
    },
    most: 1000,
  });
