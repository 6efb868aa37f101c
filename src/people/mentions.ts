/** Who is meant by `@name` in a text. */
import type { Mentionable } from '../store/store.ts';

/** After a letter or a digit it is part of an e-mail address. */
const AT = /(?<![\p{L}\p{N}_])@/gu;
/** `@Ada` does not mean `@Adam`. */
const GOES_ON = /^[\p{L}\p{N}_]/u;

/**
 * The ids of those whose names follow an `@`, each once, in the order of the text. Names may have spaces; of several that
 * fit, the longest is meant. Neither case nor width of letters matters.
 */
export function findMentions(text: string, people: readonly Mentionable[]): string[] {
  const folded = text.normalize('NFKC').toLowerCase();
  const longestFirst = people.toSorted((a, b) => b.nameKey.length - a.nameKey.length);
  const isNameAt = (start: number, name: string) =>
    name !== '' && folded.startsWith(name, start) && !GOES_ON.test(folded.slice(start + name.length));
  const found = new Set<string>();
  for (const { index } of folded.matchAll(AT)) {
    const meant = longestFirst.find(({ nameKey }) => isNameAt(index + 1, nameKey));
    if (meant) found.add(meant.id);
  }
  return [...found];
}
