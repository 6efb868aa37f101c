/** Curves as lines on the axes that were chosen: converted, smoothed, and without what a logarithmic axis cannot show. */
import { Smoother } from '../../vocabulary/smoothing.ts';
import type { Curve, Points } from './curve.ts';
import { toX, type RunScale, type XAxis } from './x-axis.ts';

/** `main` is the curve, `raw` the points behind a smoothed curve, `low` and `high` the ends of its band. */
export type LineRole = 'main' | 'raw' | 'low' | 'high';

export interface Line {
  curve: Curve;
  role: LineRole;
  /** Ascending. */
  x: Float64Array;
  /** NaN: a gap. */
  y: Float64Array;
}

export interface LineOptions {
  axis: XAxis;
  /** Of curves without their own; null: steps are units of the axis. */
  scale: RunScale | null;
  isLogX: boolean;
  isLogY: boolean;
  smoothing: number;
  /** The width of the axis in steps, which the smoothing refers to. */
  smoothingRange: number;
}

export interface Lines {
  /** What is behind comes first. */
  lines: Line[];
  /** Points that are not shown because a logarithmic axis has no place for zero and less. */
  unshown: number;
}

export function toLines(curves: readonly Curve[], options: LineOptions): Lines {
  const lines: Line[] = [];
  let unshown = 0;
  for (const curve of curves) {
    const raw = place(curve.series, curve, options);
    unshown += raw.unshown;
    if (curve.band) {
      const { steps } = curve.band;
      for (const role of ['low', 'high'] as const)
        lines.push({ curve, role, ...place({ steps, values: curve.band[role] }, curve, options) });
    }
    if (options.smoothing > 0) {
      if (!curve.isBehind) lines.push({ curve, role: 'raw', ...raw });
      lines.push({ curve, role: 'main', ...place(curve.smoothed ?? smooth(curve.series, options), curve, options) });
    } else lines.push({ curve, role: 'main', ...raw });
  }
  const depth = ({ role, curve }: Line): number => (role === 'main' ? 2 : 0) + (curve.isBehind ? 0 : 1);
  return { lines: lines.sort((a, b) => depth(a) - depth(b)), unshown };
}

/** Of points in steps. */
export function smooth(
  { steps, values }: Points,
  { smoothing, smoothingRange }: Pick<LineOptions, 'smoothing' | 'smoothingRange'>,
): Points {
  const smoother = new Smoother(smoothing, smoothingRange);
  return { steps, values: values.map((value, i) => smoother.next(steps[i]!, value)) };
}

/** From steps to the units of the x axis. */
export const toUnits = ({ steps, values }: Points, axis: XAxis, scale: RunScale): Points => ({
  steps: axis === 'step' ? steps : steps.map((step) => toX(axis, scale, step)),
  values,
});

function place(
  { steps, values }: Points,
  curve: Curve,
  { axis, scale: common, isLogX, isLogY }: LineOptions,
): { x: Float64Array; y: Float64Array; unshown: number } {
  const scale = curve.scale === undefined ? common : curve.scale;
  let { steps: x, values: y } = scale === null ? { steps, values } : toUnits({ steps, values }, axis, scale);
  let unshown = 0;
  // Places that are not known, or that a logarithmic axis does not have, are at the start.
  let from = 0;
  while (from < x.length && !(isLogX ? x[from]! > 0 : Number.isFinite(x[from]))) from += 1;
  if (isLogX) unshown += from;
  if (from > 0) [x, y] = [x.subarray(from), y.subarray(from)];
  if (isLogY && y.some((value) => value <= 0)) {
    y = y.map((value) => (value > 0 ? value : Number.NaN));
    unshown += y.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
  }
  return { x, y, unshown };
}

/** The newest value at or before x; null where there is none. */
export function valueAt({ x, y }: Pick<Line, 'x' | 'y'>, at: number): number | null {
  const i = indexAt(x, at);
  const value = i < 0 ? Number.NaN : y[i]!;
  return Number.isNaN(value) ? null : value;
}

/** The index of the last of the ascending numbers that is at most `at`; -1 if there is none. */
export function indexAt(ascending: Float64Array, at: number): number {
  let low = 0,
    high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** How many points are beyond the ends of the y axis. */
export function countBeyond(
  lines: readonly Line[],
  [from, to]: readonly [from: number, to: number],
  [low, high]: readonly [low: number, high: number],
): number {
  let count = 0;
  for (const { x, y } of lines)
    for (let i = 0; i < x.length; i += 1) if (x[i]! >= from && x[i]! <= to && (y[i]! < low || y[i]! > high)) count += 1;
  return count;
}
