import type { RunScale } from './x-axis.ts';

/** Points in order of step, all finite. */
export interface Points {
  steps: Float64Array;
  values: Float64Array;
  /** The newest value, where it may be null: measured, but not finite or not known. */
  last?: number | null;
}

export interface Curve {
  /** The same at every visit: it is in the address of a view that hides the curve. */
  id: string;
  label: string;
  colour: string;
  /** Lengths of strokes and gaps in pixels; none: a whole line. */
  dash?: readonly number[];
  /** In pixels. */
  width?: number;
  series: Points;
  /** Made from all points, where the series has only some of them. */
  smoothed?: Points | undefined;
  /** Its run's, where a chart has several runs; null: `steps` are units of the x axis already. */
  scale?: RunScale | null;
  /** Around the curve, as it is drawn. */
  band?: { steps: Float64Array; low: Float64Array; high: Float64Array };
  /** Of how many runs it is the mean, at each place. */
  counts?: Points;
  /** One run of a group: thin, behind the others, and without an entry in the legend. */
  isBehind?: boolean;
}
