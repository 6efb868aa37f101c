/**
 * Sums of squares over a dense layer's kernel by unit, from which the norms of a verdict follow. Each is one pass: a large
 * network's weights are most of what a verdict reads.
 */
import type { DenseWeights } from '../../model/measurements.ts';

type Kernel = Pick<DenseWeights, 'inputs' | 'units' | 'kernel'>;

/** Of every unit's incoming weights, [units]. */
export function incomingSquares({ inputs, units, kernel }: Kernel): Float64Array {
  const squares = new Float64Array(units);
  for (let i = 0, place = 0; i < inputs; i++)
    for (let j = 0; j < units; j++) {
      const weight = kernel[place++]!;
      squares[j]! += weight * weight;
    }
  return squares;
}

/** Of the change of every unit's incoming weights, [units]. */
export function movedSquares(before: Kernel, now: Kernel): Float64Array {
  const { inputs, units, kernel } = now;
  const squares = new Float64Array(units);
  for (let i = 0, place = 0; i < inputs; i++)
    for (let j = 0; j < units; j++, place++) {
      const change = kernel[place]! - before.kernel[place]!;
      squares[j]! += change * change;
    }
  return squares;
}

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
