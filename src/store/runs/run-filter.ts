/** A filter of the vocabulary as an SQL condition. Every value is bound. */
import { RelumineError } from '../../errors.ts';
import {
  describeProblem,
  parseFilter,
  timeRange,
  type Comparison,
  type Filter,
  type FilterValue,
  type RunField,
} from '../../vocabulary/index.ts';
import type { Bind } from '../postgres/bindings.ts';
import { formsOf, type Folding } from '../postgres/folding.ts';
import { cleanText } from '../postgres/text.ts';
import { expressionsOf, type Expressions, type Part } from './run-expressions.ts';
import { figureColumnOf } from './run-figures.ts';
import { containing } from './run-labels.ts';

/** Throws INVALID_REQUEST. Null: every run. */
export function readFilter(text: string | undefined): Filter | null {
  if (text === undefined || text.trim() === '') return null;
  const parsed = parseFilter(text);
  if ('filter' in parsed) return parsed.filter;
  const message = describeProblem(parsed.problem);
  throw new RelumineError('INVALID_REQUEST', `The filter is not valid: ${message}`, {
    details: [{ path: 'filter', message, expected: parsed.problem.expected }],
  });
}

/** Whether it is over a figure or a time, which runs that have ended have in columns. */
export function isOverFigures(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.some(isOverFigures);
    case 'not':
      return isOverFigures(filter.part);
    case 'compare':
    case 'in':
    case 'contains':
      return figureColumnOf(filter.field) !== null;
  }
}

/** `useSpec` is called if the condition is over `run_specs` too. */
export function conditionOf(
  filter: Filter,
  tools: { bind: Bind; folding: Folding; part: Part; useSpec: () => void },
): string {
  const { bind, folding, part, useSpec } = tools;
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.parts.map((each) => conditionOf(each, tools)).join(` ${filter.kind} `)})`;
    case 'not':
      // What is missing makes a condition null: not true.
      return `((${conditionOf(filter.part, tools)}) is not true)`;
    case 'compare':
      return comparing(filter.field, filter.comparison, filter.value);
    case 'in':
      return `(${filter.values.map((value) => comparing(filter.field, '=', value)).join(' or ')})`;
    case 'contains': {
      if (filter.field.type === 'tags')
        return `exists (select from unnest(tags) tag where ${folding('tag')} = ${folding(`${bind(cleanText(filter.text))}::text`)})`;
      const { text } = open(filter.field);
      return `${folding(text ?? 'null::text')} like ${folding(`${bind(containing(filter.text))}::text`)}`;
    }
  }

  function open(field: RunField): Expressions {
    const expressions = expressionsOf(field, bind, part);
    if (expressions.needsSpec) useSpec();
    return expressions;
  }

  function comparing(field: RunField, comparison: Comparison, value: FilterValue): string {
    const expressions = open(field);
    if (value === null) return comparison === '=' ? `(${expressions.missing})` : `(not (${expressions.missing}))`;
    if (comparison === '!=')
      return field.type === 'tags'
        ? `(not ${equal(field, expressions, value)})`
        : `(not (${expressions.missing}) and (${equal(field, expressions, value)}) is not true)`;
    return comparison === '=' ? equal(field, expressions, value) : ordered(expressions, comparison, value);
  }

  function equal(field: RunField, expressions: Expressions, value: number | string | boolean): string {
    if (field.type === 'tags') return `(tags && ${bind(formsOf(cleanText(String(value))))})`;
    if (field.path === 'status') return `(status = ${bind(value)}::run_status)`;
    if (typeof value === 'string' && expressions.time === undefined)
      return expressions.text === undefined
        ? 'false'
        : `(${expressions.text} = any(${bind(formsOf(cleanText(value)))}))`;
    return ordered(expressions, '=', value);
  }

  function ordered(
    { number, text, boolean, time }: Expressions,
    comparison: Exclude<Comparison, '!='>,
    value: number | string | boolean,
  ): string {
    if (time !== undefined) return inTime(time, comparison, String(value));
    if (typeof value === 'number')
      return number === undefined ? 'false' : `(${number} ${comparison} ${bind(value)}::float8)`;
    if (typeof value === 'boolean')
      return boolean === undefined ? 'false' : `(${boolean} ${comparison} ${bind(value)}::boolean)`;
    return text === undefined ? 'false' : `(${text} collate "C" ${comparison} ${bind(cleanText(value))}::text)`;
  }

  function inTime(column: string, comparison: Exclude<Comparison, '!='>, value: string): string {
    const range = timeRange(value);
    if (!range) return 'false';
    const from = new Date(range.from);
    const to = new Date(range.to);
    switch (comparison) {
      case '=':
        return `(${column} >= ${bind(from)}::timestamptz and ${column} < ${bind(to)}::timestamptz)`;
      case '<':
        return `(${column} < ${bind(from)}::timestamptz)`;
      case '<=':
        return `(${column} < ${bind(to)}::timestamptz)`;
      case '>':
        return `(${column} >= ${bind(to)}::timestamptz)`;
      case '>=':
        return `(${column} >= ${bind(from)}::timestamptz)`;
    }
  }
}
