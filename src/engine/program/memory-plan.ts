/** Where vectors lie in one memory, in bytes. */

/** Of a cache line. Loops of whole vectors may write behind the end of a vector, up to the next multiple. */
const ALIGNMENT = 64;

export interface MemoryPlan {
  readonly offsets: ReadonlyMap<string, number>;
  /** All of them together. */
  readonly bytes: number;
}

/** Gives every vector of float32 a place of its own, one after another; `sizes` are in elements, by name. */
export function planMemory(sizes: Iterable<readonly [name: string, elements: number]>): MemoryPlan {
  const offsets = new Map<string, number>();
  let bytes = 0;
  for (const [name, elements] of sizes) {
    if (offsets.has(name)) continue;
    offsets.set(name, bytes);
    bytes += Math.ceil((4 * elements) / ALIGNMENT) * ALIGNMENT;
  }
  return { offsets, bytes };
}
