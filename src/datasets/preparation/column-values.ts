/** What the numbers of a table's column mean: a value, a category, a moment. */
import type { TableColumn } from '../../schemas/index.ts';
import { CYCLES, encodedSize, OTHER_CATEGORY, type Column, type PreparedColumn } from '../../vocabulary/index.ts';

export const isMissing = ({ type }: Pick<TableColumn, 'type'>, value: number): boolean =>
  type === 'text' ? value === 0 : Number.isNaN(value);

/** The value as a client would write it: `Adelie`, `true`, `3.5`, `2026-01-31T00:00:00.000Z`. */
export function labelOf({ type, dictionary = [] }: TableColumn, value: number): string {
  switch (type) {
    case 'text':
      return dictionary[value - 1] ?? '';
    case 'boolean':
      return value === 0 ? 'false' : 'true';
    case 'date':
      return new Date(value).toISOString();
    case 'number':
      return String(value);
  }
}

/**
 * The categories of a column: those of its recipe, otherwise all values that the table knows of it. Numbers come in their
 * order, and those that are too many to be listed are one category.
 */
export function categoriesOf({ categories }: Pick<Column, 'categories'>, source: TableColumn): string[] {
  if (categories !== undefined) return categories;
  switch (source.type) {
    case 'text':
      return source.dictionary ?? [];
    case 'boolean':
      return ['false', 'true'];
    case 'number':
    case 'date': {
      const { top = [], distinct } = source.profile;
      const known =
        source.type === 'number'
          ? top
              .map(({ value }) => Number(value))
              .sort((a, b) => a - b)
              .map(String)
          : top.map(({ value }) => value).sort();
      return distinct !== null && distinct <= known.length ? known : [...known, OTHER_CATEGORY];
    }
  }
}

/** From a value that is not missing to the index of its category; -1 for one that has none. */
function categoryReader(source: TableColumn, categories: readonly string[]): (value: number) => number {
  const places = new Map(categories.map((category, index) => [category, index]));
  const other = places.get(OTHER_CATEGORY) ?? -1;
  if (source.type === 'text') {
    const ofCode = Int32Array.from(['', ...(source.dictionary ?? [])], (value) => places.get(value) ?? other);
    return (code) => ofCode[code] ?? other;
  }
  // Words such as yes and no are read as 0 and 1; their order says which is which.
  if (source.type === 'boolean' && !places.has('true') && !places.has('false')) return (value) => value;
  return (value) => places.get(labelOf(source, value)) ?? other;
}

/** From a value that is not missing to a number; NaN for a text that is none. */
function numberReader(source: TableColumn): (value: number) => number {
  if (source.type !== 'text') return (value) => value;
  const ofCode = Float64Array.from(['', ...(source.dictionary ?? [])], (text) =>
    text.trim() === '' ? NaN : Number(text),
  );
  return (code) => ofCode[code] ?? NaN;
}

/** From a value that is not missing to what `encode` takes: a number, the index of a category, or milliseconds since 1970. */
export function valueReader(
  source: TableColumn,
  column: Pick<Column, 'kind' | 'categories'>,
): (value: number) => number {
  const isCategory = column.kind === 'categorical' || (column.kind === 'boolean' && source.type === 'text');
  if (!isCategory) return numberReader(source);
  const indexOf = categoryReader(source, categoriesOf(column, source));
  return (value) => {
    const index = indexOf(value);
    return index < 0 ? NaN : index;
  };
}

const DAY_MS = 86_400_000;

/** Writes the `encodedSize` numbers of one value to `target`, starting at `at`. All are NaN where the value is. */
export function encode(column: PreparedColumn, value: number, target: { [index: number]: number }, at: number): void {
  const size = encodedSize(column);
  if (Number.isNaN(value)) {
    for (let k = 0; k < size; k++) target[at + k] = NaN;
    return;
  }
  if (column.kind === 'categorical' && column.encoding !== 'ordered') {
    for (let k = 0; k < size; k++) target[at + k] = k === value ? 1 : 0;
    return;
  }
  if (column.kind !== 'date') {
    target[at] = value;
    return;
  }
  if (column.encoding !== 'cyclic') {
    target[at] = value / DAY_MS;
    return;
  }
  const shares = sharesOf(new Date(value));
  for (const [k, cycle] of CYCLES.entries()) {
    target[at + 2 * k] = Math.sin(2 * Math.PI * shares[cycle]);
    target[at + 2 * k + 1] = Math.cos(2 * Math.PI * shares[cycle]);
  }
}

/** How much of each cycle has passed: of the day, of the week from Sunday, of the year by whole months. */
function sharesOf(date: Date): Record<(typeof CYCLES)[number], number> {
  return {
    hour: (date.getUTCHours() + date.getUTCMinutes() / 60) / 24,
    weekday: date.getUTCDay() / 7,
    month: date.getUTCMonth() / 12,
  };
}
