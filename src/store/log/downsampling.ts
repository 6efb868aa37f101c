/**
 * Reduces the number of points without changing the look of a curve: each bucket of neighbours keeps its minimum and
 * maximum, so no spike is lost.
 */
import type { Spacing } from '../../vocabulary/index.ts';

export interface Reduction {
  points: number;
  spacing: Spacing;
  /** Where the points are extremes of buckets of a longer series: before which of its points each of the buckets begins. */
  places?: Float64Array;
  /** The number of points of the longer series. */
  count?: number;
}

/**
 * The indices of at most `points` points (at least 4), ascending: the first, the last, and the minimum and maximum of each
 * bucket between them. If a bucket has values that are not finite, one of them is kept, so gaps stay visible. The buckets
 * have equally many points each or, with `log`, equal widths on a logarithmic axis of steps.
 */
export function choosePoints(
  steps: Int32Array,
  values: Float64Array,
  { points, spacing, places, count = steps.length }: Reduction,
): number[] {
  const limit = Math.max(4, Math.floor(points));
  if (steps.length <= limit) return Array.from(steps, (_, i) => i);
  const perBucket = areFinite(values) ? 2 : 3;
  const buckets = Math.max(1, Math.floor((limit - 2) / perBucket));
  // The buckets divide everything between the first and the last point.
  const starts =
    spacing === 'log' ? logStarts(steps, buckets) : startsAt(places, evenStarts(count, buckets), steps.length);
  const kept = [0];
  for (let bucket = 0; bucket < buckets; bucket += 1)
    kept.push(...extremes(values, starts[bucket] as number, starts[bucket + 1] as number));
  kept.push(steps.length - 1);
  return kept;
}

/** Where each bucket begins, and at the end where the last one ends. */
const evenStarts = (count: number, buckets: number): number[] =>
  Array.from({ length: buckets + 1 }, (_, bucket) => 1 + Math.floor((bucket * (count - 2)) / buckets));

/** The places as indices of the points that are there. */
function startsAt(places: Float64Array | undefined, wanted: number[], length: number): number[] {
  if (!places) return wanted;
  let i = 1;
  const starts = wanted.map((place) => {
    while (i < length - 1 && (places[i] as number) < place) i += 1;
    return i;
  });
  return [1, ...starts.slice(1, -1), length - 1];
}

/** A step of 0 or less has no logarithm; it is in the first bucket. */
function logStarts(steps: Int32Array, buckets: number): number[] {
  const last = steps.length - 1;
  const from = Math.log(Math.max(1, steps[1] as number)),
    to = Math.log(Math.max(1, steps[last] as number));
  const starts = [1];
  let i = 1;
  for (let bucket = 1; bucket < buckets; bucket += 1) {
    const end = Math.exp(from + ((to - from) * bucket) / buckets);
    while (i < last && (steps[i] as number) < end) i += 1;
    starts.push(i);
  }
  starts.push(last);
  return starts;
}

function areFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) return false;
  return true;
}

/** The indices of the bucket's minimum, maximum and first missing value; ascending, without repetition. */
function extremes(values: Float64Array, start: number, end: number): number[] {
  let least = -1;
  let greatest = -1;
  let gap = -1;
  for (let i = start; i < end; i += 1) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) {
      if (gap === -1) gap = i;
      continue;
    }
    if (least === -1 || value < (values[least] as number)) least = i;
    if (greatest === -1 || value > (values[greatest] as number)) greatest = i;
  }
  return [...new Set([least, greatest, gap])].filter((i) => i !== -1).sort((a, b) => a - b);
}
