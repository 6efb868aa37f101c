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
import type { Folding } from '../postgres/folding.ts';
import type { GroupQuery } from '../store.ts';
import { expressionsOf } from './run-expressions.ts';
import { readSelection, Selection } from './run-selection.ts';

type GroupRow = { count: number; names: unknown[]; figures: (number | null)[][] };

export interface GroupStatement {
  sql: string;
  values: unknown[];
  toGroups: (rows: GroupRow[]) => RunGroups;
}

/** Throws INVALID_REQUEST for a wrong field or filter. */
export function groupStatement(
  query: GroupQuery,
  folding: Folding,
  narrowed: readonly string[] | null = null,
): GroupStatement {
  const fields = readFields(query.by);
  const keys = query.keys ?? SUMMARY_KEYS;
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const selection = new Selection(readSelection(query, narrowed), { bind, folding, part: 'all' });
  const names = fields.map((field, i) => {
    const { json, needsSpec } = expressionsOf(field, bind, 'all');
    if (needsSpec) selection.useSpec();
    return `${json} as name${i}`;
  });
  // "offset 0" keeps the planner from reading each value anew for each of its statistics.
  const figures = keys.map((key, i) => `(summary->>'${key}')::float8 as figure${i}`);
  const statistics = keys.map(
    (_, i) =>
      `array[count(figure${i})::float8, avg(figure${i}), stddev_samp(figure${i}), min(figure${i}), max(figure${i})]`,
  );
  const by = fields.map((_, i) => `name${i}`).join(', ');
  return {
    sql: `select count(*)::int as count, jsonb_build_array(${by}) as names, array[${statistics.join(', ')}]::float8[][] as figures
      from (select ${[...names, ...figures].join(', ')} from ${selection.tables} ${selection.where} offset 0) as chosen
      group by ${by} order by count(*) desc, ${by} limit ${bind(query.limit + 1)}`,
    values,
    toGroups: (rows) => ({
      object: 'runGroups',
      by: fields.map(({ path }) => path),
      data: rows.slice(0, query.limit).map((row) => toGroup(row, fields, keys)),
      hasMore: rows.length > query.limit,
    }),
  };
}

const toGroup = (
  { count, names, figures }: GroupRow,
  fields: readonly RunField[],
  keys: readonly SummaryKey[],
): RunGroup => ({
  by: Object.fromEntries(fields.map(({ path }, i) => [path, names[i] ?? null])),
  count,
  summary: Object.fromEntries(
    keys.flatMap((key, i) => {
      const known = toStatistics(figures[i] ?? []);
      return known ? [[key, known]] : [];
    }),
  ),
});

function toStatistics([n, mean, std, min, max]: (number | null)[]): Statistics | null {
  if (!n || min === null || max === null || min === undefined || max === undefined) return null;
  // The sum of huge values may not be finite, where they are.
  if (!Number.isFinite(mean)) return null;
  return { n, mean: mean as number, std: Number.isFinite(std) ? (std as number) : null, min, max };
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
