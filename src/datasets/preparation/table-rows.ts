/** The rows of a stored table, one row group after another. */
import type { TableDataset } from '../../schemas/index.ts';
import { decodeRowGroup, type ColumnValues } from '../table/row-group.ts';

/** Consecutive rows. */
export interface DecodedRows {
  count: number;
  /** The values of each column that was asked for, [count * width], by the column's number in the table. */
  columns: readonly ColumnValues[];
}

export function decodeColumns(rowGroup: Uint8Array, chosen: readonly number[]): DecodedRows {
  const numbers = [...new Set(chosen)];
  const { rows, columns: decoded } = decodeRowGroup(rowGroup, numbers);
  const columns: ColumnValues[] = [];
  for (const [k, number] of numbers.entries()) columns[number] = decoded[k]!.values;
  return { count: rows, columns };
}

/**
 * Reads the columns with these numbers; `first` is the place of the first row in the table. With `release`, each row
 * group is let go after it was read.
 */
export function* readRows(
  { rowGroups }: Pick<TableDataset, 'rowGroups'>,
  chosen: readonly number[],
  release = false,
): Generator<DecodedRows & { first: number }> {
  let first = 0;
  for (const [index, group] of rowGroups.entries()) {
    const rows = decodeColumns(group, chosen);
    if (release) rowGroups[index] = new Uint8Array();
    yield { first, ...rows };
    first += rows.count;
  }
}
