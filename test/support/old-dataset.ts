/** A data set as an earlier release stored it, when there were no columns, and as the migration then describes it. */
import { randomBytes } from 'node:crypto';
import { readMigrations } from '../../src/store/postgres/migrations.ts';
import type { PackedDataset } from '../../src/schemas/index.ts';
import type { Store } from '../../src/store/store.ts';

/** Returns its id. */
export async function storeOldDataset({ pool }: Store, name: string, data: PackedDataset): Promise<string> {
  const id = `dataset_${randomBytes(13).toString('hex')}`;
  const { task, samples, features, outputs, inputs, targets } = data;
  await pool.query(
    'insert into datasets (id, name, task, samples, features, outputs, target_values, created_at) values ($1, $2, $3, $4, $5, $6, $7, now())',
    [id, name, task, samples, features, outputs, targets.length],
  );
  const bytes = Buffer.from(Float32Array.of(...inputs, ...targets).buffer);
  const half = Math.floor(bytes.length / 2);
  for (const [part, data] of [bytes.subarray(0, half), bytes.subarray(half)].entries())
    await pool.query('insert into dataset_parts (dataset_id, part, data) values ($1, $2, $3)', [id, part, data]);
  const migration = (await readMigrations()).find(({ name: step }) => step.endsWith('dataset_versions'));
  const describe = migration?.sql.slice(migration.sql.indexOf('UPDATE "datasets"')) ?? '';
  await pool.query(describe.replace(/FROM "datasets";\s*$/, `FROM "datasets" WHERE "id" = '${id}';`));
  return id;
}
