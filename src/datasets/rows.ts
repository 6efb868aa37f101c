/** Samples from any source: inputs row-major, targets as class indices or as rows of numbers. */
export interface Rows {
  inputs: Uint8Array | Float32Array;
  targets: Int32Array | Float32Array;
}

/** A copy of the chosen rows, in the given order. */
export function takeRows({ inputs, targets }: Rows, chosen: Int32Array, samples: number): Rows {
  return {
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
