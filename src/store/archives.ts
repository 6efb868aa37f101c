/**
 * Rows as they leave this database for an archive, and as they come in from one. Columns are matched by name, so an
 * archive of another version can be read as long as what is new has a default.
 */
import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { inflateRaw, type ZlibOptions } from 'node:zlib';
import type pg from 'pg';
import { knownPartsOfRun, problemOfRun } from '../schemas/index.ts';
import { PART_BYTES } from '../blobs/pack.ts';
import { FINAL_STATUSES, type ArchiveHead, type ImportAnswer, type ImportedId } from '../vocabulary/index.ts';
import { keepAnswer } from './answers.ts';
import { inTransactionOnce, type Database } from './postgres/database.ts';
import { sqlState } from './postgres/sql-state.ts';
import { levelImported } from './log/metric-levels.ts';
import { formsOf, type Folding } from './postgres/folding.ts';
import { isId, newId } from './postgres/ids.ts';
import { NO_ORIGIN } from './postgres/origin.ts';
import { readParts, runPart } from './postgres/parts.ts';
import { cleanText } from './postgres/text.ts';
import { BULK, MOST_BULK_BYTES } from './runs/bulk.ts';
import { keepSearchable } from './runs/run-labels.ts';
import { RUN_COLUMNS, toRun, type RunRow } from './runs/run-row.ts';
import { keepFigures } from './runs/run-figures.ts';
import {
  ArchiveDamage,
  type ArchiveRow,
  type ArchiveStore,
  type ArchiveTable,
  type ImportTarget,
  type Sight,
} from './store.ts';

/** The column that says to what a row belongs, and the key of its pages. */
const TABLES: Record<ArchiveTable, { owner: string; key: readonly string[] }> = {
  runs: { owner: 'id', key: ['id'] },
  run_messages: { owner: 'run_id', key: ['seq'] },
  run_parts: { owner: 'run_id', key: ['name', 'part'] },
  checkpoints: { owner: 'run_id', key: ['step'] },
  verdicts: { owner: 'run_id', key: ['step'] },
  verdict_parts: { owner: 'run_id', key: ['step', 'layer', 'first'] },
  trials: { owner: 'id', key: ['id'] },
  datasets: { owner: 'id', key: ['id'] },
  dataset_versions: { owner: 'dataset_id', key: ['version'] },
  dataset_parts: { owner: 'dataset_id', key: ['part'] },
  blobs: { owner: 'hash', key: ['hash'] },
  blob_parts: { owner: 'hash', key: ['part'] },
};
const ROWS_PER_PAGE = 8;

interface Columns {
  plain: string[];
  binary: string[];
}

