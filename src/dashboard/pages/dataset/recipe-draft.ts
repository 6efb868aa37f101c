/** Changes to a data set that are not saved yet. They are collected and sent as one PATCH. */
import type {
  Column,
  ColumnKind,
  ColumnPatch,
  ColumnRole,
  DatasetInfo,
  DatasetPatch,
  Encoding,
  Fill,
  NamedFill,
  RowSplit,
} from '../../../vocabulary/index.ts';

export type ColumnChange = Omit<ColumnPatch, 'name'>;
/** The columns' changes by their names. */
export interface Draft extends Omit<DatasetPatch, 'columns'> {
  columns: Readonly<Record<string, ColumnChange>>;
}
export const NO_CHANGES: Draft = { columns: {} };

/** The draft with one column changed. Another kind has other encodings and fills: the service chooses them anew. */
export function changeColumn(draft: Draft, name: string, change: ColumnChange): Draft {
  const { encoding: _encoding, fill: _fill, categories: _categories, ...kept } = draft.columns[name] ?? {};
  const before = change.kind === undefined ? draft.columns[name] : kept;
  return { ...draft, columns: { ...draft.columns, [name]: { ...before, ...change } } };
}

/** One column becomes the only target; a column that was one becomes an input. */
export function chooseTarget(draft: Draft, columns: readonly Column[], name: string): Draft {
  const others = columns.filter((column) => column.name !== name && asChanged(column, draft).role === 'target');
  const freed = others.reduce((next, column) => changeColumn(next, column.name, { role: 'input' }), draft);
  return changeColumn(freed, name, { role: 'target' });
}

/** The column as it will be. After a change of kind, its encoding and fill are open. */
export function asChanged(column: Column, draft: Draft): Column {
  const change = draft.columns[column.name];
  if (!change) return column;
  if (change.kind === undefined || change.kind === column.kind) return { ...column, ...change };
  const { encoding: _encoding, fill: _fill, categories: _categories, ...kept } = column;
  return { ...kept, ...change };
}

/** What has to be sent; null if nothing differs from the data set. */
export function patchOf(info: DatasetInfo, draft: Draft): DatasetPatch | null {
  const columns = (info.columns ?? []).flatMap((column): ColumnPatch[] => {
    const change = Object.entries(draft.columns[column.name] ?? {}).filter(
      ([key, value]) => !isSame(value, column[key as keyof Column]),
    );
    return change.length > 0 ? [{ name: column.name, ...(Object.fromEntries(change) as ColumnChange) }] : [];
  });
  const patch: DatasetPatch = {
    ...(draft.name !== undefined && draft.name !== info.name && { name: draft.name }),
    ...(draft.task !== undefined && draft.task !== info.task && { task: draft.task }),
    ...(draft.split !== undefined && !isSame(draft.split, info.split) && { split: draft.split }),
    ...(columns.length > 0 && { columns }),
  };
  return Object.keys(patch).length > 0 ? patch : null;
}

/** Values of a recipe are small JSON with their keys in a fixed order. */
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** How many things the patch changes. */
export const changesIn = ({ columns = [], ...others }: DatasetPatch): number =>
  Object.keys(others).length + columns.reduce((sum, { name: _name, ...change }) => sum + Object.keys(change).length, 0);

/** The encodings of each kind; none where there is nothing to choose. */
export const ENCODINGS_OF: Record<ColumnKind, readonly Encoding[]> = {
  numeric: [],
  categorical: ['oneHot', 'ordered'],
  boolean: [],
  date: ['number', 'cyclic'],
  text: [],
};

/** The fills of each kind; a value of one's own is another. */
export const FILLS_OF: Record<ColumnKind, readonly NamedFill[]> = {
  numeric: ['mean', 'median', 'mode', 'indicator', 'drop'],
  categorical: ['mode', 'indicator', 'drop'],
  boolean: ['mean', 'mode', 'indicator', 'drop'],
  date: ['mean', 'median', 'mode', 'indicator', 'drop'],
  text: [],
};

/** A value that was typed: a number where the column has numbers. */
export function readFill(text: string, kind: ColumnKind): Fill {
  const value = Number(text);
  return {
    value: (kind === 'numeric' || kind === 'boolean') && text.trim() !== '' && !Number.isNaN(value) ? value : text,
  };
}

export const ROLES_OF: readonly ColumnRole[] = ['input', 'target', 'split', 'ignored'];

/** The part that a value of the split's column stands for. */
export type Part = 'training' | 'validation' | 'test';
type ByColumn = Extract<RowSplit, { by: 'column' }>;

export const partOf = (split: ByColumn, value: string): Part =>
  split.validation.includes(value) ? 'validation' : split.test?.includes(value) ? 'test' : 'training';

export function withPart(split: ByColumn, value: string, part: Part): ByColumn {
  const without = (values: readonly string[] = []) => values.filter((one) => one !== value);
  const validation = [...without(split.validation), ...(part === 'validation' ? [value] : [])];
  const test = [...without(split.test), ...(part === 'test' ? [value] : [])];
  return { by: 'column', column: split.column, validation, ...(test.length > 0 && { test }) };
}
