/** Numbers that the float32 arithmetic of the engines can hold. */

export const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** JSON can write 1e999, and 1e39 fits a double but not a float32. */
export const isFloat32 = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(Math.fround(value));
