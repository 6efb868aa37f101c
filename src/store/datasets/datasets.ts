/**
 * Uploaded data sets. The values are parts: one row group each, or, of data sets from before there were columns, float32
 * numbers, inputs first. A version says how they are prepared.
 */
import type { StoredDataset, Table } from '../../schemas/index.ts';
import type { DatasetInfo } from '../../vocabulary/index.ts';
import { inTransaction, packJson, unpackJson, type Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { datasetPart, readParts } from '../postgres/parts.ts';
import { cleanLabel } from '../postgres/text.ts';
import { NO_ORIGIN } from '../postgres/origin.ts';
import { keepMade } from '../answers.ts';
import type {
  AnswerKey,
  DatasetContent,
  DatasetStore,
  DatasetUse,
  DatasetVersion,
  Origin,
  Sight,
  VersionChange,
} from '../store.ts';
import { DATASET_COLUMNS, SELECT_DATASETS, toInfo, type DatasetRow } from './dataset-row.ts';

const INSERT_VERSION =
  'insert into dataset_versions (dataset_id, version, hash, recipe, counts, warnings, created_at) values ($1, $2, $3, $4, $5, $6, $7)';

/** Twice as many characters still arrive in one message. */
const SLICE_BYTES = 64 * 1024;

export class Datasets implements DatasetStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(name: string | null, source: string | null = null, origin: Origin = NO_ORIGIN): Promise<string> {
    const { id, at } = newId('dataset');
    await this.#database.pool.query(
      `insert into datasets (id, name, task, samples, features, outputs, target_values, is_whole, touched_at, created_at, source, project_id, created_by)
        values ($1, $2, '', 0, 0, 0, 0, false, now(), $3, $4, $5, (select id from people where id = $6 for key share))`,
      [id, name === null ? null : cleanLabel(name), at, source, origin.project, origin.createdBy],
    );
    return id;
  }

  async addRowGroup(id: string, part: number, bytes: Uint8Array): Promise<void> {
    await this.#database.pool.query('insert into dataset_parts (dataset_id, part, data) values ($1, $2, $3)', [
      id,
      part,
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    ]);
  }

  async touch(ids: readonly string[]): Promise<void> {
    await this.#database.pool.query('update datasets set touched_at = now() where id = any($1)', [ids]);
  }

  async finish(
    id: string,
    { table, hash }: DatasetContent,
    version: DatasetVersion,
    answer: AnswerKey | null = null,
  ): Promise<DatasetInfo | null> {
    const { samples, features, outputs } = version.counts;
    const packed = await packJson(table);
    const isFinished = await inTransaction(this.#database.pool, async (client) => {
      const { rowCount } = await client.query(
        `update datasets set task = $2, samples = $3, features = $4, outputs = $5, content = $6, content_hash = $7, is_whole = true, touched_at = null
          where id = $1 and not is_whole`,
        [id, version.recipe.task, samples, features, outputs, packed, hash],
      );
      if (rowCount === 1) {
        await keepMade(client, this.#database, answer, id);
        await client.query(INSERT_VERSION, versionValues(id, 1, version));
      }
      return rowCount === 1;
    });
    return isFinished ? this.info(id) : null;
  }

  async sweep(silentMs: number): Promise<number> {
    const { rowCount } = await this.#database.pool.query(
      `delete from datasets where not is_whole and ($1::float8 = 0 or touched_at < now() - $1::float8 * interval '1 millisecond')`,
      [silentMs],
    );
    return rowCount ?? 0;
  }

  async list(sight: Sight = null): Promise<DatasetInfo[]> {
    const { rows } = await this.#database.pool.query<DatasetRow>(
      `${SELECT_DATASETS} order by d.created_at desc, d.id desc`,
      [null, sight],
    );
    return rows.map(toInfo);
  }

  async info(id: string, version: number | null = null, sight: Sight = null): Promise<DatasetInfo | null> {
    if (!isId('dataset', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<DatasetRow>(`${SELECT_DATASETS} and d.id = $3`, [version, sight, id]);
    return row ? toInfo(row) : null;
  }

  async named(name: string, sight: Sight = null, first: string | null = null): Promise<DatasetInfo | null> {
    const {
      rows: [row],
    } = await this.#database.pool.query<DatasetRow>(
      `${SELECT_DATASETS} and d.name = $3
        order by (d.source is null and d.project_id = $4) is true desc, d.created_at desc, d.id desc limit 1`,
      [null, sight, cleanLabel(name), first],
    );
    return row ? toInfo(row) : null;
  }

  async source(id: string): Promise<string | null> {
    const {
      rows: [row],
    } = await this.#database.pool.query<{ source: string | null }>('select source from datasets where id = $1', [id]);
    return row?.source ?? null;
  }

  async versions(id: string, sight: Sight = null): Promise<DatasetInfo[]> {
    if (!isId('dataset', id)) return [];
    const { rows } = await this.#database.pool.query<DatasetRow>(
      `select ${DATASET_COLUMNS},
          (select count(*) from runs where runs.dataset_id = d.id and runs.dataset_version = v.version
            and ($2::text[] is null or runs.project_id = any($2))) as runs
        from datasets d join dataset_versions v on v.dataset_id = d.id where d.is_whole and d.id = $1 order by v.version desc`,
      [id, sight],
    );
    return rows.map(toInfo);
  }

  async content(id: string): Promise<DatasetContent | null> {
    if (!isId('dataset', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<{ content: Buffer | null; hash: string | null }>(
      'select content, content_hash as hash from datasets where id = $1 and is_whole',
      [id],
    );
    return row?.content ? { table: await unpackJson<Table>(row.content), hash: row.hash ?? '' } : null;
  }

  async version(id: string, version: number): Promise<DatasetVersion | null> {
    if (!isId('dataset', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<DatasetVersion>(
      'select hash, recipe, counts, warnings from dataset_versions where dataset_id = $1 and version = $2',
      [id, version],
    );
    return row ?? null;
  }

  async *rowGroups(id: string): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    if (!isId('dataset', id)) return;
    for (let part = 0; ; part += 1) {
      const group = await this.#rowGroup(id, part);
      if (!group) return;
      yield group;
    }
  }

  /** In slices: bytes arrive as text of twice their size, and many at once would take memory and delay other requests. */
  async #rowGroup(id: string, part: number): Promise<Uint8Array<ArrayBuffer> | null> {
    let group: Uint8Array<ArrayBuffer> | null = null;
    let offset = 0;
    do {
      const {
        rows: [row],
      } = await this.#database.pool.query<{ size: number; slice: Buffer }>(
        `select octet_length(data) as size, substring(data from $3 for ${SLICE_BYTES}) as slice
          from dataset_parts where dataset_id = $1 and part = $2`,
        [id, part, offset + 1],
      );
      if (!row) return null; // There is no such part, or it was deleted in the meantime.
      group ??= new Uint8Array(row.size);
      group.set(row.slice, offset);
      offset += row.slice.length;
    } while (offset < group.length);
    return group;
  }

  async get(id: string, version: number | null = null): Promise<{ info: DatasetInfo; data: StoredDataset } | null> {
    const info = await this.info(id, version);
    if (!info) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<{ content: Buffer | null; targetValues: number; parts: string }>(
      `select content, target_values as "targetValues", (select count(*) from dataset_parts where dataset_id = id) as parts
        from datasets where id = $1`,
      [id],
    );
    if (!row) return null; // It was deleted in the meantime.
    const data = row.content
      ? await this.#table(id, info.version ?? 1, row.content, Number(row.parts))
      : await this.#numbers(info, row);
    return data && { info, data };
  }

  async #table(id: string, version: number, content: Buffer, parts: number): Promise<StoredDataset | null> {
    const row = await this.version(id, version);
    const rowGroups: Uint8Array<ArrayBuffer>[] = [];
    for await (const group of this.rowGroups(id)) rowGroups.push(group);
    if (!row || rowGroups.length < parts) return null;
    return { table: await unpackJson<Table>(content), recipe: row.recipe, counts: row.counts, rowGroups };
  }

  async #numbers(
    { id = '', task, samples, features, outputs }: DatasetInfo,
    { targetValues }: { targetValues: number },
  ): Promise<StoredDataset | null> {
    const bytes = await readParts(this.#database.pool, datasetPart(id), (samples * features + targetValues) * 4);
    if (!bytes) return null;
    const values = new Float32Array(bytes.buffer);
    return {
      task,
      samples,
      features,
      outputs,
      inputs: values.slice(0, samples * features),
      targets: values.slice(samples * features),
    };
  }

  async change(id: string, from: number, { name, version }: VersionChange): Promise<DatasetInfo | null> {
    const isChanged = await inTransaction(this.#database.pool, async (client) => {
      const {
        rows: [row],
      } = await client.query<{ newest: number; isUsed: boolean }>(
        `select (select max(version) from dataset_versions where dataset_id = id) as newest,
            exists (select from runs where dataset_id = $1 and dataset_version = $2) as "isUsed"
          from datasets where id = $1 and is_whole for update`,
        [id, from],
      );
      if (row?.newest !== from) return false;
      if (name !== undefined) await client.query('update datasets set name = $2 where id = $1', [id, cleanLabel(name)]);
      if (version && row.isUsed) await client.query(INSERT_VERSION, versionValues(id, from + 1, version));
      else if (version)
        await client.query(
          'update dataset_versions set hash = $3, recipe = $4, counts = $5, warnings = $6, created_at = $7 where dataset_id = $1 and version = $2',
          versionValues(id, from, version),
        );
      return true;
    });
    return isChanged ? this.info(id) : null;
  }

  async use(id: string): Promise<DatasetUse> {
    const {
      rows: [row],
    } = await this.#database.pool.query<{ runs: string; unfinished: string }>(
      `select count(*) as runs, count(*) filter (where finished_at is null) as unfinished from runs where dataset_id = $1`,
      [id],
    );
    return { runs: Number(row?.runs ?? 0), unfinished: Number(row?.unfinished ?? 0) };
  }

  async move(id: string, project: string): Promise<DatasetInfo | null> {
    if (!isId('dataset', id)) return null;
    await this.#database.pool.query('update datasets set project_id = $2 where id = $1 and is_whole', [id, project]);
    return this.info(id);
  }

  async delete(id: string): Promise<boolean> {
    if (!isId('dataset', id)) return false;
    const { rowCount } = await this.#database.pool.query('delete from datasets where id = $1', [id]);
    return rowCount === 1;
  }
}

const versionValues = (id: string, version: number, { hash, recipe, counts, warnings }: DatasetVersion) => [
  id,
  version,
  hash,
  // Names and categories stay as they are in the table, whatever characters they have.
  JSON.stringify(recipe),
  JSON.stringify(counts),
  JSON.stringify(warnings),
  new Date(),
];
