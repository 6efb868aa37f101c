/** Data sets as the store keeps them, made of values in a test. */
import { encodeRowGroup } from '../../src/datasets/table/row-group.ts';
import { measureRecipe } from '../../src/datasets/preparation/measure-recipe.ts';
import type { Table, TableColumn, TableDataset, ValueType } from '../../src/schemas/index.ts';
import type { Column, Recipe, RowSplit, Task } from '../../src/vocabulary/index.ts';

export type Cell = number | string | boolean | null | readonly number[];
/** A column's values and what the recipe says of it; everything else is worked out. */
export type ColumnSource = Partial<Column> & { values: readonly Cell[]; type?: ValueType };

export interface TableSource {
  columns: Record<string, ColumnSource>;
  task: Task;
  split?: RowSplit;
  parts?: Table['parts'];
  rowsPerGroup?: number;
}

export function datasetOf({
  columns,
  task,
  split = { by: 'share' },
  parts,
  rowsPerGroup = 7,
}: TableSource): TableDataset {
  const sources = Object.entries(columns).map(([name, source]) => describe(name, source));
  const rows = Object.values(columns)[0]?.values.length ?? 0;
  const rowGroups: Uint8Array[] = [];
  for (let first = 0; first < rows; first += rowsPerGroup) {
    const count = Math.min(rowsPerGroup, rows - first);
    rowGroups.push(
      encodeRowGroup({
        rows: count,
        columns: sources.map(({ table: { width }, numbers }) => ({
          width,
          values: numbers.slice(first * width, (first + count) * width),
        })),
      }),
    );
  }
  const table = { rows, parts: parts ?? [{ name: 'train' as const, rows }], columns: sources.map((one) => one.table) };
  const recipe: Recipe = { task, columns: sources.map(({ column }) => column), split };
  return { table, recipe, counts: measureRecipe({ table, recipe }, rowGroups), rowGroups };
}

/** Row groups are used up by loading. */
export const copyOf = (dataset: TableDataset): TableDataset => ({ ...dataset, rowGroups: [...dataset.rowGroups] });

function describe(name: string, { values, type = typeOf(values), ...given }: ColumnSource) {
  const width = values.find((value) => Array.isArray(value))?.length ?? 1;
  const dictionary = type === 'text' ? [...new Set(values.filter((value) => value !== null))].map(String) : undefined;
  const numberOf = (value: Exclude<Cell, readonly number[]>): number => {
    if (type === 'text') return value === null ? 0 : dictionary!.indexOf(String(value)) + 1;
    if (value === null) return NaN;
    return type === 'date' ? Date.parse(String(value)) : Number(value);
  };
  const numbers = Float64Array.from(
    values.flatMap((value) => (Array.isArray(value) ? (value as readonly number[]) : [numberOf(value as never)])),
  );
  const missing = values.filter((value) => value === null).length;
  const distinct = [...new Set(values.filter((value) => value !== null).map(String))];
  const kinds = { number: 'numeric', text: 'categorical', boolean: 'boolean', date: 'date' } as const;
  const table: TableColumn = {
    name,
    type,
    width,
    ...(given.shape && { shape: given.shape }),
    isBytes: type === 'number' && numbers.every((value) => Number.isInteger(value) && value >= 0 && value <= 255),
    ...(dictionary && { dictionary }),
    profile: {
      kind: kinds[type],
      missing,
      distinct: distinct.length,
      top: distinct.slice(0, 256).map((value) => ({ value, count: 1 })),
    },
  };
  const column: Column = {
    name,
    kind: kinds[type],
    role: 'input',
    width,
    missing,
    distinct: distinct.length,
    ...given,
  };
  return { table, column, numbers };
}

function typeOf(values: readonly Cell[]): ValueType {
  const [first] = values.filter((value) => value !== null);
  if (typeof first === 'boolean') return 'boolean';
  if (typeof first !== 'string') return 'number';
  return /^\d{4}-\d\d-\d\d/.test(first) ? 'date' : 'text';
}
