/** Long values split into rows, so that no query carries more than a few MiB and other queries can run in between. */
import type pg from 'pg';

const PART_BYTES = 2 * 1024 * 1024;

interface PartTable {
  table: 'run_parts' | 'dataset_parts';
  key: Record<string, string>;
}
export const runPart = (runId: string, name: string): PartTable => ({
  table: 'run_parts',
  key: { run_id: runId, name },
});
export const datasetPart = (datasetId: string): PartTable => ({
  table: 'dataset_parts',
  key: { dataset_id: datasetId },
});

export async function writeParts(
  client: pg.Pool | pg.PoolClient,
  { table, key }: PartTable,
  bytes: Uint8Array,
): Promise<void> {
  const columns = Object.keys(key);
  const sql = `insert into ${table} (${columns.join(', ')}, part, data) values (${columns.map((_, i) => `$${i + 3}`).join(', ')}, $1, $2)`;
  for (let part = 0; part * PART_BYTES < bytes.length; part += 1) {
    await client.query(sql, [
      part,
      Buffer.from(
        bytes.buffer,
        bytes.byteOffset + part * PART_BYTES,
        Math.min(PART_BYTES, bytes.length - part * PART_BYTES),
      ),
      ...Object.values(key),
    ]);
  }
}

/** Null if there are fewer bytes than expected: the value was deleted, or is being replaced. */
export async function readParts(
  client: pg.Pool | pg.PoolClient,
  { table, key }: PartTable,
  length: number,
): Promise<Uint8Array | null> {
  const where = Object.keys(key)
    .map((column, i) => `${column} = $${i + 2}`)
    .join(' and ');
  // Not at once: the length may be wrong in what was imported.
  const parts: Buffer[] = [];
  let read = 0;
  for (let part = 0; read < length; part += 1) {
    const {
      rows: [row],
    } = await client.query<{ data: Buffer }>(`select data from ${table} where part = $1 and ${where}`, [
      part,
      ...Object.values(key),
    ]);
    if (!row || read + row.data.length > length) return null;
    parts.push(row.data);
    read += row.data.length;
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const data of parts) {
    bytes.set(data, offset);
    offset += data.length;
  }
  return bytes;
}
