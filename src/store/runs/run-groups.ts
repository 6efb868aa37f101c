/** Groups of runs that agree in some fields, with statistics of their summaries. */
import { RelumineError } from '../../errors.ts';
import {
  MOST_GROUP_FIELDS,
  readRunField,
  SUMMARY_KEYS,
  type RunField,
  type RunGroup,
  type RunGroups,
  type Statistics,
  type SummaryKey,
} from '../../vocabulary/index.ts';
import { bindings, type Bind } from '../postgres/bindings.ts';
import type { Folding } from '../postgres/folding.ts';
import type { GroupQuery } from '../store.ts';
import { expressionsOf, type Part } from './run-expressions.ts';
import { readSelection, Selection, type Chosen } from './run-selection.ts';

/** Of a figure: how many, their mean, their variance (null for a single one), minimum and maximum. */
export type Moments = [n: number, mean: number, variance: number | null, min: number, max: number];
export interface GroupRow {
  count: number;
  names: unknown[];
  /** In the order of the keys; of what no run of the group has, `n` is 0 and the others are null. */
  figures: Moments[];
}

/** What is grouped by what. */
export interface Grouping {
  fields: readonly RunField[];
  keys: readonly SummaryKey[];
  chosen: Chosen;
  folding: Folding;
}

/** Throws INVALID_REQUEST for a wrong field or filter. */
export const readGrouping = (query: GroupQuery, folding: Folding, narrowed: readonly string[] | null): Grouping => ({
  fields: readFields(query.by),
  keys: query.keys ?? SUMMARY_KEYS,
  chosen: readSelection(query, narrowed),
  folding,
});

/** Statement for the groups of a part of the runs. `more`: a condition on them. `order by` and `limit` may follow. */
export function groupsOf({ fields, keys, chosen, folding }: Grouping, part: Part, bind: Bind, more?: string): string {
  const selection = new Selection(chosen, { bind, folding, part });
  if (more !== undefined) selection.conditions.push(more);
  const names = fields.map((field, i) => {
    const { json, needsSpec } = expressionsOf(field, bind, part);
    if (needsSpec) selection.useSpec();
    return `${json} as name${i}`;
  });
  // "offset 0" keeps the planner from reading each value anew for each of its statistics.
  const figures = keys.map((key, i) => {
    const { number } = expressionsOf({ path: `summary.${key}`, keys: ['summary', key], type: 'number' }, bind, part);
    return `${number} as figure${i}`;
  });
  const moments = keys.map(
    (_, i) =>
      `array[count(figure${i})::float8, avg(figure${i}), var_samp(figure${i}), min(figure${i}), max(figure${i})]`,
  );
  return `select count(*)::int as count, jsonb_build_array(${nameList(fields)}) as names, array[${moments.join(', ')}]::float8[][] as figures
    from (select ${[...names, ...figures].join(', ')} from ${selection.tables} ${selection.where} offset 0) as chosen group by ${nameList(fields)}`;
}

/** The largest groups of all runs. */
export function largestGroups(grouping: Grouping, limit: number): { sql: string; values: unknown[] } {
  const { values, bind } = bindings();
  const sql = `${groupsOf(grouping, 'all', bind)} order by count(*) desc, ${nameList(grouping.fields)} limit ${bind(limit + 1)}`;
  return { sql, values };
}

const nameList = (fields: readonly RunField[]): string => fields.map((_, i) => `name${i}`).join(', ');

/** `rows` may be more than the limit: then there are more groups. */
export const toGroups = (rows: readonly GroupRow[], { fields, keys }: Grouping, limit: number): RunGroups => ({
  object: 'runGroups',
  by: fields.map(({ path }) => path),
  data: rows.slice(0, limit).map((row) => toGroup(row, fields, keys)),
  hasMore: rows.length > limit,
});

const toGroup = (
  { count, names, figures }: GroupRow,
  fields: readonly RunField[],
  keys: readonly SummaryKey[],
): RunGroup => ({
  by: Object.fromEntries(fields.map(({ path }, i) => [path, names[i] ?? null])),
  count,
  summary: Object.fromEntries(
    keys.flatMap((key, i) => {
      const known = toStatistics(figures[i]);
      return known ? [[key, known]] : [];
    }),
  ),
});

function toStatistics(moments: Moments | undefined): Statistics | null {
  if (!moments) return null;
  const [n, mean, variance, min, max] = moments;
  // The sum of huge values may not be finite, where they are.
  if (n === 0 || !Number.isFinite(mean)) return null;
  const std = variance === null ? NaN : Math.sqrt(variance);
  return { n, mean, std: Number.isFinite(std) ? std : null, min, max };
}

function readFields(paths: readonly string[]): RunField[] {
  const fields = paths.map((path) => {
    const found = readRunField(path);
    if ('field' in found) return found.field;
    const { message, expected, suggestion } = found.problem;
    const meant = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
    throw wrong(
      `Runs cannot be grouped by ${JSON.stringify(path.slice(0, 100))}: ${message}.${meant}`,
      message,
      expected,
    );
  });
  const distinct = new Set(fields.map(({ path }) => path)).size;
  if (fields.length === 0 || fields.length > MOST_GROUP_FIELDS || distinct < fields.length) {
    const expected = `1 to ${MOST_GROUP_FIELDS} different fields, separated by commas`;
    throw wrong(`The parameter "by" takes ${expected}.`, 'has the wrong number of fields', expected);
  }
  return fields;
}

const wrong = (sentence: string, message: string, expected: string): RelumineError =>
  new RelumineError('INVALID_REQUEST', sentence, { details: [{ path: 'by', message, expected }] });
