/**
 * Lines of any length as columns that one drawing library can take: what falls on one pixel becomes at most four points,
 * its first, lowest, highest and last. The picture is the same as with all points, and takes the same time for a thousand
 * of them as for a million. Lines that were measured at different places share the quarters of pixels as a common axis.
 */
import type { AlignedData } from 'uplot';
import { indexAt } from './lines.ts';

export interface Window {
  from: number;
  to: number;
  isLogX: boolean;
  isLogY: boolean;
  /** Of the plot, in pixels of the screen. */
  width: number;
}

const QUARTERS = 4;

export function toPixels(lines: readonly { x: Float64Array; y: Float64Array }[], window: Window): AlignedData {
  const { from, to, isLogX } = window;
  const width = Math.max(1, Math.round(window.width));
  const scale = isLogX ? Math.log : (x: number) => x,
    back = isLogX ? Math.exp : (x: number) => x;
  const start = scale(from),
    perUnit = (width * QUARTERS) / (scale(to) - start);
  /** The ends of the axis have a place of their own. */
  const last = width * QUARTERS + 1;
  const isUsed = new Uint8Array(last + 1);
  const placed = lines.map((line) => {
    const places: number[] = [],
      values: (number | null)[] = [];
    const put = (at: number, value: number): void => {
      places.push(at);
      values.push(Number.isNaN(value) ? null : value);
      isUsed[at] = 1;
    };
    const before = firstInside(line.x, from) - 1,
      after = indexAt(line.x, to) + 1;
    if (before >= 0 && before + 1 < line.x.length && line.x[before + 1]! !== from)
      put(0, between(line, before, from, window));
    placeColumns(line, { first: before + 1, end: after, toQuarter: (x) => (scale(x) - start) * perUnit, width }, put);
    if (after < line.x.length && after > 0 && line.x[after - 1]! !== to)
      put(last, between(line, after - 1, to, window));
    return { places, values };
  });

  const axis: number[] = [];
  const rank = new Int32Array(last + 1);
  for (let at = 0; at <= last; at += 1) {
    if (!isUsed[at]) continue;
    rank[at] = axis.length;
    axis.push(at === 0 ? from : at === last ? to : back(start + (at - 0.5) / perUnit));
  }
  return [
    axis,
    ...placed.map(({ places, values }) => {
      const column = Array.from<number | null | undefined>({ length: axis.length });
      places.forEach((at, i) => {
        column[rank[at]!] = values[i];
      });
      return column;
    }),
  ];
}

/** The index of the first point at or after `from`. */
function firstInside(x: Float64Array, from: number): number {
  let i = indexAt(x, from);
  while (i >= 0 && x[i] === from) i -= 1;
  return i + 1;
}

/** The points from `first` up to `end`, in the quarters 1..4 * width. */
function placeColumns(
  { x, y }: { x: Float64Array; y: Float64Array },
  { first, end, toQuarter, width }: { first: number; end: number; toQuarter: (x: number) => number; width: number },
  put: (at: number, value: number) => void,
): void {
  const columnOf = (i: number): number => Math.min(width - 1, Math.floor(toQuarter(x[i]!) / QUARTERS));
  for (let i = first; i < end;) {
    const column = columnOf(i);
    let low = i,
      high = i,
      next = i + 1;
    while (next < end && columnOf(next) === column) {
      if (!(y[next]! >= y[low]!)) low = Number.isNaN(y[next]) ? low : next;
      if (!(y[next]! <= y[high]!)) high = Number.isNaN(y[next]) ? high : next;
      next += 1;
    }
    const kept = [...new Set([i, low, high, next - 1])].sort((a, b) => a - b);
    let free = 0;
    for (const [k, point] of kept.entries()) {
      const wished = Math.floor(toQuarter(x[point]!)) - column * QUARTERS;
      const quarter = Math.min(QUARTERS - (kept.length - k), Math.max(free, wished));
      put(1 + column * QUARTERS + quarter, y[point]!);
      free = quarter + 1;
    }
    i = next;
  }
}

/** The line's height at `at`, between the points `i` and `i + 1`, straight on the screen. */
function between(
  { x, y }: { x: Float64Array; y: Float64Array },
  i: number,
  at: number,
  { isLogX, isLogY }: Window,
): number {
  const across = isLogX ? Math.log : (value: number) => value;
  const share = (across(at) - across(x[i]!)) / (across(x[i + 1]!) - across(x[i]!));
  const [one, other] = [y[i]!, y[i + 1]!];
  return isLogY ? one ** (1 - share) * other ** share : one + (other - one) * share;
}
