/** How a run is drawn wherever it appears: its colour follows from its id alone. */

export const RUN_COLOURS = 8;
/** In pixels; the first is a whole line. */
export const DASHES: readonly (readonly number[] | undefined)[] = [
  undefined,
  [7, 4],
  [2, 3],
  [9, 3, 2, 3],
  [14, 4],
  [4, 6],
];

/** The place of a run's colour in the palette, by a hash of its id (FNV-1a). */
export function colourOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  return ((hash ^ (hash >>> 15)) >>> 0) % RUN_COLOURS;
}

/**
 * Runs on one chart: those that have the same colour have different strokes, in the order that they are given in. Beyond
 * six of one colour strokes repeat, and the names at the lines tell them apart.
 */
export function stylesOf(ids: readonly string[]): { colour: number; dash: readonly number[] | undefined }[] {
  const used = new Map<number, number>();
  return ids.map((id) => {
    const colour = colourOf(id);
    const before = used.get(colour) ?? 0;
    used.set(colour, before + 1);
    return { colour, dash: DASHES[before % DASHES.length] };
  });
}
