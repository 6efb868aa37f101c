/** Help with typing a filter: what may stand where the caret is, and conditions that are added to it. Pure. */
import { parseFilter, type FilterValue } from '../../../vocabulary/index.ts';

export interface Completion {
  /** What is replaced, in UTF-16 units. */
  from: number;
  to: number;
  options: string[];
}

export interface KnownField {
  path: string;
  values: readonly unknown[];
}

const MOST_OPTIONS = 8;
const WORD_BEFORE = /[\w.[\]-]*$/;
const COMPARISONS = ['<', '<=', '>', '>=', '=', '!=', 'contains', 'in'];
const JOINS = ['and', 'or'];

export function completionAt(text: string, caret: number, fields: readonly KnownField[]): Completion {
  const before = text.slice(0, caret);
  const word = WORD_BEFORE.exec(before)?.[0] ?? '';
  const from = caret - word.length;
  const to = caret + (/^[\w.[\]-]*/.exec(text.slice(caret))?.[0].length ?? 0);
  const options = optionsAfter(before.slice(0, from), word, fields);
  return { from, to, options: options.filter((option) => option !== word).slice(0, MOST_OPTIONS) };
}

function optionsAfter(before: string, word: string, fields: readonly KnownField[]): string[] {
  const written = before.trimEnd();
  if (written === '' || (/(?:^|\s|\()(?:and|or|not)$|\($/i.test(written) && !/\bin\s*\($/i.test(written)))
    return matching(
      word,
      fields.map(({ path }) => path),
    );
  const [, path] = /([\w.[\]-]+)\s*(?:<=?|>=?|!?=|\bcontains|\bin\s*\()$/i.exec(written) ?? [];
  if (path !== undefined) {
    const field = fields.find((one) => one.path === path || one.path.endsWith(`.${path}`));
    return (field?.values ?? []).flatMap((value) => literal(value) ?? []).filter((one) => one.startsWith(word));
  }
  // After a whole condition the filter goes on; after a path comes a comparison.
  const isWhole = 'filter' in parseFilter(written);
  return (isWhole ? JOINS : COMPARISONS).filter((one) => one.startsWith(word));
}

/** Paths that begin with what was typed first, then those that contain it. */
function matching(word: string, paths: readonly string[]): string[] {
  const wanted = word.toLowerCase();
  const scored = paths.flatMap((path) => {
    const lower = path.toLowerCase();
    const last = lower.slice(lower.lastIndexOf('.') + 1);
    if (lower.startsWith(wanted)) return [{ path, score: 0 }];
    if (last.startsWith(wanted)) return [{ path, score: 1 }];
    return lower.includes(wanted) ? [{ path, score: 2 }] : [];
  });
  return scored.sort((a, b) => a.score - b.score).map(({ path }) => path);
}

function literal(value: unknown): string | null {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? String(value) : null;
}

/** `path comparison value`, as the grammar writes it. */
export const condition = (path: string, comparison: string, value: FilterValue): string =>
  `${path} ${comparison} ${literal(value)}`;

/** Both must hold. A filter with `or` is put in parentheses. */
export function withCondition(filter: string, added: string): string {
  const text = filter.trim();
  if (text === '') return added;
  const read = parseFilter(text);
  const isOr = !('filter' in read) || read.filter.kind === 'or';
  return `${isOr ? `(${text})` : text} and ${added}`;
}
