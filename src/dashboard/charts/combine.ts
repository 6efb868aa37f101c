/** Several curves as one: their mean or median, with a band, at every place where some of them are. */
import type { Points } from './curve.ts';
import { indexAt } from './lines.ts';

export const MIDDLES = ['mean', 'median'] as const;
export type Middle = (typeof MIDDLES)[number];
export const BANDS = ['range', 'std', 'stderr', 'ci95'] as const;
export type Band = (typeof BANDS)[number];

export interface Combined extends Points {
  low: Float64Array;
  high: Float64Array;
  /** How many of the curves there are at each place. */
  counts: Float64Array;
}

/** Curves at different places meet at no more places than these. */
const MOST_PLACES = 1000;

/**
 * Curves that were measured at the same places are combined there. Others meet on a common axis, on which each is a
 * straight line between two of its points; before its first and after its last point a curve is not counted.
 */
export function combine(curves: readonly Points[], { middle, band }: { middle: Middle; band: Band }): Combined {
  const present = curves.filter(({ steps }) => steps.length > 0);
  const steps = commonPlaces(present);
  const columns = { values: [], low: [], high: [], counts: [] } as Record<
    'values' | 'low' | 'high' | 'counts',
    number[]
  >;
  for (const step of steps) {
    const values = present.map((curve) => valueBetween(curve, step)).filter((value) => !Number.isNaN(value));
    const centre = middle === 'mean' ? meanOf(values) : medianOf(values);
    const [low, high] = bandOf(values, centre, band);
    columns.values.push(centre);
    columns.low.push(low);
    columns.high.push(high);
    columns.counts.push(values.length);
  }
  return {
    steps,
    values: Float64Array.from(columns.values),
    low: Float64Array.from(columns.low),
    high: Float64Array.from(columns.high),
    counts: Float64Array.from(columns.counts),
  };
}

function commonPlaces(curves: readonly Points[]): Float64Array {
  const first = curves[0]?.steps ?? new Float64Array();
  if (curves.every(({ steps }) => steps.length === first.length && steps.every((step, i) => step === first[i])))
    return first;
  const all = Float64Array.from(new Set(curves.flatMap(({ steps }) => [...steps]))).sort();
  if (all.length <= MOST_PLACES) return all;
  const last = all.length - 1;
  return Float64Array.from({ length: MOST_PLACES }, (_, i) => all[Math.round((i * last) / (MOST_PLACES - 1))]!);
}

/** NaN outside of the curve. */
function valueBetween({ steps, values }: Points, at: number): number {
  const i = indexAt(steps, at);
  if (i < 0) return Number.NaN;
  if (steps[i] === at) return values[i]!;
  if (i + 1 >= steps.length) return Number.NaN;
  return values[i]! + ((at - steps[i]!) / (steps[i + 1]! - steps[i]!)) * (values[i + 1]! - values[i]!);
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Of a sample: divided by n - 1. 0 for one value. */
export function deviationOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function bandOf(values: readonly number[], centre: number, band: Band): [low: number, high: number] {
  const halves: Record<Exclude<Band, 'range'>, () => number> = {
    std: () => deviationOf(values),
    stderr: () => deviationOf(values) / Math.sqrt(values.length),
    ci95: () => (studentT95(values.length - 1) * deviationOf(values)) / Math.sqrt(values.length),
  };
  if (band === 'range') return [Math.min(...values), Math.max(...values)];
  const half = halves[band]();
  return [centre - half, centre + half];
}

/** The 97.5 % quantile of Student's t for 1, 2, 3 ... degrees of freedom, from the usual tables. */
const STUDENT_T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Beyond the table, by its first correction to the normal quantile z: z + (z^3 + z) / (4 n). */
function studentT95(degrees: number): number {
  if (degrees < 1) return 0;
  const z = 1.959964;
  return STUDENT_T[degrees - 1] ?? z + (z ** 3 + z) / (4 * degrees);
}
