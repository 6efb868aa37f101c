/** The names of classes, in a text file beside the arrays: line i + 1 is the name of label i. */
import { readFile, stat } from 'node:fs/promises';
import type { DataFile } from '../../../schemas/index.ts';
import { FileDamage } from '../damage.ts';
import type { ArrayHeader } from './array-file.ts';

const CLASS_NAMES = /(^|[/\\])(classes|labels)\.txt$/i;
const MOST_BYTES = 1024 * 1024;
const MOST_CHARACTERS = 1000;

export const isClassNames = ({ name }: Pick<DataFile, 'name'>): boolean => CLASS_NAMES.test(name);

/** Throws FileDamage. */
export async function readClassNames({ path, name }: DataFile): Promise<string[]> {
  if ((await stat(path)).size > MOST_BYTES)
    throw new FileDamage(`${name} is larger than 1 MiB. It should have the name of one class per line.`);
  const names = (await readFile(path, 'utf8'))
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.trim());
  for (const [i, className] of names.entries()) {
    const fault = faultOf(className, names.indexOf(className), i);
    if (fault === null) continue;
    const message = `${name}, line ${i + 1}: ${fault} Line 1 is the name of class 0, line 2 that of class 1, and so on.`;
    throw new FileDamage(message, [{ file: name, line: i + 1, message }]);
  }
  return names;
}

function faultOf(name: string, first: number, i: number): string | null {
  if (name === '') return 'There is no name.';
  if (name.length > MOST_CHARACTERS) return `The name has more than ${MOST_CHARACTERS} characters.`;
  return first === i ? null : `${JSON.stringify(name)} is the name of line ${first + 1} already.`;
}

/** Labels become the names of their classes. Reading throws FileDamage at a label that has none. */
export function withNames(header: ArrayHeader, names: readonly string[], file: string): ArrayHeader {
  const { item } = header;
  return {
    ...header,
    item: {
      bytes: item.bytes,
      type: 'text',
      areBytes: false,
      read: (view, at) => {
        const label = item.read(view, at);
        const name = names[Number(label)];
        if (name !== undefined) return name;
        throw new FileDamage(
          `${file} has the label ${label}, but ${names.length} ${names.length === 1 ? 'class has a name' : 'classes have names'}: labels from 0 to ${names.length - 1} do. Add the other names to the text file, or leave it out.`,
        );
      },
    },
  };
}
