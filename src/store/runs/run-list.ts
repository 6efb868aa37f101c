/**
 * The list of runs: filters, sorting and pages. Pages use a cursor instead of an offset, so new runs do not shift them.
 */
import { RelumineError } from '../../errors.ts';
import { describeProblem, isFinal, parseFilter, RUN_STATUSES } from '../../vocabulary/index.ts';
import { formsOf, type Folding } from '../postgres/folding.ts';
import { cleanText } from '../postgres/text.ts';
import type { RunQuery, RunSelection } from '../store.ts';
import type { Bind } from './run-expressions.ts';
import { conditionOf, containing } from './run-filter.ts';
import {
  behind,
  cursorOf,
  pageOrder,
  placeIn,
  readOrder,
  sortKeys,
  sortValues,
  withinOrder,
  type Order,
} from './run-order.ts';
import type { SortedTable } from './run-figures.ts';
import { RUN_COLUMNS } from './run-row.ts';

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

/** Throws INVALID_REQUEST for a wrong filter, order or cursor. */
export function listStatement(query: RunQuery, folding: Folding): ListStatement {
  const selection = new Selection(query, folding);
  const order = readOrder(query.orderBy ?? '-createdAt', selection.bind);
  const cursor = (row: SortedRow): string => cursorOf(order, { id: row.id, values: row.sortValues });
  if (order.sorted) {
    const place = query.after === undefined ? null : placeIn(query.after, order);
    const rest = missingStatement(query, order, folding, place?.value === null ? place.id : null);
    return place?.value === null
      ? { ...rest, cursorOf: cursor, rest: null }
      : { ...presentStatement(query, order, order.sorted, folding), cursorOf: cursor, rest };
  }
  if (order.needsSpec) selection.useSpec();
  if (query.after !== undefined) selection.conditions.push(behind(query.after, order, selection.bind));
  const page = `select runs.id as page_id${sortKeys(order)} from ${selection.tables} ${selection.where}
    order by ${withinOrder(order)} limit ${selection.bind(query.limit + 1)}`;
  return { ...wholeRuns(page, order, selection), cursorOf: cursor, rest: null };
}

/** The page is found by narrow rows, and only its own runs are read whole. */
const wholeRuns = (page: string, order: Order, { values }: Selection): Statement => ({
  sql: `select ${RUN_COLUMNS}, ${sortValues(order)} as "sortValues" from (${page}) as page
    join runs on runs.id = page.page_id order by ${pageOrder(order)}`,
  values,
});

/** Runs that have the value, read in its order. Those that have not ended are few, and are sorted. */
function presentStatement(
  query: RunQuery,
  order: Order,
  { table, column, isOfEnded }: SortedTable,
  folding: Folding,
): Statement {
  const selection = new Selection(query, folding);
  const { sql, type } = order.columns[0]!;
  const key = column === null ? sql : `run_figures.${column}`;
  const direction = order.isDescending ? 'desc' : 'asc';
  const collation = type.startsWith('text') ? ' collate "C"' : '';
  const limit = selection.bind(query.limit + 1);
  const place = query.after === undefined ? null : placeIn(query.after, order);
  const at = place && [selection.bind(place.value), selection.bind(place.id)];
  const found = (tables: string, value: string, id: string, more: readonly string[]): string => {
    const conditions = [...selection.conditions, `${value} is not null`, ...more];
    if (at)
      conditions.push(`(${value}${collation}, ${id}) ${order.isDescending ? '<' : '>'} (${at[0]}::${type}, ${at[1]})`);
    return `select ${id} as page_id, ${value} as sort_key0 from ${tables} where ${conditions.join(' and ')}
      order by ${value}${collation} ${direction}, ${id} ${direction} limit ${limit}`;
  };
  const specs =
    selection.needsSpec && table !== 'run_specs' ? ' left join run_specs on run_specs.run_id = runs.id' : '';
  const parts = [found(`${table} join runs on runs.id = ${table}.run_id${specs}`, key, `${table}.run_id`, [])];
  if (isOfEnded) parts.push(found(`runs${specs}`, sql, 'runs.id', [`runs.status in (${UNFINISHED})`]));
  const page =
    parts.length === 1
      ? parts[0]!
      : `${parts.map((part) => `(${part})`).join(' union all ')} order by sort_key0 ${direction}, page_id ${direction} limit ${limit}`;
  return wholeRuns(page, order, selection);
}

