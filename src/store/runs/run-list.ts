/**
 * The list of runs: filters, sorting and pages. Pages use a cursor instead of an offset, so new runs do not shift them.
 */
import { RelumineError } from '../../errors.ts';
import { describeProblem, parseFilter } from '../../vocabulary/index.ts';
import { formsOf, type Folding } from '../postgres/folding.ts';
import { cleanText } from '../postgres/text.ts';
import type { RunQuery, RunSelection } from '../store.ts';
import type { Bind } from './run-expressions.ts';
import { conditionOf, containing } from './run-filter.ts';
import { behind, cursorOf, pageOrder, readOrder, sortKeys, sortValues, withinOrder } from './run-order.ts';
import { RUN_COLUMNS } from './run-row.ts';

export type SortedRow = { id: string; sortValues: (string | number | null)[] };
export interface ListStatement {
  sql: string;
  values: unknown[];
  cursorOf(row: SortedRow): string;
}

/** Throws INVALID_REQUEST for a wrong filter, order or cursor. */
export function listStatement(query: RunQuery, folding: Folding): ListStatement {
  const selection = new Selection(query, folding);
  const order = readOrder(query.orderBy ?? '-createdAt', selection.bind);
  if (order.needsSpec) selection.useSpec();
  if (query.after !== undefined) selection.conditions.push(behind(query.after, order, selection.bind));
  // The page is found by narrow rows, and only its own runs are read whole.
  return {
    sql: `select ${RUN_COLUMNS}, ${sortValues(order)} as "sortValues" from (
        select runs.id as page_id${sortKeys(order)} from ${selection.tables} ${selection.where}
        order by ${withinOrder(order)} limit ${selection.bind(query.limit + 1)}) as page
      join runs on runs.id = page.page_id order by ${pageOrder(order)}`,
    values: selection.values,
    cursorOf: ({ id, sortValues: values }) => cursorOf(order, { id, values }),
  };
}

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
