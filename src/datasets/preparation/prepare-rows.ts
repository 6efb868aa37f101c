/** Rows of named values, as a client sends them for a prediction, to a network's inputs. */
import { RelumineError, type ErrorDetail } from '../../errors.ts';
import { brief, nameFirst } from '../../jobs/problems.ts';
import { isObject } from '../../jobs/schema-node.ts';
import {
  encodedSize,
  inputsOf,
  LIMITS,
  OTHER_CATEGORY,
  valueInputs,
  type PreparedColumn,
  type Preparation,
} from '../../vocabulary/index.ts';
import { encode } from './column-values.ts';

/** More problems than this help no one. */
const MOST_DETAILS = 20;
/** More names than this are not listed. */
const MOST_LISTED = 20;

/**
 * [rows, inputs]. A value that is null or absent is missing, and gets what the training filled in. The columns of the
 * data set that are no inputs may be there too. Throws INVALID_REQUEST with the path of each wrong value, such as
 * `rows[3].age`.
 */
export function prepareRows(preparation: Preparation, rows: readonly unknown[], path = 'rows'): Float32Array {
  const { columns, targets, ignored } = preparation;
  const features = columns.reduce((sum, column) => sum + inputsOf(column), 0);
  if (rows.length * features > LIMITS.inlineValues)
    throw invalid([
      {
        path,
        message: `has ${rows.length} rows of ${features} inputs`,
        expected: `at most ${Math.floor(LIMITS.inlineValues / features)} rows`,
      },
    ]);
  const known = new Set([...columns.map(({ name }) => name), ...targets, ...ignored]);
  const inputs = new Float32Array(rows.length * features);
  const details: ErrorDetail[] = [];
  for (const [index, row] of rows.entries()) {
    if (details.length >= MOST_DETAILS) break;
    const place = `${path}[${index}]`;
    if (!isObject(row)) {
      details.push({
        path: place,
        message: `must be an object, but is ${brief(row)}`,
        expected: 'values by the names of columns',
      });
      continue;
    }
    for (const name of Object.keys(row)) if (!known.has(name)) details.push(unknownColumn(place, name, columns));
    let offset = index * features;
    for (const column of columns) {
      const problem = writeColumn(column, row[column.name], inputs, offset);
      if (problem) details.push({ path: `${place}.${column.name}`, ...problem });
      offset += inputsOf(column);
    }
  }
  if (details.length > 0) throw invalid(details.slice(0, MOST_DETAILS));
  return inputs;
}

type Problem = Omit<ErrorDetail, 'path'>;

function writeColumn(column: PreparedColumn, given: unknown, inputs: Float32Array, offset: number): Problem | null {
  const { width, fill, hasIndicator } = column;
  const values = width === 1 ? [given] : listOf(given);
  if (values !== null && values.length !== width)
    return { message: `has ${values.length} values`, expected: `a list of ${width} values` };
  if (values === null && given !== undefined && given !== null)
    return {
      message: `must be a list of ${width} values, but is ${brief(given)}`,
      expected: `a list of ${width} values`,
    };

  const size = encodedSize(column);
  let isMissing = false;
  for (let k = 0; k < width; k++) {
    const value = readValue(column, values?.[k]);
    if (typeof value === 'object') return value;
    encode(column, value, inputs, offset + k * size);
    isMissing ||= Number.isNaN(value);
  }
  if (isMissing && fill === undefined)
    return {
      message: 'is missing, and rows without it were left out of the training',
      expected: describe(column),
    };
  for (let k = 0; k < valueInputs(column); k++) if (Number.isNaN(inputs[offset + k])) inputs[offset + k] = fill![k]!;
  if (hasIndicator) inputs[offset + valueInputs(column)] = isMissing ? 1 : 0;
  return null;
}

/** An image may come as rows of pixels. */
const listOf = (given: unknown): unknown[] | null => (Array.isArray(given) ? (given.flat(3) as unknown[]) : null);

/** What `encode` takes; NaN for a missing value. */
function readValue(column: PreparedColumn, given: unknown): number | Problem {
  if (given === undefined || given === null) return NaN;
  const { kind, categories = [] } = column;
  switch (kind) {
    case 'numeric':
      if (typeof given === 'number' && Number.isFinite(Math.fround(given))) return given;
      break;
    case 'boolean':
      if (typeof given === 'boolean') return Number(given);
      if (given === 0 || given === 1) return given;
      if (typeof given === 'string' && categories.includes(given)) return categories.indexOf(given);
      break;
    case 'categorical': {
      const isName = typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean';
      const index = isName ? categories.indexOf(String(given)) : -1;
      const other = isName && String(given) !== '' ? categories.indexOf(OTHER_CATEGORY) : -1;
      if (index >= 0 || other >= 0) return index >= 0 ? index : other;
      break;
    }
    case 'date': {
      const moment = typeof given === 'string' ? Date.parse(given) : given;
      if (typeof moment === 'number' && Number.isFinite(moment)) return moment;
    }
  }
  const expected = describe(column);
  return { message: `must be ${expected}, but is ${brief(given)}`, expected };
}

function describe({ kind, categories = [], width }: PreparedColumn): string {
  if (width > 1) return `a list of ${width} values`;
  switch (kind) {
    case 'numeric':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'date':
      return 'a date, such as 2026-01-31 or 2026-01-31T18:30:00Z';
    case 'categorical':
      return `one of ${list(categories)}`;
  }
}

const unknownColumn = (place: string, name: string, columns: readonly PreparedColumn[]): ErrorDetail => ({
  path: `${place}.${name.slice(0, 100)}`,
  message: 'is not a column of the data set',
  expected: `columns ${list(columns.map((column) => column.name))}`,
});

const list = (names: readonly string[]): string =>
  names.length > MOST_LISTED
    ? `${names.slice(0, MOST_LISTED).join(', ')} and ${names.length - MOST_LISTED} more`
    : names.join(', ');

const invalid = (details: ErrorDetail[]): RelumineError =>
  new RelumineError('INVALID_REQUEST', `The request is not valid: ${nameFirst(details)}`, { details });
