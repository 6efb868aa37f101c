/** Everything that one chart shows at one moment, before it is painted: on the screen, or into a file. */
import type { AlignedData } from 'uplot';
import { axisRange, clippedEnds, logRange, type Ends, type Range } from './axis-range.ts';
import type { Curve } from './curve.ts';
import { countBeyond, toLines, type Line, type LineOptions } from './lines.ts';
import { toPixels } from './pixels.ts';

export interface Drawing {
  lines: Line[];
  /** One column per line, over the places that they share. */
  columns: AlignedData;
  x: Range;
  y: Range;
  /** Points that a logarithmic axis cannot show. */
  unshown: number;
  /** Points beyond the ends of a clipped axis. */
  beyond: number;
}

export interface DrawingOptions extends LineOptions {
  zoom: Range | null;
  /** The end of the x axis. */
  end: number;
  isClipped: boolean;
  /** Fixed ends of the y axis. */
  fixed: Ends | undefined;
  /** The possible values. */
  domain: Ends | undefined;
  /** Pixels of the screen. */
  width: number;
}

export function draw(curves: readonly Curve[], options: DrawingOptions): Drawing {
  const { lines, unshown } = toLines(curves, options);
  const x = xRange(lines, options);
  const columns = toPixels(lines, { from: x[0], to: x[1], ...options });
  const mains = lines.filter(({ role }) => role === 'main' || role === 'raw');
  const y = yRange(columns, lines, mains, x, options);
  return { lines, columns, x, y, unshown, beyond: options.isClipped ? countBeyond(mains, x, y) : 0 };
}

function xRange(lines: readonly Line[], { zoom, end, isLogX, axis }: DrawingOptions): Range {
  if (!isLogX) return zoom ?? [0, end > 0 ? end : 1];
  const first = Math.min(...lines.map(({ x }) => x[0] ?? Infinity));
  const from = zoom && zoom[0] > 0 ? zoom[0] : Number.isFinite(first) ? first : axis === 'step' ? 1 : end / 1000 || 1;
  const to = zoom?.[1] ?? end;
  return [from, to > from ? to : from * 10];
}

function yRange(
  [, ...columns]: AlignedData,
  lines: readonly Line[],
  mains: readonly Line[],
  x: Range,
  { isLogY, isClipped, fixed, domain }: DrawingOptions,
): Range {
  let min = Infinity,
    max = -Infinity;
  for (const [i, column] of columns.entries()) {
    // The lower end of a band may be close to zero, which is far away on a logarithmic axis.
    if (isLogY && lines[i]!.role === 'low') continue;
    for (const value of column) {
      if (value === null || value === undefined) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  const ends = (isClipped && clippedEnds(mains, x)) || (min <= max ? ([min, max] as const) : null);
  return isLogY
    ? logRange(ends?.[0] ?? null, ends?.[1] ?? null, { fixed })
    : axisRange(ends?.[0] ?? null, ends?.[1] ?? null, { fixed: isClipped ? undefined : fixed, domain });
}
