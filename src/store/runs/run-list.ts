/**
 * The list of runs: filters, sorting and pages. Pages use a cursor instead of an offset, so new runs do not shift them.
 */
import { RelumineError } from '../../errors.ts';
import { SUMMARY_KEYS } from '../../vocabulary/index.ts';
import { RUN_COLUMNS } from './run-row.ts';
import type { RunQuery } from '../store.ts';
import { formsOf, type Folding } from '../postgres/folding.ts';
import { cleanText } from '../postgres/text.ts';

interface Order {
  text: string;
  column: 'createdAt' | (typeof SUMMARY_KEYS)[number];
  isDescending: boolean;
}
/** The position of a page's last run: the value that the list is sorted by, and the id, which breaks ties. */
interface Cursor {
  value: string | number | null;
  id: string;
}

export interface ListStatement {
  sql: string;
  values: unknown[];
  cursorOf(row: { id: string; sortValue: Date | number | null }): string;
}

export function listStatement(query: RunQuery, folding: Folding): ListStatement {
  const order = parseOrder(query.orderBy ?? '-createdAt');
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions = filters(query, folding, bind);

  const isMetric = order.column !== 'createdAt';
  // The column comes from a closed list, never from the client's text.
  const column = isMetric ? `(summary->>'${order.column}')::float8` : 'created_at';
  if (query.after !== undefined) conditions.push(behind(parseCursor(query.after, order), column, order, bind));
  const direction = order.isDescending ? 'desc' : 'asc';
  const sql = `select ${RUN_COLUMNS}, ${column} as "sortValue" from runs ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
    order by ${column} ${direction}${isMetric ? ' nulls last' : ''}, id ${direction} limit ${bind(query.limit + 1)}`;
  return {
    sql,
    values,
    cursorOf: ({ id, sortValue }) =>
      encodeCursor(order, { id, value: sortValue instanceof Date ? sortValue.toISOString() : sortValue }),
  };
}

function filters(query: RunQuery, folding: Folding, bind: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  if (query.status) conditions.push(`status = any(${bind(query.status)}::run_status[])`);
  if (query.experiment !== undefined)
    conditions.push(`experiment = any(${bind(formsOf(cleanText(query.experiment)))})`);
  if (query.tag !== undefined) conditions.push(`tags && ${bind(formsOf(cleanText(query.tag)))}`);
  if (query.parent !== undefined) conditions.push(`parent_id = ${bind(cleanText(query.parent))}`);
  else if (query.trials !== 'include') conditions.push('trials_id is null');
  if (query.q) {
    const pattern = folding(`${bind(`%${cleanText(query.q).replace(/[\\%_]/g, '\\$&')}%`)}::text`);
    const matches = (column: string) => `${folding(column)} like ${pattern}`;
    conditions.push(
      `(${matches('name')} or ${matches('notes')} or ${matches('experiment')} or exists (select from unnest(tags) tag where ${matches('tag')}))`,
    );
  }
  return conditions;
}

/** The runs after the cursor. Runs without a value come last in both directions. */
function behind(
  { value, id }: Cursor,
  column: string,
  { isDescending }: Order,
  bind: (value: unknown) => string,
): string {
  const beyond = isDescending ? '<' : '>';
  const last = bind(id);
  if (value === null) return `(${column} is null and id ${beyond} ${last})`;
  const at = bind(value);
  if (column === 'created_at') return `(created_at, id) ${beyond} (${at}::timestamptz, ${last})`;
  return `(${column} ${beyond} ${at}::float8 or (${column} = ${at}::float8 and id ${beyond} ${last}) or ${column} is null)`;
}

function parseOrder(text: string): Order {
  const isDescending = text.startsWith('-');
  const column = text.slice(isDescending ? 1 : 0);
  const known = ['createdAt', ...SUMMARY_KEYS] as const;
  const found = known.find((name) => name === column);
  if (found) return { text, column: found, isDescending };
  const expected = `one of ${known.join(', ')}, with - in front for descending`;
  throw new RelumineError('INVALID_REQUEST', `Runs cannot be sorted by "${column}". Use ${expected}.`, {
    details: [{ path: 'orderBy', message: `cannot sort by "${column}"`, expected }],
  });
}

const encodeCursor = (order: Order, { value, id }: Cursor): string =>
  Buffer.from(JSON.stringify([order.text, value, id])).toString('base64url');

function parseCursor(text: string, order: Order): Cursor {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    throw Object.assign(wrongCursor('is not a cursor'), { cause });
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw wrongCursor('is not a cursor');
  const [ordered, value, id] = parts as unknown[];
  if (ordered !== order.text) throw wrongCursor('is a cursor for a list in a different order');
  const isValue =
    order.column === 'createdAt'
      ? typeof value === 'string' && !Number.isNaN(Date.parse(value))
      : value === null || typeof value === 'number';
  if (!isValue || typeof id !== 'string' || id !== cleanText(id)) throw wrongCursor('is not a cursor');
  return { value: value as string | number | null, id };
}

const wrongCursor = (message: string): RelumineError =>
  new RelumineError('INVALID_REQUEST', `The parameter "after" ${message}.`, {
    details: [{ path: 'after', message, expected: 'the nextCursor of a page of the same query' }],
  });