export class Archives implements ArchiveStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async head(experiment: string, withData: boolean, sight: Sight = null): Promise<ArchiveHead | null> {
    const forms = formsOf(cleanText(experiment));
    const { pool } = this.#database;
    const { rows: runs } = await pool.query<{
      id: string;
      datasetId: string | null;
      dataHash: string | null;
      weightsHash: string | null;
    }>(
      `select id, spec->'dataset'->>'id' as "datasetId", data_hash as "dataHash", weights_hash as "weightsHash" from runs where (experiment = any($1)
        or trials_id in (select trials.id from trials join runs subject on subject.id = trials.run_id where subject.experiment = any($1)))
        and ($2::text[] is null or project_id = any($2)) order by created_at, id`,
      [forms, sight],
    );
    if (runs.length === 0) return null;
    const { rows: trials } = await pool.query<{ id: string }>(
      'select id from trials where run_id = any($1) order by id',
      [runs.map(({ id }) => id)],
    );
    const named = [...new Set(runs.flatMap(({ datasetId }) => datasetId ?? []))];
    const { rows: datasets } = withData
      ? await pool.query<{ id: string }>(
          `select id from datasets where id = any($1) and is_whole
            and ($2::text[] is null or source is not null or project_id = any($2)) order by id`,
          [named, sight],
        )
      : { rows: [] };
    const [idsOfRuns, idsOfTrials, idsOfDatasets] = [runs, trials, datasets].map((rows) => rows.map(({ id }) => id));
    return {
      object: 'relumine.archive',
      version: 1,
      experiment,
      createdAt: new Date().toISOString(),
      runs: idsOfRuns ?? [],
      trials: idsOfTrials ?? [],
      datasets: idsOfDatasets ?? [],
      // As before they were kept apart, they are part of their jobs.
      blobs: [...new Set(runs.flatMap(({ dataHash, weightsHash }) => [dataHash ?? [], weightsHash ?? []].flat()))],
    };
  }

  async *rows(table: ArchiveTable, owner: string): AsyncGenerator<ArchiveRow> {
    const { key } = TABLES[table];
    const { plain, binary } = await columnsOf(this.#database.pool, table);
    const columns = { plain: plain.filter((name) => !NOT_TAKEN.includes(name)), binary };
    for (let last: unknown[] | null = null; ;) {
      const page: Record<string, unknown>[] = await this.#page(table, columns, owner, last);
      for (const row of page) {
        const bytes = Object.fromEntries(columns.binary.map((name) => [name, row[name] as Buffer | null]));
        yield { table, row: JSON.parse(String(row['row'])) as Record<string, unknown>, bytes };
      }
      const end = page.at(-1);
      if (!end || page.length < ROWS_PER_PAGE) return;
      last = key.map((name) => end[name]);
    }
  }

  async #page(
    table: ArchiveTable,
    { plain, binary }: Columns,
    owner: string,
    last: readonly unknown[] | null,
  ): Promise<Record<string, unknown>[]> {
    const { owner: column, key } = TABLES[table];
    const after = last ? `and (${of(key)}) > (${key.map((_, i) => `$${i + 2}`).join(', ')})` : '';
    const { rows } = await this.#database.pool.query<Record<string, unknown>>(
      `select (select row_to_json(kept) from (select ${of(plain)}) kept)::text as row, ${of([...key, ...binary])}
      from ${table} source where ${column} = $1 ${after} order by ${of(key)} limit ${ROWS_PER_PAGE}`,
      [owner, ...(last ?? [])],
    );
    return rows;
  }

  async add(
    head: ArchiveHead,
    rows: AsyncIterable<ArchiveRow>,
    into: ImportTarget = { ...NO_ORIGIN, sight: null },
  ): Promise<ImportAnswer> {
    try {
      return await inTransactionOnce(this.#database.pool, async (client) => {
        const imported = await new Import(client, this.#database.folding, head, into).add(rows);
        // Which id became which is known only here.
        const answer = { status: 201, body: JSON.stringify(imported), location: null };
        await keepAnswer(client, this.#database, into.answer, answer);
        return imported;
      });
    } catch (error) {
      // Class 22: a value that does not fit its type; 23: a row that does not fit to the others; 54: more than the database
      // takes, such as a name that is too long for an index. A RangeError is a row nested so deeply that it cannot be written.
      if (error instanceof RangeError || /^(?:22|23|54)/.test(sqlState(error) ?? ''))
        throw new ArchiveDamage(`a row does not fit: ${(error as Error).message}`, { cause: error });
      throw error;
    }
  }
}

/** Of data sets, where $2 are the projects that the importer sees. */
const IN_SIGHT = '($2::text[] is null or source is not null or project_id = any($2))';

/** Who is here is not who was there, and what is a project there may be another one here. Kinds are numbered anew. */
const NOT_TAKEN = ['project_id', 'created_by', 'kind'];

const of = (names: readonly string[]) => names.map((name) => `source.${name}`).join(', ');

async function columnsOf(client: pg.Pool | pg.PoolClient, table: ArchiveTable): Promise<Columns> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `select column_name as name, data_type as type from information_schema.columns
    where table_schema = current_schema() and table_name = $1 order by ordinal_position`,
    [table],
  );
  const names = (isBinary: boolean) =>
    rows.filter(({ type }) => (type === 'bytea') === isBinary).map(({ name }) => name);
  return { plain: names(false), binary: names(true) };
}

/** What the row of a run says about other rows, once all of them are there. */
interface Link {
  id: string;
  parent: unknown;
  trials: unknown;
  trial: unknown;
}

/** One import, within one transaction. */
class Import {
  readonly #client: pg.PoolClient;
  readonly #folding: Folding;
  readonly #head: ArchiveHead;
  readonly #into: ImportTarget;
  readonly #columns = new Map<ArchiveTable, Columns>();
  readonly #runs = new Map<string, string>();
  readonly #trials = new Map<string, string>();
  readonly #datasets = new Map<string, string>();
  /** Data sets that are here already. */
  readonly #known = new Set<string>();
  /** The blobs of the archive, each with the hash of what came of it so far; null: it is here already. */
  readonly #blobs = new Map<string, Hash | null>();
  readonly #links: Link[] = [];