/** Runs that do not have the value, in order of their ids, behind one of them if that is given. */
function missingStatement(query: RunQuery, order: Order, folding: Folding, after: string | null): Statement {
  const selection = new Selection(query, folding);
  if (order.needsSpec) selection.useSpec();
  const direction = order.isDescending ? 'desc' : 'asc';
  selection.conditions.push(`${order.columns[0]!.sql} is null`);
  if (after !== null) selection.conditions.push(`runs.id ${order.isDescending ? '<' : '>'} ${selection.bind(after)}`);
  return wholeRuns(
    `select runs.id as page_id${sortKeys(order)} from ${selection.tables} ${selection.where}
      order by runs.id ${direction} limit ${selection.bind(query.limit + 1)}`,
    order,
    selection,
  );
}

const UNFINISHED = RUN_STATUSES.filter((status) => !isFinal(status))
  .map((status) => `'${status}'`)
  .join(', ');

/** Which runs: conditions over `runs`, and over `run_specs` where a condition needs it. */
export class Selection {
  readonly values: unknown[] = [];
  readonly bind: Bind = (value) => `$${this.values.push(value)}`;
  readonly conditions: string[] = [];
  #needsSpec = false;

  constructor(query: RunSelection, folding: Folding) {
    this.#select(query, folding);
  }

  readonly useSpec = (): void => {
    this.#needsSpec = true;
  };

  get needsSpec(): boolean {
    return this.#needsSpec;
  }
  get tables(): string {
    return this.#needsSpec ? 'runs left join run_specs on run_specs.run_id = runs.id' : 'runs';
  }
  get where(): string {
    return this.conditions.length > 0 ? `where ${this.conditions.join(' and ')}` : '';
  }

  #select(
    { sight = null, ids, createdBy, status, experiment, tag, parent, trials, q, filter }: RunSelection,
    folding: Folding,
  ): void {
    const { bind, conditions } = this;
    // With one project its runs are read in their order from the index.
    if (sight?.length === 1) conditions.push(`project_id = ${bind(sight[0])}`);
    else if (sight) conditions.push(`project_id = any(${bind(sight)}::text[])`);
    if (ids) conditions.push(`runs.id = any(${bind(ids)}::text[])`);
    if (createdBy !== undefined) conditions.push(`created_by = ${bind(cleanText(createdBy))}`);
    if (status) conditions.push(`status = any(${bind(status)}::run_status[])`);
    if (experiment !== undefined) conditions.push(`experiment = any(${bind(formsOf(cleanText(experiment)))})`);
    if (tag !== undefined) conditions.push(`tags && ${bind(formsOf(cleanText(tag)))}`);
    if (parent !== undefined) conditions.push(`parent_id = ${bind(cleanText(parent))}`);
    else if (trials !== 'include') conditions.push('trials_id is null');
    if (q) conditions.push(this.#found(q, folding));
    if (filter !== undefined && filter.trim() !== '') {
      const parsed = parseFilter(filter);
      if ('problem' in parsed) {
        const message = describeProblem(parsed.problem);
        throw new RelumineError('INVALID_REQUEST', `The filter is not valid: ${message}`, {
          details: [{ path: 'filter', message, expected: parsed.problem.expected }],
        });
      }
      conditions.push(conditionOf(parsed.filter, { bind, folding, useSpec: this.useSpec }));
    }
  }

  /** A number is found as a whole, so that 1 does not find every run with a 10 or a 0.01 in it. */
  #found(q: string, folding: Folding): string {
    this.useSpec();
    const pattern = folding(`${this.bind(containing(q))}::text`);
    const matches = (column: string) => `${folding(column)} like ${pattern}`;
    const isNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?$/i.test(q.trim());
    const inSpec = isNumber
      ? `trim_scale(${this.bind(q.trim())}::numeric)::text = any(string_to_array(words, ' '))`
      : matches('words');
    return `(${matches('name')} or ${matches('notes')} or ${matches('experiment')} or ${inSpec} or exists (select from unnest(tags) tag where ${matches('tag')}))`;
  }
}
