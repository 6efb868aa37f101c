/** A table that leaves the service as a file, piece by piece. */
import type { TableFormat } from '../vocabulary/index.ts';
import { csvOf } from './csv.ts';
import { jsonLinesOf } from './json-lines.ts';
import { parquetOf } from './parquet.ts';

/** `json`: a list or an object, which formats without nested values write as JSON text. */
export type CellType = 'integer' | 'number' | 'boolean' | 'text' | 'time' | 'json';
export interface ExportColumn {
  name: string;
  type: CellType;
}
/** Null: the value is not finite or not known. Undefined: this row has no such value. Times are ISO 8601. */
export type Cell = unknown;
/** One list of cells per column, all of equal length. */
export type Batch = Cell[][];

export interface ExportTable {
  columns: ExportColumn[];
  batches: AsyncIterable<Batch>;
}

export interface ExportFile {
  mediaType: string;
  name: string;
  bytes: AsyncIterable<string | Uint8Array>;
}

const FORMATS: Record<TableFormat, { mediaType: string; write: (table: ExportTable) => ExportFile['bytes'] }> = {
  csv: { mediaType: 'text/csv; charset=utf-8', write: csvOf },
  jsonl: { mediaType: 'application/x-ndjson', write: jsonLinesOf },
  parquet: { mediaType: 'application/vnd.apache.parquet', write: parquetOf },
};

/** `name`: of the file, without its ending. */
export const fileOf = (table: ExportTable, format: TableFormat, name: string): ExportFile => ({
  mediaType: FORMATS[format].mediaType,
  name: `${name}.${format}`,
  bytes: FORMATS[format].write(table),
});
