/**
 * The list of runs: filters, sorting and pages. Pages use a cursor instead of an offset, so new runs do not shift them.
 */
import { isFinal, RUN_STATUSES } from '../../vocabulary/index.ts';
import { bindings, type Bind } from '../postgres/bindings.ts';
import type { Folding } from '../postgres/folding.ts';
import type { RunQuery } from '../store.ts';
import { expressionsOf, type Part } from './run-expressions.ts';
import { figureColumnOf, isSortedSpec } from './run-figures.ts';
import {
  behind,
  columnsOf,
  cursorOf,
  pageOrder,
  readOrder,
  readPlace,
  sortKeys,
  sortValues,
  withinOrder,
  type Order,
  type Place,
  type SortColumn,
} from './run-order.ts';
import { RUN_COLUMNS } from './run-row.ts';
import { partsOf, readSelection, Selection, type Chosen } from './run-selection.ts';

export type SortedRow = { id: string; sortValues: (string | number | null)[] };
export interface Statement {
  sql: string;
  values: unknown[];
}
export interface ListStatement extends Statement {
  cursorOf: (row: SortedRow) => string;
  /** What continues a page that is not full yet. */
  rest: Statement | null;
}

const DEFAULT_ORDER = '-createdAt';
/** Runs of one label or project are in this order in an index. */
export const isInOrderOfLabels = ({ orderBy = DEFAULT_ORDER }: RunQuery): boolean => /^-?createdAt(:|$)/.test(orderBy);

/**
 * `narrowed`: the runs that the list is among, if they are few. Throws INVALID_REQUEST for a wrong filter, order or
 * cursor.
 */
export function listStatement(
  query: RunQuery,
  folding: Folding,
  narrowed: readonly string[] | null = null,
): ListStatement {
  const chosen = readSelection(query, narrowed);
  const order = readOrder(query.orderBy ?? DEFAULT_ORDER);
  const place = query.after === undefined ? null : readPlace(query.after, order);
  const cursor = (row: SortedRow): string => cursorOf(order, { id: row.id, values: row.sortValues });
  const list = { chosen, order, limit: query.limit, folding };
  if (order.field.path === 'status') return { ...byStatus(list, place), cursorOf: cursor, rest: null };
  const isFigure = figureColumnOf(order.field) !== null;
  const parts = partsOf(chosen, isFigure);
  if (!isFigure && !isSortedSpec(order.field))
    return { ...pageOf(list, branchesOf(parts, { place })), cursorOf: cursor, rest: null };
  // Runs that have the value, and then those that do not, each in the order of an index.
  const isBehindPresent = place !== null && place.values[0] === null;
  const rest = pageOf(list, branchesOf(parts, { place: isBehindPresent ? place : null, having: 'missing' }));
  return isBehindPresent
    ? { ...rest, cursorOf: cursor, rest: null }
    : { ...pageOf(list, branchesOf(parts, { place, having: 'present' })), cursorOf: cursor, rest };
}

interface List {
  chosen: Chosen;
  order: Order;
  limit: number;
  folding: Folding;
}

/** Some of the runs in the order of the list. */
interface Branch {
  part: Part;
  place: Place | null;
  /** Only runs that have the value by which they are sorted, or only those that do not. */
  having?: 'present' | 'missing';
  more?: string;
}

const branchesOf = (parts: readonly Part[], branch: Omit<Branch, 'part'>): Branch[] =>
  parts.map((part) => ({ part, ...branch }));

/** A status has few values: the runs of each are read in the order of their ids. */
function byStatus(list: List, place: Place | null): Statement {
  const { chosen, order } = list;
  const isSplit = partsOf(chosen, false).length > 1;
  const branches = RUN_STATUSES.filter((status) => !chosen.status || chosen.status.includes(status))
    .filter(
      (status) =>
        !place || (order.isDescending ? status <= String(place.values[0]) : status >= String(place.values[0])),
    )
    .map((status): Branch => {
      const part = isSplit ? (isFinal(status) ? 'ended' : 'unfinished') : 'all';
      return { part, place: status === place?.values[0] ? place : null, more: `runs.status = '${status}'` };
    });
  return pageOf(list, branches);
}

/** The page is found by narrow rows, and only its own runs are read whole. */
function pageOf(list: List, branches: readonly Branch[]): Statement {
  const { order, limit } = list;
  const { values, bind } = bindings();
  const bound = bind(limit + 1);
  const found = branches.map((branch) => `${branchSql(list, branch, bind)} limit ${bound}`);
  const page =
    found.length === 1
      ? found[0]!
      : `select * from (${found.map((each) => `(${each})`).join(' union all ') || nothing(order)}) as found order by ${pageOrder(order)} limit ${bound}`;
  return {
    sql: `select ${RUN_COLUMNS}, ${sortValues(order)} as "sortValues" from (${page}) as page
    join runs on runs.id = page.page_id order by ${pageOrder(order)}`,
    values,
  };
}

const nothing = ({ columns }: Order): string =>
  `select null::text as page_id${sortKeys(columns.map((column) => ({ ...column, sql: `null::${column.type}` })))} limit 0`;

function branchSql({ chosen, order, folding }: List, { part, place, having, more }: Branch, bind: Bind): string {
  const { field, isDescending } = order;
  const selection = new Selection(chosen, { bind, folding, part });
  const expressions = expressionsOf(field, bind, part);
  if (expressions.needsSpec) selection.useSpec();
  if (more !== undefined) selection.conditions.push(more);
  const columns = columnsOf(expressions);
  const id = idOf(order, part);
  if (having) selection.conditions.push(`${columns[0]!.sql} is ${having === 'present' ? 'not ' : ''}null`);
  // What all runs have in common is left out: an index in the order of the others is in the order of all.
  const sorting: SortColumn[] =
    having === 'missing' || more !== undefined
      ? []
      : columns.map((column) => (having === 'present' ? { ...column, canBeMissing: false } : column));
  if (place) selection.conditions.push(behind(place, sorting, id, isDescending, bind));
  // Said of both tables, or the other one is read from its end.
  if (place && sorting.length === 0 && id !== 'runs.id')
    selection.conditions.push(behind(place, sorting, 'runs.id', isDescending, bind));
  return `select ${id} as page_id${sortKeys(columns)} from ${selection.tables} ${selection.where} order by ${withinOrder(sorting, id, isDescending)}`;
}

/** Of the table whose index is in the order of the list. */
function idOf({ field }: Order, part: Part): string {
  if (part === 'ended' && figureColumnOf(field) !== null) return 'run_figures.run_id';
  return isSortedSpec(field) ? 'run_specs.run_id' : 'runs.id';
}
