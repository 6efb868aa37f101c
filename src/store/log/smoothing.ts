/** The smoothed curve of a series, from its points or from the means of its buckets. */
import { middleOfWindow, Smoother } from '../../vocabulary/index.ts';
import type { Stretch } from './metric-stretches.ts';

/** `range` is the width in steps of the axis that `smoothing` refers to; `every` the length of the windows. */
export interface Smoothing {
  smoothing: number;
  range: number;
  every: number;
}

/** Each value at the middle of its window, as it is drawn. */
export function smooth(steps: Int32Array, values: Float64Array, { smoothing, range, every }: Smoothing): Float64Array {
  const smoother = new Smoother(smoothing, range);
  return Float64Array.from(values, (value, i) => smoother.next(middleOfWindow(steps[i] as number, every), value));
}

/** How far back a point still counts, in steps. */
export const reachOf = ({ smoothing, range }: Smoothing): number => Math.ceil(new Smoother(smoothing, range).reach);

/**
 * How wide buckets may be at most, in steps: a quarter of the distance over which a point's weight falls to 1 / e. Means
 * over such buckets differ from the curve over all points by less than can be drawn.
 */
export const widestBucket = ({ smoothing, range }: Smoothing): number =>
  new Smoother(smoothing, range).reach / -Math.log(Number.EPSILON) / 4;

/** The smoothed curve at these steps, which ascend. Between the ends of buckets it is interpolated. */
export function smoothAt(
  at: ArrayLike<number>,
  stretches: readonly Stretch[],
  k: number,
  { smoothing, range, every }: Smoothing,
): Float64Array {
  const smoother = new Smoother(smoothing, range);
  const curve = new Float64Array(at.length).fill(NaN);
  let next = 0;
  let [lastStep, last] = [NaN, NaN];
  const reach = (step: number, value: number): void => {
    for (; next < at.length && at[next]! <= step; next += 1) {
      const share = Number.isNaN(last) || step === lastStep ? 1 : (at[next]! - lastStep) / (step - lastStep);
      curve[next] = Number.isNaN(last) ? value : last + share * (value - last);
    }
    [lastStep, last] = [step, value];
  };
  for (const stretch of stretches) {
    if (stretch.kind === 'points') {
      for (const [i, step] of stretch.steps.entries()) {
        const value = smoother.next(middleOfWindow(step, every), stretch.values[k]![i]!);
        if (!Number.isNaN(value)) reach(step, value);
      }
      continue;
    }
    const { lastSteps, columns } = stretch.block;
    const { sums, known } = columns[k]!;
    let from = stretch.fromStep;
    for (const [b, step] of lastSteps.entries()) {
      const middle = (from + step) / 2 - (every - 1) / 2;
      if (known[b]! > 0) reach(step, smoother.nextOf(middle, sums[b]!, known[b]!));
      from = step + 1;
    }
  }
  return curve;
}
