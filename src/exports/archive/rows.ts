/**
 * Rows in binary: for each, the length of its JSON as uint32, the JSON `{ table, row, bytes: { column: length | null } }`,
 * and the bytes of those columns one after another. Little-endian.
 */
import { ARCHIVE_TABLES, ArchiveDamage, type ArchiveRow } from '../../store/store.ts';

export function encodeRow({ table, row, bytes }: ArchiveRow): Buffer {
  const lengths = Object.fromEntries(Object.entries(bytes).map(([name, value]) => [name, value?.length ?? null]));
  const json = Buffer.from(JSON.stringify({ table, row, bytes: lengths }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, ...Object.values(bytes).map((value) => value ?? Buffer.alloc(0))]);
}

/** Throws ArchiveDamage. */
export function* decodeRows(data: Buffer): Generator<ArchiveRow> {
  let offset = 0;
  const take = (length: number): Buffer => {
    if (!Number.isSafeInteger(length) || length < 0 || offset + length > data.length)
      throw new ArchiveDamage('a row ends too early');
    const piece = data.subarray(offset, offset + length);
    offset += length;
    return piece;
  };
  while (offset < data.length) {
    const { table, row, bytes } = parse(take(take(4).readUInt32LE()));
    const known = ARCHIVE_TABLES.find((name) => name === table);
    if (!known || !isObject(row) || !isObject(bytes)) throw new ArchiveDamage('a row is not one of a known table');
    const columns = Object.entries(bytes).map(
      ([name, length]) => [name, length === null ? null : take(Number(length))] as const,
    );
    yield { table: known, row, bytes: Object.fromEntries(columns) };
  }
}

export function parse(json: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json.toString());
    if (isObject(value)) return value;
  } catch (cause) {
    throw new ArchiveDamage('it has a part that is not JSON', { cause });
  }
  throw new ArchiveDamage('it has a part that is not a JSON object');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
