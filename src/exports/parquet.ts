/** Apache Parquet, compressed with Snappy. Null: no value, or one that is not finite. Lists and objects are JSON text. */
import { ByteWriter, ParquetWriter, type BasicType, type SchemaElement } from 'hyparquet-writer';
import type { Batch, Cell, CellType, ExportColumn, ExportTable } from './table.ts';

/** Cells that a group of rows holds at most, so that the memory that it takes does not depend on the table. */
const CELLS_PER_GROUP = 1_000_000;
const LARGEST_GROUP = 65_536;

const TYPES: Record<CellType, { type: BasicType; schema: Pick<SchemaElement, 'type' | 'converted_type'> }> = {
  integer: { type: 'INT64', schema: { type: 'INT64' } },
  number: { type: 'DOUBLE', schema: { type: 'DOUBLE' } },
  boolean: { type: 'BOOLEAN', schema: { type: 'BOOLEAN' } },
  text: { type: 'STRING', schema: { type: 'BYTE_ARRAY', converted_type: 'UTF8' } },
  time: { type: 'TIMESTAMP', schema: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' } },
  json: { type: 'JSON', schema: { type: 'BYTE_ARRAY', converted_type: 'JSON' } },
};

export async function* parquetOf({ columns, batches }: ExportTable): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: 'relumine' });
  const groupSize = Math.max(1, Math.min(LARGEST_GROUP, Math.floor(CELLS_PER_GROUP / columns.length)));
  for await (const group of groupsOf(batches, columns.length, groupSize)) {
    await writer.write({ columnData: columns.map((column, i) => source(column, group[i]!)), rowGroupSize: groupSize });
    yield taken(bytes);
  }
  await writer.finish();
  yield taken(bytes);
}

const schemaOf = (columns: readonly ExportColumn[]): SchemaElement[] => [
  { name: 'root', num_children: columns.length },
  ...columns.map(({ name, type }) => ({ name, repetition_type: 'OPTIONAL' as const, ...TYPES[type].schema })),
];

const source = ({ name, type }: ExportColumn, cells: Cell[]) => ({
  name,
  type: TYPES[type].type,
  data: cells.map((cell) => physical(cell, type)),
  // Of use to queries over huge files only.
  offsetIndex: false,
});

function physical(cell: Cell, type: CellType): Cell {
  if (cell === null || cell === undefined) return null;
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(cell) ? BigInt(cell as number) : null;
    case 'number':
      return Number.isFinite(cell) ? cell : null;
    case 'time':
      return new Date(cell as string);
    case 'boolean':
    case 'text':
    case 'json':
      return cell;
  }
}

/** What was written since the last call. The writer goes on counting offsets from the beginning of the file. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = Uint8Array.from(writer.getBytes());
  writer.index = 0;
  return bytes;
}

async function* groupsOf(batches: AsyncIterable<Batch>, columnCount: number, size: number): AsyncGenerator<Batch> {
  let group: Batch = Array.from({ length: columnCount }, () => []);
  for await (const batch of batches) {
    const rows = batch[0]?.length ?? 0;
    for (let from = 0; from < rows;) {
      const count = Math.min(rows - from, size - group[0]!.length);
      for (const [i, column] of group.entries())
        for (let row = from; row < from + count; row += 1) column.push(batch[i]?.[row]);
      from += count;
      if (group[0]!.length === size) {
        yield group;
        group = Array.from({ length: columnCount }, () => []);
      }
    }
  }
  if (group[0]!.length > 0) yield group;
}
