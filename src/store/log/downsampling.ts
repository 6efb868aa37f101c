/**
 * Reduces the number of points without changing the look of a curve: each bucket of neighbours keeps its minimum and
 * maximum, so no spike is lost.
 */
import type { MetricSeries } from '../../vocabulary/index.ts';

/**
 * At most `points` points (at least 4), in order of step: the first, the last, and the minimum and maximum of each
 * bucket between them. If a bucket has values that are not finite, one of them is kept as null, so gaps stay visible.
 */
export function downsample(steps: Int32Array, values: Float64Array, points: number): MetricSeries {
  const count = steps.length;
  const limit = Math.max(4, Math.floor(points));
  const result: MetricSeries = { steps: [], values: [] };
  const keep = (i: number): void => {
    const value = values[i] as number;
    result.steps.push(steps[i] as number);
    result.values.push(Number.isFinite(value) ? value : null);
  };
  if (count <= limit) {
    for (let i = 0; i < count; i += 1) keep(i);
    return result;
  }
  const perBucket = areFinite(values) ? 2 : 3;
  const buckets = Math.max(1, Math.floor((limit - 2) / perBucket));
  keep(0);
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    // The buckets divide everything between the first and the last point.
    const start = 1 + Math.floor((bucket * (count - 2)) / buckets);
    const end = 1 + Math.floor(((bucket + 1) * (count - 2)) / buckets);
    for (const i of extremes(values, start, end)) keep(i);
  }
  keep(count - 1);
  return result;
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
