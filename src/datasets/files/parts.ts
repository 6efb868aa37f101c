/** Which part of a data set a file, an array or a folder is, by its name. */
import type { TablePart } from '../../schemas/index.ts';
import { TABLE_PARTS } from '../../schemas/table.ts';

const WORDS: Record<string, TablePart> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
  t10k: 'test',
};
const WORD = new RegExp(`(?:^|[^a-zA-Z0-9])(${Object.keys(WORDS).join('|')})(?=$|[^a-zA-Z0-9])`, 'i');

/** The part that the name says, and the name without that word; null if it says none. */
export function partIn(name: string): { part: TablePart; rest: string } | null {
  const match = WORD.exec(name);
  if (match === null) return null;
  const rest = `${name.slice(0, match.index)} ${name.slice(match.index + match[0].length)}`;
  return { part: WORDS[match[1]!.toLowerCase()]!, rest: rest.replaceAll(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, '') };
}

/** In the order of the parts. Where nothing is for training, everything is. */
export function inParts<T>(items: readonly T[], nameOf: (item: T) => string): { item: T; part: TablePart }[] {
  const named = items.map((item) => ({ item, part: partIn(nameOf(item))?.part ?? 'train' }));
  if (!named.some(({ part }) => part === 'train')) return items.map((item) => ({ item, part: 'train' }));
  return TABLE_PARTS.flatMap((part) => named.filter((one) => one.part === part));
}
