/** What a host sends to a thread that reads files, and what the thread reports. Transferred by structured clone. */
import type { ErrorCode, ErrorDetail, Recipe, RecipeCounts } from '../vocabulary/index.ts';
import type { DataFile, ReadingLimits, ReadingOptions, Table } from './table.ts';

export interface ReadOrder {
  type: 'read';
  files: DataFile[];
  options: ReadingOptions;
  limits: ReadingLimits;
  /** A folder for unpacked files. */
  workspace: string;
}
/** Numbers that came as JSON. */
export interface PackedRows {
  count: number;
  columns: PackedColumn[];
  /** Row by row, the columns of each in order: [count * sum of widths]. All are finite. */
  values: Float64Array<ArrayBuffer>;
}
export interface PackedColumn {
  name: string;
  role: 'input' | 'target';
  width: number;
  /** The values are indices of these names. */
  classNames?: readonly string[];
}
export interface RowsOrder {
  type: 'rows';
  rows: PackedRows;
  limits: ReadingLimits;
}
/** Counts what a recipe makes of a table. The thread asks for one row group after another. */
export interface MeasureOrder {
  type: 'measure';
  content: { table: Table; recipe: Recipe };
}
export type ReadingOrder =
  | ReadOrder
  | RowsOrder
  | MeasureOrder
  /** The row group that was reported is stored; the next one may come. */
  | { type: 'stored' }
  /** The row group that was asked for; null after the last one. */
  | { type: 'rowGroup'; bytes: Uint8Array<ArrayBuffer> | null };

export type ReadingReport =
  | { type: 'progress'; done: number; total: number }
  | { type: 'rowGroup'; bytes: Uint8Array<ArrayBuffer>; rows: number }
  /** `hash`: SHA-256 over the row groups and what the columns are, as hexadecimal digits. */
  | { type: 'read'; table: Table; hash: string }
  | { type: 'rowGroupWanted' }
  | { type: 'measured'; counts: RecipeCounts }
  | { type: 'failed'; code: ErrorCode; message: string; details: ErrorDetail[] };
