import type { Drawing } from '../drawing.ts';
import type { XAxis } from '../x-axis.ts';

/** One chart as it is on the screen, with everything that a file needs to say what it shows. */
export interface Picture {
  title: string;
  drawing: Drawing;
  axis: XAxis;
  isLogX: boolean;
  isLogY: boolean;
  smoothing: number;
  format: (value: number | null) => string;
  /** What is not shown, in words. */
  notes: string[];
  /** Of the plot with its axes, in pixels. */
  width: number;
  height: number;
  colours: { ink: string; muted: string; line: string; surface: string };
}
