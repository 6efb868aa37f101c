/**
 * The grammar by which runs are filtered: `summary.valLoss < 0.1 and spec.training.optimizer.type = "adam"`.
 *
 *     filter     = all { "or" all }
 *     all        = one { "and" one }
 *     one        = "not" one | "(" filter ")" | comparison
 *     comparison = path ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
 *                | path [ "not" ] "contains" text
 *                | path [ "not" ] "in" "(" value { "," value } ")"
 *     value      = number | "text" | 'text' | true | false | null | 2026-11-28 | 2026-11-28T10:00:00Z
 *
 * A run without the field matches no comparison with it but `= null`. `not` gives every run that its condition does not.
 */
import { FilterMistake, tokensOf, type FilterProblem, type FilterToken, type Word } from './filter-tokens.ts';
import { findRunField, type RunField } from './run-fields.ts';
import { meantName } from './suggest.ts';
import { timeRange } from './time.ts';

export type { FilterProblem } from './filter-tokens.ts';

export type FilterValue = number | string | boolean | null;
export const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof COMPARISONS)[number];

export type Filter =
  | { kind: 'and' | 'or'; parts: Filter[] }
  | { kind: 'not'; part: Filter }
  | { kind: 'compare'; field: RunField; comparison: Comparison; value: FilterValue }
  | { kind: 'contains'; field: RunField; text: string }
  | { kind: 'in'; field: RunField; values: FilterValue[] };

/** In UTF-16 units. */
export const LONGEST_FILTER = 4000;
/** Of parentheses and `not` within each other. */
export const DEEPEST_FILTER = 32;

export function parseFilter(text: string): { filter: Filter } | { problem: FilterProblem } {
  if (text.length > LONGEST_FILTER)
    return {
      problem: {
        offset: LONGEST_FILTER,
        length: text.length - LONGEST_FILTER,
        message: `the filter has ${text.length} characters`,
        expected: `at most ${LONGEST_FILTER} characters`,
      },
    };
  try {
    return { filter: new Parser(tokensOf(text)).whole() };
  } catch (error) {
    if (error instanceof FilterMistake) return { problem: error.problem };
    throw error;
  }
}

/** The field that a path names, as in a filter: `summary.valLoss`, or `valLoss` for short. */
export function readRunField(path: string): { field: RunField } | { problem: FilterProblem } {
  const expected = 'a field, such as summary.valLoss or spec.training.epochs';
  try {
    const [token, end] = path.length > LONGEST_FILTER ? [] : tokensOf(path);
    if (token?.kind !== 'path' || end?.kind !== 'end')
      return { problem: { offset: 0, length: path.length, message: 'is not a field of a run', expected } };
    const found = findRunField(token.keys);
    if ('field' in found) return found;
    const { key, ...problem } = found.problem;
    return { problem: { ...(token.places[key] ?? spanOf(token)), ...problem } };
  } catch (error) {
    if (error instanceof FilterMistake) return { problem: error.problem };
    throw error;
  }
}

class Parser {
  readonly #tokens: readonly FilterToken[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly FilterToken[]) {
    this.#tokens = tokens;
  }

  whole(): Filter {
    const filter = this.#any();
    if (this.#token.kind !== 'end') this.#fail(this.#token, 'and, or, or the end of the filter');
    return filter;
  }

  #any(): Filter {
    return this.#joined('or', () => this.#joined('and', () => this.#one()));
  }

  #joined(kind: 'and' | 'or', part: () => Filter): Filter {
    const first = part();
    const parts = [first];
    while (this.#takeWord(kind)) parts.push(part());
    return parts.length === 1 ? first : { kind, parts };
  }

  #one(): Filter {
    const { offset, length } = this.#token;
    this.#depth += 1;
    if (this.#depth > DEEPEST_FILTER)
      throw new FilterMistake({
        offset,
        length,
        message: 'the filter is nested too deeply',
        expected: `at most ${DEEPEST_FILTER} levels of parentheses and not`,
      });
    const filter = this.#takeWord('not')
      ? ({ kind: 'not', part: this.#one() } as const)
      : this.#takeSymbol('(')
        ? this.#inParentheses()
        : this.#comparison();
    this.#depth -= 1;
    return filter;
  }

  #inParentheses(): Filter {
    const filter = this.#any();
    if (!this.#takeSymbol(')')) this.#fail(this.#token, 'and, or, or a closing parenthesis');
    return filter;
  }

  #comparison(): Filter {
    const field = this.#field();
    const isNot = this.#takeWord('not');
    const condition = this.#takeWord('in')
      ? this.#in(field)
      : this.#takeWord('contains')
        ? this.#contains(field)
        : isNot
          ? this.#fail(this.#token, 'in or contains')
          : this.#compare(field);
    return isNot ? { kind: 'not', part: condition } : condition;
  }

  #field(): RunField {
    const token = this.#token;
    if (token.kind !== 'path') return this.#fail(token, 'a field, such as summary.valLoss');
    this.#next += 1;
    const found = findRunField(token.keys);
    if ('field' in found) return found.field;
    const { key, ...problem } = found.problem;
    throw new FilterMistake({ ...(token.places[key] ?? spanOf(token)), ...problem });
  }

  #compare(field: RunField): Filter {
    const token = this.#token;
    const comparison = token.kind === 'symbol' ? COMPARISONS.find((each) => each === token.symbol) : undefined;
    if (!comparison) return this.#fail(token, `one of ${COMPARISONS.join(' ')} in contains`);
    this.#next += 1;
    const place = this.#token;
    const value = this.#value(field);
    const isOrder = comparison !== '=' && comparison !== '!=';
    if (isOrder && (value === null || typeof value === 'boolean' || field.type === 'tags'))
      throw new FilterMistake({
        offset: token.offset,
        length: token.length,
        message: `${field.type === 'tags' ? 'tags have' : `${value} has`} no order`,
        expected: '= or !=',
      });
    if (isOrder && typeof value === 'string' && field.values)
      throw new FilterMistake({
        ...spanOf(place),
        message: `${field.path} is a name, without an order`,
        expected: '= or !=',
      });
    return { kind: 'compare', field, comparison, value };
  }

  #contains(field: RunField): Filter {
    const token = this.#token;
    if (field.type === 'number' || field.type === 'boolean' || field.type === 'time')
      throw new FilterMistake({
        ...spanOf(token),
        message: `${field.path} is not a text`,
        expected: 'contains only after a text or tags',
      });
    if (token.kind !== 'value' || typeof token.value !== 'string') return this.#fail(token, 'a text in quotes');
    this.#next += 1;
    return { kind: 'contains', field, text: token.value };
  }

  #in(field: RunField): Filter {
    if (!this.#takeSymbol('(')) this.#fail(this.#token, 'an opening parenthesis, as in ("a", "b")');
    const values = [this.#value(field)];
    while (this.#takeSymbol(',')) values.push(this.#value(field));
    if (!this.#takeSymbol(')')) this.#fail(this.#token, 'a comma or a closing parenthesis');
    return { kind: 'in', field, values };
  }

  #value(field: RunField): FilterValue {
    const token = this.#token;
    if (token.kind !== 'value') return this.#fail(token, valueWords(field));
    this.#next += 1;
    const { value } = token;
    const problem = unfit(field, value);
    if (problem) throw new FilterMistake({ ...spanOf(token), ...problem });
    return value;
  }

  get #token(): FilterToken {
    return this.#tokens[this.#next]!;
  }

  #takeWord(word: Word): boolean {
    const token = this.#token;
    const isThere = token.kind === 'word' && token.word === word;
    if (isThere) this.#next += 1;
    return isThere;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#token;
    const isThere = token.kind === 'symbol' && token.symbol === symbol;
    if (isThere) this.#next += 1;
    return isThere;
  }

  #fail(token: FilterToken, expected: string): never {
    const suggestion =
      token.kind === 'path' && token.keys.length === 1 ? meant(String(token.keys[0]), expected) : undefined;
    throw new FilterMistake({
      ...spanOf(token),
      message: token.kind === 'end' ? 'the filter ends too early' : 'this does not belong here',
      expected,
      ...(suggestion !== undefined && { suggestion }),
    });
  }
}

