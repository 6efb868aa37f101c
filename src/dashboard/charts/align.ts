import type uPlot from 'uplot';
import type { Series } from '../data/series.ts';

export interface Curve {
  label: string;
  colour: string;
  series: Pick<Series, 'steps' | 'values' | 'length' | 'last' | 'at'>;
  width?: number;
}

/** Columns over one common axis. Curves that were measured at the same steps, the usual case, are used as they are. */
export function align(curves: Curve[]): uPlot.AlignedData {
  const columns = curves.map(({ series }) => ({ steps: series.steps, values: series.values }));
  const first = columns[0]?.steps;
  if (!first) return [[]];
  const areAligned = columns.every(
    ({ steps }) =>
      steps.length === first.length && steps[0] === first[0] && steps[steps.length - 1] === first[first.length - 1],
  );
  if (areAligned) return [first, ...columns.map(({ values }) => values)];

  const axis = columns.map(({ steps }) => steps).reduce(union);
  return [axis, ...columns.map(({ steps, values }) => spread(axis, steps, values))];
}

/** Both in order, each step once. */
function union(a: Float64Array<ArrayBuffer>, b: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const merged = new Float64Array(a.length + b.length);
  let i = 0,
    j = 0,
    length = 0;
  while (i < a.length || j < b.length) {
    const x = a[i] ?? Infinity,
      y = b[j] ?? Infinity;
    merged[length] = Math.min(x, y);
    length += 1;
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  return merged.subarray(0, length);
}

/** The values at their places on the axis; undefined, which the line skips, where nothing was measured. */
function spread(axis: Float64Array, steps: Float64Array, values: Float64Array): (number | undefined)[] {
  let from = 0;
  return Array.from(axis, (step) => (steps[from] === step ? values[from++] : undefined));
}
