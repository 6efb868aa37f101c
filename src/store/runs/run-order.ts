/** How a list of runs is sorted, and the cursors of its pages. Runs without the value come last in both directions. */
import { RelumineError } from '../../errors.ts';
import { readRunField, readTime, type RunField } from '../../vocabulary/index.ts';
import { cleanText } from '../postgres/text.ts';
import { expressionsOf, type Bind } from './run-expressions.ts';
import { sortedTableOf, type SortedTable } from './run-figures.ts';

export type SortValue = string | number | null;

/** One thing that the list is sorted by. */
interface SortColumn {
  sql: string;
  type: 'float8' | 'text collate "C"' | 'timestamptz';
  canBeMissing: boolean;
}

export interface Order {
  /** As in a cursor: a cursor fits one order only. */
  text: string;
  columns: SortColumn[];
  isDescending: boolean;
  needsSpec: boolean;
  /** Where the runs that have the value are in this order. */
  sorted: SortedTable | null;
}

/** `createdAt`, `-summary.valLoss`, `spec.training.optimizer.learningRate:desc`. Throws INVALID_REQUEST. */
export function readOrder(given: string, bind: Bind): Order {
  const [, minus = '', path = '', direction] = /^(-?)(.*?)(?::(asc|desc))?$/s.exec(given) ?? [];
  const found = readRunField(path);
  if ('problem' in found) throw wrongOrder(path, found.problem.message, found.problem.suggestion);
  const { field } = found;
  if (minus !== '' && direction !== undefined)
    throw wrongOrder(path, 'has two directions', `${field.path}:${direction}`);
  const isDescending = minus !== '' || direction === 'desc';
  const expressions = expressionsOf(field, bind);
  const columns = columnsOf(field, expressions);
  if (columns.length === 0) throw wrongOrder(path, `${field.path} has no order`);
  return {
    text: `${isDescending ? '-' : ''}${field.path}`,
    columns,
    isDescending,
    needsSpec: expressions.needsSpec,
    sorted: sortedTableOf(field),
  };
}

/** Numbers come before texts where a field has both. */
function columnsOf(field: RunField, { number, text, boolean, time }: ReturnType<typeof expressionsOf>): SortColumn[] {
  if (time !== undefined) return [{ sql: time, type: 'timestamptz', canBeMissing: field.path !== 'createdAt' }];
  const columns: SortColumn[] = [];
  if (number !== undefined) columns.push({ sql: number, type: 'float8', canBeMissing: true });
  if (boolean !== undefined) columns.push({ sql: `${boolean}::int::float8`, type: 'float8', canBeMissing: true });
  if (text !== undefined) columns.push({ sql: text, type: 'text collate "C"', canBeMissing: true });
  return columns;
}

/** The values by which a page is found, as columns of it. */
export const sortKeys = ({ columns }: Order): string => columns.map(({ sql }, i) => `, ${sql} as ${keyOf(i)}`).join('');

/** `order by` of the query that finds a page, and of the page itself. */
export const withinOrder = (order: Order): string => sorted(order, ({ sql }) => sql);
export const pageOrder = (order: Order): string => sorted(order, (_, i) => `page.${keyOf(i)}`);

/** What the list selects beside each run of a page, for the cursor behind it. */
export const sortValues = ({ columns }: Order): string =>
  `json_build_array(${columns.map(({ type }, i) => (type === 'timestamptz' ? `to_char(page.${keyOf(i)} at time zone 'UTC', '${TIME_FORMAT}')` : `page.${keyOf(i)}`)).join(', ')})`;

const keyOf = (i: number): string => `sort_key${i}`;

function sorted({ columns, isDescending }: Order, valueOf: (column: SortColumn, i: number) => string): string {
  const direction = isDescending ? 'desc' : 'asc';
  const keys = columns.map((column, i) => {
    const collation = column.type === 'text collate "C"' ? ' collate "C"' : '';
    return `${valueOf(column, i)}${collation} ${direction}${column.canBeMissing ? ' nulls last' : ''}`;
  });
  return [...keys, `runs.id ${direction}`].join(', ');
}

/** Independent of the session's time zone. */
const TIME_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

/** The runs after the cursor. */
export function behind(cursor: string, order: Order, bind: Bind): string {
  const { values, id } = parseCursor(cursor, order);
  const beyond = order.isDescending ? '<' : '>';
  const conditions: string[] = [];
  // Runs that equal the cursor's in the columns so far.
  const same: string[] = [];
  for (const [i, { sql, type, canBeMissing }] of order.columns.entries()) {
    const value = values[i] ?? null;
    if (value === null) {
      same.push(`${sql} is null`);
      continue;
    }
    const at = `${bind(value)}::${type}`;
    const further = `${sql} ${beyond} ${at}`;
    conditions.push([...same, canBeMissing ? `(${further} or ${sql} is null)` : further].join(' and '));
    same.push(`${sql} = ${at}`);
  }
  conditions.push([...same, `runs.id ${beyond} ${bind(id)}`].join(' and '));
  return `(${conditions.map((condition) => `(${condition})`).join(' or ')})`;
}

export const cursorOf = ({ text }: Order, { id, values }: { id: string; values: SortValue[] }): string =>
  Buffer.from(JSON.stringify([text, values, id])).toString('base64url');

/** The first value of the cursor, and its run. */
export function placeIn(cursor: string, order: Order): { value: SortValue; id: string } {
  const { values, id } = parseCursor(cursor, order);
  return { value: values[0] ?? null, id };
}

function parseCursor(text: string, order: Order): { values: SortValue[]; id: string } {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    throw Object.assign(wrongCursor('is not a cursor'), { cause });
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw wrongCursor('is not a cursor');
  const [ordered, values, id] = parts as unknown[];
  if (ordered !== order.text) throw wrongCursor('is a cursor for a list in a different order');
  const isFitting =
    Array.isArray(values) &&
    values.length === order.columns.length &&
    order.columns.every((column, i) => fits(column, (values as unknown[])[i]));
  if (!isFitting || typeof id !== 'string' || id !== cleanText(id)) throw wrongCursor('is not a cursor');
  return { values: values as SortValue[], id };
}

function fits({ type, canBeMissing }: SortColumn, value: unknown): boolean {
  if (value === null) return canBeMissing;
  if (type === 'float8') return typeof value === 'number';
  if (typeof value !== 'string' || value !== cleanText(value)) return false;
  // Exactly as a cursor has it.
  return type !== 'timestamptz' || readTime(value)?.toISOString() === value;
}

const wrongOrder = (path: string, message: string, suggestion?: string): RelumineError =>
  new RelumineError(
    'INVALID_REQUEST',
    `Runs cannot be sorted by ${JSON.stringify(path.slice(0, 100))}: ${message}.${suggestion === undefined ? '' : ` Did you mean ${suggestion}?`}`,
    {
      details: [
        {
          path: 'orderBy',
          message,
          expected:
            'a field, such as createdAt, summary.valLoss or spec.training.epochs, with - in front for descending order',
        },
      ],
    },
  );

const wrongCursor = (message: string): RelumineError =>
  new RelumineError('INVALID_REQUEST', `The parameter "after" ${message}.`, {
    details: [{ path: 'after', message, expected: 'the nextCursor of a page of the same query' }],
  });
