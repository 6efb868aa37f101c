/** Uploaded data sets: the description as a row, the numbers as float32 in parts, inputs first. */
import type { PackedDataset } from '../schemas/index.ts';
import type { DatasetInfo, Task } from '../vocabulary/index.ts';
import { inTransaction, type Database } from './postgres/database.ts';
import { isId, newId } from './postgres/ids.ts';
import { datasetPart, readParts, writeParts } from './postgres/parts.ts';
import type { DatasetStore } from './store.ts';
import { cleanLabel } from './postgres/text.ts';

interface Row {
  id: string;
  name: string | null;
  task: string;
  samples: number;
  features: number;
  outputs: number;
  targetValues: number;
  createdAt: Date;
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export class Datasets implements DatasetStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(
    name: string | null,
    { task, samples, features, outputs, inputs, targets }: PackedDataset,
  ): Promise<DatasetInfo> {
    const { id, at } = newId('dataset');
    const row: Row = {
      id,
      name: name === null ? null : cleanLabel(name),
      task,
      samples,
      features,
      outputs,
      targetValues: targets.length,
      createdAt: at,
    };
    const bytes = new Uint8Array(inputs.byteLength + targets.byteLength);
    bytes.set(bytesOf(inputs));
    bytes.set(bytesOf(targets), inputs.byteLength);
    await inTransaction(this.#database.pool, async (client) => {
      await client.query(
        'insert into datasets (id, name, task, samples, features, outputs, target_values, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)',
        [id, row.name, task, samples, features, outputs, row.targetValues, at],
      );
      await writeParts(client, datasetPart(id), bytes);
    });
    return toInfo(row);
  }

  async list(): Promise<DatasetInfo[]> {
    const rows = await this.#database.prisma.dataset.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
    return rows.map(toInfo);
  }

  async info(id: string): Promise<DatasetInfo | null> {
    const row = isId('dataset', id) ? await this.#database.prisma.dataset.findUnique({ where: { id } }) : null;
    return row && toInfo(row);
  }

  async get(id: string): Promise<{ info: DatasetInfo; data: PackedDataset } | null> {
    if (!isId('dataset', id)) return null;
    const row = await this.#database.prisma.dataset.findUnique({ where: { id } });
    if (!row) return null;
    const { samples, features, outputs, targetValues } = row;
    const bytes = await readParts(this.#database.pool, datasetPart(id), (samples * features + targetValues) * 4);
    if (!bytes) return null; // It was deleted in the meantime.
    const values = new Float32Array(bytes.buffer);
    return {
      info: toInfo(row),
      data: {
        task: row.task as Task,
        samples,
        features,
        outputs,
        inputs: values.slice(0, samples * features),
        targets: values.slice(samples * features),
      },
    };
  }

  async delete(id: string): Promise<boolean> {
    if (!isId('dataset', id)) return false;
    const { count } = await this.#database.prisma.dataset.deleteMany({ where: { id } });
    return count > 0;
  }
}

function toInfo({ id, name, task, samples, features, outputs, createdAt }: Row): DatasetInfo {
  return {
    object: 'dataset',
    id,
    ...(name !== null && { name }),
    kind: 'uploaded',
    task: task as Task,
    samples,
    features,
    outputs,
    description: 'Uploaded.',
    createdAt: createdAt.toISOString(),
  };
}
