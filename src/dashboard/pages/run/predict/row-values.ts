/** Values as people type and paste them, as the service takes them. */
import type { Column } from '../../../../vocabulary/index.ts';

/** A row of POST /v1/runs/{id}/predict: values by the names of the columns; null where one is missing. */
export type PredictedRow = Record<string, Value>;
type Value = string | number | null | (number | null)[];

const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?']);
const TRUE = new Set(['true', 'yes', '1']);
const FALSE = new Set(['false', 'no', '0']);

/**
 * What was typed as the value of the column. What is no number stays a text, for the service to name with its place.
 * `hasDecimalComma`: `3,5` is a number.
 */
export function readValue(text: string, column: Column, hasDecimalComma = false): Value {
  const trimmed = text.trim();
  if (column.width > 1) return trimmed === '' ? null : trimmed.split(/[\s,;]+/).map(Number);
  if (column.categories?.includes(trimmed)) return trimmed;
  if (MISSING.has(trimmed.toLowerCase())) return null;
  switch (column.kind) {
    case 'numeric':
      return readNumber(trimmed, hasDecimalComma);
    case 'boolean':
      return readBoolean(trimmed);
    case 'categorical':
    case 'date':
    case 'text':
      return trimmed;
  }
}

function readNumber(text: string, hasDecimalComma: boolean): string | number {
  const value = Number(hasDecimalComma ? text.replace(',', '.') : text);
  return Number.isNaN(value) ? text : value;
}

function readBoolean(text: string): string | number {
  const word = text.toLowerCase();
  return TRUE.has(word) ? 1 : FALSE.has(word) ? 0 : text;
}

/**
 * Whether numbers have a decimal comma: some have a comma, none a point, and the commas are not all before three digits,
 * for these may be thousands.
 */
export function usesDecimalComma(numbers: readonly string[]): boolean {
  const withComma = numbers.filter((text) => text.includes(','));
  return (
    withComma.length > 0 &&
    !numbers.some((text) => text.includes('.')) &&
    withComma.every((text) => /^\s*[-+]?\d*,\d+\s*$/.test(text)) &&
    withComma.some((text) => !/,\d{3}\s*$/.test(text))
  );
}

/** What a row is, or why the text is none. */
export type PastedRows = { rows: PredictedRow[]; ignored: string[] } | { fault: string };

/**
 * Rows with a header of column names, in any order. Columns that are no inputs are left out, and named. Where the inputs
 * are not known, every column is one.
 */
export function readRows(rows: readonly (readonly string[])[], inputs: readonly Column[]): PastedRows {
  const [header, ...body] = rows;
  if (!header) return { fault: 'Paste a header with the names of the columns, and a row for each prediction.' };
  const names = header.map((name) => name.trim());
  const known = inputs.length > 0 ? inputs : names.map(anyColumn);
  const byName = new Map(known.map((column) => [column.name, column]));
  const absent = known.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  if (absent.length === known.length)
    return { fault: `The first row must have the names of the columns, such as ${listed(absent)}.` };
  if (body.length === 0) return { fault: 'Below the header, paste a row for each prediction.' };
  const ragged = body.findIndex((row) => row.length !== names.length);
  if (ragged >= 0)
    return { fault: `Row ${ragged + 1} has ${body[ragged]!.length} values, and the header has ${names.length} names.` };

  const columns = names.map((name) => byName.get(name));
  const hasDecimalComma = usesDecimalComma(
    columns.flatMap((column, at) => (column?.kind === 'numeric' ? body.map((row) => row[at] ?? '') : [])),
  );
  const valuesIn = (row: readonly string[]) =>
    columns.flatMap((column, at): [string, Value][] =>
      column ? [[column.name, readValue(row[at] ?? '', column, hasDecimalComma)]] : [],
    );
  const missing = absent.map((name): [string, Value] => [name, null]);
  return {
    rows: body.map((row) => Object.fromEntries([...missing, ...valuesIn(row)])),
    ignored: names.filter((name) => !byName.has(name)),
  };
}

/** Numbers are read as such, and everything else as a text. */
const anyColumn = (name: string): Column => ({
  name,
  kind: 'numeric',
  role: 'input',
  width: 1,
  missing: 0,
  distinct: null,
});

/** So many names are enough of a hint. */
const MOST_NAMES = 4;
const listed = (names: readonly string[]): string =>
  names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
