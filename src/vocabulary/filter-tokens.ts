/** A filter's text as tokens, each with its place. */
import type { PathKey } from './run-fields.ts';

export type FilterToken = { offset: number; length: number } & (
  | { kind: 'path'; keys: PathKey[]; /** The place of each key. */ places: { offset: number; length: number }[] }
  | { kind: 'word'; word: Word }
  | { kind: 'value'; value: number | string | boolean | null }
  | { kind: 'symbol'; symbol: string }
  | { kind: 'end' }
);
export const WORDS = ['and', 'or', 'not', 'in', 'contains'] as const;
export type Word = (typeof WORDS)[number];
const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/** What is wrong with a filter, and where: an offset in UTF-16 units, from 0. */
export interface FilterProblem {
  offset: number;
  length: number;
  message: string;
  /** What would be right there, in words. */
  expected: string;
  /** What was most likely meant. */
  suggestion?: string;
}
export class FilterMistake extends Error {
  readonly problem: FilterProblem;
  constructor(problem: FilterProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

const SPACE = /\s+/y;
const TIME = /\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?/y;
const NUMBER = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy;
const PATH = /[A-Za-z_][\w-]*(?:\.[\w-]+|\[-?\d+\]|\["(?:[^"\\]|\\.)*"\])*/y;
const KEY = /\[(-?\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([\w-]+)/gs;
const SYMBOL = /!=|<=|>=|==|<>|&&|\|\||[=<>(),!]/y;
/** What other languages write, and what it is here. `==` is understood as it is. */
const FOREIGN: Readonly<Record<string, string>> = { '&&': 'and', '||': 'or', '!': 'not', '<>': '!=' };

/** Throws FilterMistake. The last token is the end. */
export function tokensOf(text: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  let offset = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return undefined;
    offset += found.length;
    return found;
  };
  for (;;) {
    take(SPACE);
    const start = offset;
    if (start >= text.length) return [...tokens, { kind: 'end', offset: start, length: 0 }];
    const token = tokenAt(take, start);
    if (!token) throw new FilterMistake(strange(text, start));
    tokens.push({ ...token, offset: start, length: offset - start });
  }
}

type Bare = FilterToken extends infer T ? (T extends FilterToken ? Omit<T, 'offset' | 'length'> : never) : never;
function tokenAt(take: (pattern: RegExp) => string | undefined, start: number): Bare | undefined {
  const time = take(TIME);
  if (time !== undefined) return { kind: 'value', value: time };
  const number = take(NUMBER);
  if (number !== undefined) return { kind: 'value', value: finite(number, start) };
  const string = take(STRING);
  if (string !== undefined) return { kind: 'value', value: unquoted(string) };
  const path = take(PATH);
  if (path !== undefined) return wordOrPath(path, start);
  const symbol = take(SYMBOL);
  if (symbol === undefined) return undefined;
  const ours = FOREIGN[symbol];
  if (ours !== undefined)
    throw new FilterMistake({
      offset: start,
      length: symbol.length,
      message: `${symbol} is not part of a filter`,
      expected: ours,
      suggestion: ours,
    });
  return { kind: 'symbol', symbol: symbol === '==' ? '=' : symbol };
}

function wordOrPath(text: string, start: number): Bare {
  const lower = text.toLowerCase();
  const word = WORDS.find((each) => each === lower);
  if (word) return { kind: 'word', word };
  if (Object.hasOwn(CONSTANTS, lower)) return { kind: 'value', value: CONSTANTS[lower] ?? null };
  const keys: PathKey[] = [];
  const places: { offset: number; length: number }[] = [];
  for (const { 0: whole, 1: index, 2: quoted, 3: plain = '', index: at } of text.matchAll(KEY)) {
    keys.push(index !== undefined ? Number(index) : quoted !== undefined ? unquoted(quoted) : asKey(plain));
    places.push({ offset: start + at, length: whole.length });
  }
  return { kind: 'path', keys, places };
}

/** `layers.0` is another way to write `layers[0]`. */
const asKey = (plain: string): PathKey => (/^\d+$/.test(plain) ? Number(plain) : plain);
const unquoted = (text: string) => text.slice(1, -1).replace(/\\(.)/gs, '$1');

function finite(text: string, offset: number): number {
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new FilterMistake({
    offset,
    length: text.length,
    message: `${text} is too large a number`,
    expected: 'a number up to 1.8e308',
  });
}

function strange(text: string, offset: number): FilterProblem {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (character === '"' || character === "'")
    return {
      offset,
      length: text.length - offset,
      message: 'a text begins here and does not end',
      expected: `a closing ${character}`,
    };
  return {
    offset,
    length: character.length,
    message: `${JSON.stringify(character)} is not part of a filter`,
    expected: 'a field, a comparison, a value, and, or, not, or a parenthesis',
  };
}
