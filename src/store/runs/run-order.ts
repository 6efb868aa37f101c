/** How a list of runs is sorted, and the cursors of its pages. Runs without the value come last in both directions. */
import { RelumineError } from '../../errors.ts';
import { readRunField, readTime, type RunField } from '../../vocabulary/index.ts';
import type { Bind } from '../postgres/bindings.ts';
import { cleanText } from '../postgres/text.ts';
import { expressionsOf, type Expressions } from './run-expressions.ts';

export type SortValue = string | number | null;

/** One thing that the list is sorted by. */
export interface SortColumn {
  sql: string;
  type: 'float8' | 'text collate "C"' | 'timestamptz';
  canBeMissing: boolean;
}

export interface Order {
  /** As in a cursor: a cursor fits one order only. */
  text: string;
  field: RunField;
  isDescending: boolean;
  /** The types of what it is sorted by, the same in every part. */
  columns: readonly Omit<SortColumn, 'sql'>[];
}

/** `createdAt`, `-summary.valLoss`, `spec.training.optimizer.learningRate:desc`. Throws INVALID_REQUEST. */
export function readOrder(given: string): Order {
  const [, minus = '', path = '', direction] = /^(-?)(.*?)(?::(asc|desc))?$/s.exec(given) ?? [];
  const found = readRunField(path);
  if ('problem' in found) throw wrongOrder(path, found.problem.message, found.problem.suggestion);
  const { field } = found;
  if (minus !== '' && direction !== undefined)
    throw wrongOrder(path, 'has two directions', `${field.path}:${direction}`);
  const isDescending = minus !== '' || direction === 'desc';
  const columns = columnsOf(expressionsOf(field, () => '', 'all'));
  if (columns.length === 0) throw wrongOrder(path, `${field.path} has no order`);
  return { text: `${isDescending ? '-' : ''}${field.path}`, field, isDescending, columns };
}

/** Numbers come before texts where a field has both. */
export function columnsOf({
  missing,
  number,
  text,
  boolean,
  time,
}: Pick<Expressions, 'missing' | 'number' | 'text' | 'boolean' | 'time'>): SortColumn[] {
  const canBeMissing = missing !== 'false';
  if (time !== undefined) return [{ sql: time, type: 'timestamptz', canBeMissing }];
  const columns: SortColumn[] = [];
  if (number !== undefined) columns.push({ sql: number, type: 'float8', canBeMissing });
  if (boolean !== undefined) columns.push({ sql: `${boolean}::int::float8`, type: 'float8', canBeMissing });
  if (text !== undefined) columns.push({ sql: text, type: 'text collate "C"', canBeMissing });
  return columns;
}

/** The values by which a page is found, as columns of it. */
export const sortKeys = (columns: readonly SortColumn[]): string =>
  columns.map(({ sql }, i) => `, ${sql} as ${keyOf(i)}`).join('');

/** `order by` of the query that finds a page; `id`: the run's. */
export const withinOrder = (columns: readonly SortColumn[], id: string, isDescending: boolean): string =>
  sorted(columns, isDescending, id, (i) => columns[i]!.sql);
/** The same of several such queries together, and of the page itself. */
export const pageOrder = ({ columns, isDescending }: Order): string => sorted(columns, isDescending, 'page_id', keyOf);

/** What the list selects beside each run of a page, for the cursor behind it. */
export const sortValues = ({ columns }: Order): string =>
  `json_build_array(${columns.map(({ type }, i) => (type === 'timestamptz' ? `to_char(page.${keyOf(i)} at time zone 'UTC', '${TIME_FORMAT}')` : `page.${keyOf(i)}`)).join(', ')})`;

const keyOf = (i: number): string => `sort_key${i}`;

function sorted(columns: Order['columns'], isDescending: boolean, id: string, valueOf: (i: number) => string): string {
  const direction = isDescending ? 'desc' : 'asc';
  const keys = columns.map(
    ({ type, canBeMissing }, i) => `${valueOf(i)}${collationOf(type)} ${direction}${canBeMissing ? ' nulls last' : ''}`,
  );
  return [...keys, `${id} ${direction}`].join(', ');
}

const collationOf = (type: SortColumn['type']): string => (type === 'text collate "C"' ? ' collate "C"' : '');

/** Independent of the session's time zone. */
const TIME_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

/** A run, and its values in the order of the list. */
export interface Place {
  values: readonly SortValue[];
  id: string;
}

/** The runs behind a place; `id`: theirs. */
export function behind(
  place: Place,
  columns: readonly SortColumn[],
  id: string,
  isDescending: boolean,
  bind: Bind,
): string {
  const beyond = isDescending ? '<' : '>';
  const [first, ...rest] = columns;
  // As an index over both has them.
  if (first && rest.length === 0 && !first.canBeMissing)
    return `(${first.sql}${collationOf(first.type)}, ${id}) ${beyond} (${bind(place.values[0])}::${first.type}, ${bind(place.id)}::text)`;
  const conditions: string[] = [];
  // Runs that equal the one at the place in the columns so far.
  const same: string[] = [];
  for (const [i, { sql, type, canBeMissing }] of columns.entries()) {
    const value = place.values[i] ?? null;
    if (value === null) {
      same.push(`${sql} is null`);
      continue;
    }
    const at = `${bind(value)}::${type}`;
    const further = `${sql} ${beyond} ${at}`;
    conditions.push([...same, canBeMissing ? `(${further} or ${sql} is null)` : further].join(' and '));
    same.push(`${sql} = ${at}`);
  }
  conditions.push([...same, `${id} ${beyond} ${bind(place.id)}`].join(' and '));
  return `(${conditions.map((condition) => `(${condition})`).join(' or ')})`;
}

export const cursorOf = ({ text }: Order, { id, values }: { id: string; values: SortValue[] }): string =>
  Buffer.from(JSON.stringify([text, values, id])).toString('base64url');

/** Throws INVALID_REQUEST for what is not the cursor of a list in this order. */
export function readPlace(text: string, order: Order): Place {
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

function fits({ type, canBeMissing }: Order['columns'][number], value: unknown): boolean {
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
