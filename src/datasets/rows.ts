import type { Preparation } from '../vocabulary/index.ts';
import type { Range } from './normalize.ts';
import type { Split } from './split.ts';

/** Samples from any source: inputs row-major, targets as class indices or as rows of numbers. */
export interface Rows {
  inputs: Uint8Array | Float32Array;
  targets: Int32Array | Float32Array;
  /** Inputs that share one unit, as pixels do. */
  shared: readonly Range[];
}

/** The rows of a job, in parts and with names. */
export interface PreparedRows extends Split {
  rows: Rows;
  preparation: Preparation;
}

/**
 * This many inputs of bytes are pixels, even where nothing says that they are an image: 8 x 8 is the smallest one in
 * common use.
 */
export const LEAST_PIXELS = 64;

/** Rows of `features` numbers. Pixels, whole numbers from 0 to 255, become bytes with one unit. */
export function rowsOf(inputs: Float32Array, features: number, targets: Rows['targets']): Rows {
  if (features < LEAST_PIXELS || !inputs.every(isByte)) return { inputs, targets, shared: [] };
  return pixelRows(Uint8Array.from(inputs), features, targets);
}
export const pixelRows = (inputs: Uint8Array, features: number, targets: Rows['targets']): Rows => ({
  inputs,
  targets,
  shared: [{ start: 0, end: features }],
});

const isByte = (value: number): boolean => (value & 0xff) === value;

/** A copy of the chosen rows, in the given order. */
export function takeRows({ inputs, targets, shared }: Rows, chosen: Int32Array, samples: number): Rows {
  return {
    shared,
    inputs: take(inputs, chosen, inputs.length / samples),
    targets: take(targets, chosen, targets.length / samples),
  };
}

function take<T extends Uint8Array | Float32Array | Int32Array>(values: T, chosen: Int32Array, columns: number): T {
  const taken = new (values.constructor as new (length: number) => T)(chosen.length * columns);
  for (const [to, from] of chosen.entries())
    taken.set(values.subarray(from * columns, (from + 1) * columns), to * columns);
  return taken;
}
