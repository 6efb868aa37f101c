/**
 * The known name that a mistyped one most likely meant: `LeakyReLU` and `leaky_relu` mean `leakyRelu`, `adm` means
 * `adam`.
 */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  if (typed.length > 64) return undefined;
  const wanted = letters(typed);
  let best: string | undefined;
  let bestDistance = 1 + Math.floor(wanted.length / 3);
  for (const name of known) {
    const distance = editDistance(wanted, letters(name));
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

const letters = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= from.length; i++) {
    const [above, row] = [rows[i - 1]!, [i]];
    for (let j = 1; j <= to.length; j++) {
      const substituted = above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? rows[i - 2]![j - 2]! + 1 : Infinity;
      row.push(Math.min(substituted, swapped, above[j]! + 1, row[j - 1]! + 1));
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
