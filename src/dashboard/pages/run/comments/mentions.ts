/** Names that are typed after an `@`. Pure. */

const MOST_NAMES = 6;

export interface Mention {
  /** What is replaced, in UTF-16 units: from the `@` to the caret. */
  from: number;
  to: number;
  /** After the `@`. */
  typed: string;
}

/** The name that is being typed at the caret, which may have spaces; an `@` inside a word is an address of e-mail. */
export function mentionAt(text: string, caret: number): Mention | null {
  const before = text.slice(0, caret);
  const found = /(?<![\p{L}\p{N}_])@([^@\n]{0,60})$/u.exec(before);
  return found && { from: found.index, to: caret, typed: found[1]! };
}

/** Members whose names begin as typed, then those with such a word inside. */
export function namesFor(typed: string, names: readonly string[]): string[] {
  const wanted = typed.normalize('NFKC').toLowerCase();
  const folded = names.map((name) => ({ name, key: name.normalize('NFKC').toLowerCase() }));
  // A name that is typed in full needs no help.
  if (folded.some(({ key }) => wanted.startsWith(`${key} `))) return [];
  const first = folded.filter(({ key }) => key.startsWith(wanted));
  const others = folded.filter(({ key }) => !key.startsWith(wanted) && key.includes(` ${wanted}`));
  return [...first, ...others].slice(0, MOST_NAMES).map(({ name }) => name);
}
