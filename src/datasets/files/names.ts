/** Names of columns that are missing or come twice. */
import type { FileProblem } from '../../schemas/index.ts';

/** Unique names: an empty one becomes `column 3`, the second `x` becomes `x (2)`. */
export function mendNames(names: readonly string[], notes: FileProblem[]): string[] {
  const given = new Set(names),
    taken = new Set<string>();
  return names.map((name, i) => {
    let mended = name === '' ? `column ${i + 1}` : name;
    for (let copy = 2; taken.has(mended) || (mended !== name && given.has(mended)); copy++)
      mended = `${name === '' ? `column ${i + 1}` : name} (${copy})`;
    taken.add(mended);
    if (mended !== name)
      notes.push({
        column: mended,
        message:
          name === ''
            ? `Column ${i + 1} has no name and is called ${mended}.`
            : `There are several columns ${name}; number ${i + 1} is called ${mended}.`,
      });
    return mended;
  });
}