  constructor(client: pg.PoolClient, folding: Folding, head: ArchiveHead, into: ImportTarget) {
    this.#client = client;
    this.#folding = folding;
    this.#head = head;
    this.#into = into;
  }

  async add(rows: AsyncIterable<ArchiveRow>): Promise<ImportAnswer> {
    await this.#choose(this.#runs, 'runs', 'run', this.#head.runs);
    await this.#choose(this.#trials, 'trials', 'trials', this.#head.trials);
    await this.#choose(this.#datasets, 'datasets', 'dataset', this.#head.datasets);
    for await (const row of rows) await this.#take(row);
    this.#checkBlobs();
    const missing = this.#head.runs.find((id) => !this.#links.some((link) => link.id === this.#runs.get(id)));
    if (missing !== undefined) throw new ArchiveDamage(`the run ${missing} is not in it`);
    await this.#link();
    for (const id of this.#runs.values()) await this.#checkRun(id);
    return {
      object: 'import',
      project: this.#into.project,
      experiment: this.#head.experiment,
      runs: pairs(this.#runs),
      datasets: pairs(this.#datasets),
    };
  }

  /** The same ids where they are free. */
  async #choose(
    map: Map<string, string>,
    table: 'runs' | 'trials' | 'datasets',
    prefix: 'run' | 'trials' | 'dataset',
    ids: readonly string[],
  ): Promise<void> {
    const wrong = ids.find((id) => !isId(prefix, id));
    if (wrong !== undefined) throw new ArchiveDamage(`${JSON.stringify(wrong.slice(0, 100))} is not an id of ${table}`);
    const { rows } = await this.#client.query<{ id: string }>(`select id from ${table} where id = any($1)`, [ids]);
    const taken = new Set(rows.map(({ id }) => id));
    for (const id of ids) map.set(id, taken.has(id) ? newId(prefix).id : id);
  }

  async #take({ table, row, bytes }: ArchiveRow): Promise<void> {
    switch (table) {
      case 'runs':
        return this.#takeRun(row, bytes);
      case 'run_messages':
      case 'run_parts':
      case 'checkpoints':
      case 'verdicts':
      case 'verdict_parts':
        return this.#insert(table, { ...row, run_id: known(this.#runs, row['run_id']) }, bytes);
      case 'trials':
        return this.#takeTrials(row, bytes);
      case 'datasets':
        return this.#takeDataset(row, bytes);
      case 'dataset_versions':
      case 'dataset_parts': {
        const id = known(this.#datasets, row['dataset_id']);
        return this.#known.has(id) ? undefined : this.#insert(table, { ...row, dataset_id: id }, bytes);
      }
      case 'blobs':
        return this.#takeBlob(row, bytes);
      case 'blob_parts':
        return this.#takeBlobPart(row, bytes);
    }
  }

  async #takeBlob(row: Record<string, unknown>, bytes: ArchiveRow['bytes']): Promise<void> {
    const hash = String(row['hash']);
    if (!this.#head.blobs?.includes(hash)) throw notNamed(hash);
    const { rowCount } = await this.#client.query('update blobs set touched_at = now() where hash = $1 and is_whole', [
      hash,
    ]);
    this.#blobs.set(hash, rowCount === 1 ? null : createHash('sha256').update(JSON.stringify(row['content'])));
    if (rowCount === 1) return;
    // One that is not whole is being stored by somebody else, or was left behind.
    await this.#client.query('delete from blobs where hash = $1', [hash]);
    await this.#insert('blobs', { ...row, is_whole: true, touched_at: new Date().toISOString() }, bytes);
  }