const spanOf = ({ offset, length }: { offset: number; length: number }) => ({ offset, length });

/** A bare word where a value is expected is most likely a text without its quotes. */
const meant = (word: string, expected: string): string | undefined =>
  expected.includes('"') ? JSON.stringify(word) : undefined;

const valueWords = ({ type, values }: RunField): string =>
  values
    ? `one of ${values.map((value) => `"${value}"`).join(', ')}, or null`
    : {
        number: 'a number or null',
        text: 'a text in "quotes" or null',
        boolean: 'true, false or null',
        time: 'a date or time, such as 2026-11-28 or 2026-11-28T10:00:00Z, or null',
        tags: 'a tag in "quotes" or null',
        any: 'a number, a text in "quotes", true, false or null',
      }[type];

function unfit(
  field: RunField,
  value: FilterValue,
): { message: string; expected: string; suggestion?: string } | undefined {
  if (value === null) return undefined;
  const expected = valueWords(field);
  const wrong = (suggestion?: string) => ({
    message: `${field.path} is never ${JSON.stringify(value)}`,
    expected,
    ...(suggestion !== undefined && { suggestion }),
  });
  switch (field.type) {
    case 'number':
      if (typeof value === 'number') return undefined;
      return wrong(
        typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? value : undefined,
      );
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong(['true', 'false'].find((word) => word === value));
    case 'time':
      return typeof value === 'string' && timeRange(value) ? undefined : wrong();
    case 'tags':
      return typeof value === 'string' ? undefined : wrong(JSON.stringify(String(value)));
    case 'text': {
      // The values of metadata are texts, some of which are numbers.
      if (field.keys[0] === 'metadata' && typeof value === 'number') return undefined;
      if (typeof value !== 'string') return wrong(JSON.stringify(String(value)));
      if (!field.values || field.values.includes(value)) return undefined;
      const name = meantName(value, field.values);
      return wrong(name === undefined ? undefined : JSON.stringify(name));
    }
    case 'any':
      return undefined;
  }
}

/** The filter as its grammar writes it, with whole paths. Parsing it gives the same filter. */
export function describeFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts
        .map((part) =>
          part.kind === 'or' || part.kind === filter.kind ? `(${describeFilter(part)})` : describeFilter(part),
        )
        .join(` ${filter.kind} `);
    case 'not': {
      const { part } = filter;
      return part.kind === 'and' || part.kind === 'or'
        ? `not (${describeFilter(part)})`
        : `not ${describeFilter(part)}`;
    }
    case 'compare':
      return `${filter.field.path} ${filter.comparison} ${literal(filter.value)}`;
    case 'contains':
      return `${filter.field.path} contains ${literal(filter.text)}`;
    case 'in':
      return `${filter.field.path} in (${filter.values.map(literal).join(', ')})`;
  }
}
const literal = (value: FilterValue): string =>
  typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value);

/** `at character 9: ...`: one sentence for a person. */
export const describeProblem = ({ offset, message, expected, suggestion }: FilterProblem): string =>
  `at character ${offset + 1}: ${message}; expected ${expected}${suggestion === undefined ? '' : `. Did you mean ${suggestion}?`}`;
