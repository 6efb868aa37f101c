/** What a client sees of a data set: its first rows, and what each column holds. */
import type { Table, TableColumn } from '../schemas/index.ts';
import type { ColumnProfile, DatasetInfo, DatasetPreview, RecipeCounts } from '../vocabulary/index.ts';

/** Of the values of a column; more help no one who looks at them. */
const MOST_TOP_VALUES = 20;

export function describePreview(
  { id = '', version = 1, columns = [] }: DatasetInfo,
  table: Table,
  { classes }: RecipeCounts,
  rows: number,
): DatasetPreview {
  const kinds = new Map(columns.map(({ name, kind }) => [name, kind]));
  return {
    object: 'preview',
    id,
    version,
    columns: table.columns.map((column) => ({
      ...profileOf(column, table.rows),
      kind: kinds.get(column.name) ?? column.profile.kind,
    })),
    rows: table.firstRows.slice(0, rows),
    totalRows: table.rows,
    classes,
    reading: { ...table.reading },
  };
}

function profileOf({ name, width, profile }: TableColumn, rows: number): ColumnProfile {
  const { kind, missing, distinct, minimum, maximum, mean, deviation, histogram, top } = profile;
  return {
    name,
    kind,
    width,
    missing,
    missingShare: rows === 0 ? 0 : missing / (rows * width),
    distinct,
    minimum: minimum ?? null,
    maximum: maximum ?? null,
    mean: mean ?? null,
    deviation: deviation ?? null,
    ...(histogram && { histogram }),
    ...(top && { top: top.slice(0, MOST_TOP_VALUES) }),
  };
}