  async #takeBlobPart(row: Record<string, unknown>, bytes: ArchiveRow['bytes']): Promise<void> {
    const hash = this.#blobs.get(String(row['hash']));
    if (hash === undefined) throw notNamed(String(row['hash']));
    if (hash === null) return;
    hash.update(await inflateBlob(bytes['data'] ?? new Uint8Array()));
    await this.#insert('blob_parts', row, bytes);
  }

  /** Others may have the same numbers: what is stored under a hash must be what the hash is of. */
  #checkBlobs(): void {
    for (const [name, hash] of this.#blobs)
      if (hash && `sha256:${hash.digest('hex')}` !== name)
        throw new ArchiveDamage('numbers that came with a job do not fit to their hash');
  }

  /** The hash of a run, if the archive has the blob. What is here is not reached by naming it. */
  #blobOf(hash: unknown): string | null {
    return typeof hash === 'string' && this.#blobs.has(hash) ? hash : null;
  }

  async #takeRun(row: Record<string, unknown>, bytes: ArchiveRow['bytes']): Promise<void> {
    const id = known(this.#runs, row['id']);
    const { spec, parent_id: parent, trials_id: trials, trial, status } = row;
    if (!isObject(spec) || !['dataset', 'model', 'training'].every((part) => isObject(spec[part])))
      throw new ArchiveDamage(`the spec of the run ${String(row['id'])} is not one`);
    const dataset = spec['dataset'] as Record<string, unknown>;
    const datasetId = await this.#datasetOf(dataset['id']);
    const isOver = FINAL_STATUSES.some((final) => final === status);
    const now = new Date().toISOString();
    await this.#insert(
      'runs',
      {
        ...row,
        ...knownPartsOfRun(row),
        ...this.#origin(),
        id,
        source: 'imported',
        spec: datasetId === undefined ? spec : { ...spec, dataset: { ...dataset, id: datasetId } },
        ...(datasetId !== undefined && 'dataset_id' in row && { dataset_id: datasetId }),
        // Nobody trains it here.
        ...(isOver ? {} : { status: 'cancelled', finished_at: now }),
        worker_id: null,
        heartbeat_at: null,
        request: null,
        parent_id: null,
        trials_id: null,
        trial: null,
        data_hash: this.#blobOf(row['data_hash']),
        weights_hash: this.#blobOf(row['weights_hash']),
      },
      bytes,
    );
    await this.#client.query(
      `with changed as (select * from runs where id = $1), ${keepSearchable(this.#folding)} select`,
      [id],
    );
    this.#links.push({ id, parent, trials, trial });
  }

  /**
   * The data set that a run names: of the archive, or one that is here. What the importer may not see cannot be reached
   * by naming it, so such a name becomes that of nothing.
   */
  async #datasetOf(id: unknown): Promise<string | undefined> {
    if (typeof id !== 'string') return undefined;
    const taken = this.#datasets.get(id);
    if (taken !== undefined || this.#into.sight === null) return taken;
    const { rowCount } = await this.#client.query(`select from datasets where id = $1 and ${IN_SIGHT}`, [
      cleanText(id),
      this.#into.sight,
    ]);
    return rowCount === 1 ? undefined : newId('dataset').id;
  }

  #origin(): Record<string, unknown> {
    return { project_id: this.#into.project, created_by: this.#into.createdBy };
  }

  async #takeTrials(row: Record<string, unknown>, bytes: ArchiveRow['bytes']): Promise<void> {
    const results = isObject(row['results']) ? row['results'] : {};
    const renamed = Object.entries(results).map(([trial, result]) => {
      const runId = isObject(result) ? this.#runs.get(String(result['runId'])) : undefined;
      return [trial, isObject(result) && runId !== undefined ? { ...result, runId } : result];
    });
    await this.#insert(
      'trials',
      {
        ...row,
        id: known(this.#trials, row['id']),
        run_id: known(this.#runs, row['run_id']),
        status: row['status'] === 'running' ? 'cancelled' : row['status'],
        results: Object.fromEntries(renamed) as Record<string, unknown>,
      },
      bytes,
    );
  }

  /** The same content under the same id is the same data set. */
  async #takeDataset(row: Record<string, unknown>, bytes: ArchiveRow['bytes']): Promise<void> {
    const from = String(row['id']);
    const id = known(this.#datasets, from);
    const { rowCount } = await this.#client.query(
      `select from datasets where id = $1 and content_hash = $3 and ${IN_SIGHT}`,
      [from, this.#into.sight, row['content_hash'] ?? null],
    );
    if (rowCount === 1) {
      this.#datasets.set(from, from);
      this.#known.add(from);
      return;
    }
    // Files of another machine are not here.
    await this.#insert('datasets', { ...row, ...this.#origin(), id, source: null }, bytes);
  }

  /** Columns that this version does not know are left out, and those that the row does not have get their defaults. */
  async #insert(
    table: ArchiveTable,
    row: Readonly<Record<string, unknown>>,
    bytes: ArchiveRow['bytes'],
  ): Promise<void> {
    const columns = this.#columns.get(table) ?? (await columnsOf(this.#client, table));
    this.#columns.set(table, columns);
    const plain = columns.plain.filter((name) => row[name] !== undefined);
    const binary = columns.binary.filter((name) => bytes[name] !== undefined);
    await this.#client.query(
      `insert into ${table} (${[...plain, ...binary].join(', ')})
      select ${[...plain, ...binary.map((_, i) => `$${i + 2}::bytea`)].join(', ')} from json_populate_record(null::${table}, $1::json)`,
      [JSON.stringify(row), ...binary.map((name) => bytes[name])],
    );
  }

  /** What is in JSON says more than the database can check, and every list of the project would have it. */
  async #checkRun(id: string): Promise<void> {
    const { rows } = await this.#client.query<RunRow & { isWhole: boolean }>(
      `select ${RUN_COLUMNS}, bulk_bytes is not distinct from
        (select sum(length(data)) from run_parts where run_id = runs.id and name = $2) as "isWhole" from runs where id = $1`,
      [id, BULK],
    );
    const { isWhole, ...row } = rows[0]!;
    if (!isWhole) throw new ArchiveDamage(`the numbers that came with the job of the run ${id} are not whole`);
    // More are read in a thread, when somebody reads the run.
    const { bulkBytes } = row;
    const isRead = bulkBytes !== null && bulkBytes <= MOST_BULK_BYTES;
    const bulk = isRead ? await readParts(this.#client, runPart(id, BULK), bulkBytes) : null;
    const problem = await toRun(row, bulk).then(problemOfRun, String);
    if (problem !== null) throw new ArchiveDamage(`the run ${id} is not one: ${problem}`);
  }

  /** Parents and trials that are neither in the archive nor here are forgotten. */
  async #link(): Promise<void> {
    for (const { id, parent, trials, trial } of this.#links) {
      const parentId = typeof parent === 'string' ? (this.#runs.get(parent) ?? parent) : null;
      const trialsId = typeof trials === 'string' ? (this.#trials.get(trials) ?? null) : null;
      await this.#client.query(
        `update runs set parent_id = (select id from runs where id = $2 and ($5::text[] is null or project_id = any($5))), trials_id = $3, trial = $4::int where id = $1`,
        [id, parentId, trialsId, trialsId === null ? null : trial, this.#into.sight],
      );
    }
    // The log of a run that was not over ends as its row does.
    await this.#client.query(
      `with changed as (update runs set last_seq = last_seq + 1 where id = any($1) and status = 'cancelled' and finished_at is not null
        and not exists (select from run_messages where run_id = runs.id and seq = runs.last_seq and type = 'status' and body->>'status' = 'cancelled') returning *)
      insert into run_messages (run_id, seq, type, step, at, body)
      select id, last_seq, 'status', (progress->>'step')::int, finished_at, jsonb_build_object('status', status, 'progress', progress,
        'summary', summary, 'error', error, 'attempt', attempt, 'engine', engine) from changed`,
      [[...this.#runs.values()]],
    );
    await this.#client.query(keepFigures('(select * from runs where id = any($1))'), [[...this.#runs.values()]]);
    for (const runId of this.#runs.values()) await levelImported(this.#client, runId);
  }
}

function known(ids: ReadonlyMap<string, string>, id: unknown): string {
  const to = ids.get(String(id));
  if (to === undefined) throw notNamed(String(id));
  return to;
}
const notNamed = (id: string): ArchiveDamage =>
  new ArchiveDamage(`${JSON.stringify(id.slice(0, 100))} is not named at its beginning`);

/** Parts are of 1 MiB. Throws ArchiveDamage. */
async function inflateBlob(part: Uint8Array): Promise<Uint8Array> {
  try {
    return await promisify<Uint8Array, ZlibOptions, Buffer>(inflateRaw)(part, { maxOutputLength: PART_BYTES });
  } catch (cause) {
    throw new ArchiveDamage('numbers that came with a job cannot be unpacked', { cause });
  }
}
const pairs = (ids: ReadonlyMap<string, string>): ImportedId[] => [...ids].map(([from, to]) => ({ from, to }));
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
