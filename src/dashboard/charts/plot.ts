/** One chart on the screen: the drawing library with this page's axes, marks and gestures. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Marks } from '../data/marks.ts';
import { whole } from '../parts/format.ts';
import type { palette } from '../theme.ts';
import { zoomTo } from './charts-view.ts';
import { drawClipMarks, drawLabels, LABELS_WIDTH } from './draw-labels.ts';
import { drawMarks } from './draw-marks.ts';
import type { Drawing } from './drawing.ts';
import type { Line } from './lines.ts';
import { xLabel, type XAxis } from './x-axis.ts';

export interface PlotOptions {
  width: number;
  height: number;
  colours: typeof palette.value;
  axis: XAxis;
  isLogX: boolean;
  isLogY: boolean;
  hasLabels: boolean;
  format: (value: number | null) => string;
}

/** Read whenever something is painted. */
export interface Shown {
  drawing: Drawing;
  marks: Marks | undefined;
  at: number | null;
  toX: (step: number) => number;
  isClipped: boolean;
  /** The id of the curve that stands out, if one does. */
  lit: string | null;
}

export interface PlotEvents {
  /** The place on the x axis under the pointer, or that of another chart of the page. */
  point: (x: number | null) => void;
  /** The pointer is in this chart, near this line or none. */
  near: (id: string | null) => void;
}

const AXIS_WIDTH = 52,
  AXIS_HEIGHT = 26;
const PADDING = 16;

/** The width in pixels of what is between the axes. */
export const plotWidth = (width: number, hasLabels: boolean): number =>
  Math.max(1, width - AXIS_WIDTH - (hasLabels ? LABELS_WIDTH : PADDING));

/** Counts have no ticks between whole numbers. */
const WHOLE_INCREMENTS = Array.from({ length: 7 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
const FAINT = 0.25,
  MANY_LINES = 16,
  NEAR_PX = 30;

export function openPlot(
  host: HTMLElement,
  { width, height, colours, axis, isLogX, isLogY, hasLabels, format }: PlotOptions,
  shown: () => Shown,
  events: PlotEvents,
): uPlot {
  const axisStyle = {
    stroke: colours.muted,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    font: '11px Inter, system-ui, sans-serif',
    gap: 6,
  };
  const { lines, columns } = shown().drawing;
  const plot = new uPlot(
    {
      width,
      height,
      padding: [10, hasLabels ? LABELS_WIDTH : PADDING, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: 'page', setSeries: false },
        drag: { x: true, y: false, setScale: false },
        points: { size: 7, width: 2, show: lines.length <= 8 },
        y: false,
      },
      scales: {
        // The library's names for its scales exist in its types only; 3 is logarithmic.
        x: { time: false, ...(isLogX && { distr: 3 }), range: () => [...shown().drawing.x] },
        y: { ...(isLogY && { distr: 3 }), range: () => [...shown().drawing.y] },
      },
      axes: [
        { ...axisStyle, size: AXIS_HEIGHT, space: 70, values: (_, ticks) => ticks.map((tick) => xLabel(axis, tick)) },
        {
          ...axisStyle,
          size: AXIS_WIDTH,
          space: isLogY ? 18 : 36,
          ...(format === whole ? { incrs: WHOLE_INCREMENTS } : {}),
          values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))),
        },
      ],
      series: [{}, ...lines.map((line) => seriesOf(line, lines.length))],
      bands: bandsOf(lines),
      hooks: {
        draw: [
          (u) => {
            const { drawing, marks, at, toX, isClipped, lit } = shown();
            const mains = drawing.lines.filter(({ role, curve }) => role === 'main' && !curve.isBehind);
            drawMarks(u, { marks, at, toX }, colours);
            if (isClipped)
              drawClipMarks(
                u,
                drawing.lines.filter(({ role }) => role === 'main' || role === 'raw'),
              );
            if (hasLabels) drawLabels(u, mains, lit, colours.ink);
          },
        ],
        setCursor: [
          (u) => {
            const { left = -1, top = -1 } = u.cursor;
            events.point(left >= 0 ? u.posToVal(left, 'x') : null);
            // A cursor that follows another chart's has no event.
            if (u.cursor.event) events.near(left >= 0 && top >= 0 ? nearest(u, shown().drawing, top) : null);
          },
        ],
        setSelect: [
          (u) => {
            if (u.select.width < 6) return;
            zoomTo([u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')]);
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    columns,
    host,
  );
  plot.over.addEventListener('dblclick', () => zoomTo(null));
  return plot;
}

/** The lit curve stands out, and the others step back. */
export function light(plot: uPlot, lines: readonly Line[], lit: string | null): void {
  const isHere = lines.some(({ curve }) => curve.id === lit);
  lines.forEach((line, i) => {
    const series = plot.series[i + 1];
    if (!series) return;
    const { alpha, width } = seriesOf(line, lines.length);
    series.alpha = !isHere || line.curve.id === lit ? alpha : alpha * FAINT;
    series.width = isHere && line.curve.id === lit && line.role === 'main' ? width + 1 : width;
  });
  plot.redraw(false);
}

function seriesOf({ curve, role }: Line, lines: number) {
  const isMain = role === 'main';
  const isEdge = role === 'low' || role === 'high';
  return {
    label: curve.label,
    stroke: curve.colour,
    width: isEdge ? 0 : isMain && !curve.isBehind ? (curve.width ?? 1.5) : 1,
    // The points behind many smoothed curves would cover them.
    alpha: curve.isBehind ? FAINT : isMain ? 1 : lines > MANY_LINES ? 0.1 : 0.35,
    ...(curve.dash && isMain && { dash: [...curve.dash] }),
    spanGaps: false,
    points: { show: (u: uPlot, index: number) => !isEdge && isAlone(u.data[index] ?? []) },
  };
}

/** A line needs two points; one alone is drawn as a dot. */
function isAlone(column: ArrayLike<number | null | undefined>): boolean {
  let count = 0;
  for (let i = 0; i < column.length && count < 2; i += 1) if (typeof column[i] === 'number') count += 1;
  return count === 1;
}

function bandsOf(lines: readonly Line[]): uPlot.Band[] {
  return lines.flatMap(({ curve, role }, i) => {
    if (role !== 'high') return [];
    const low = lines.findIndex((other) => other.curve === curve && other.role === 'low');
    return [
      { series: [i + 1, low + 1] as [number, number], fill: `color-mix(in srgb, ${curve.colour} 18%, transparent)` },
    ];
  });
}

/** The curve whose line is closest to the pointer, if one is close; `top` is in pixels of the page. */
function nearest(plot: uPlot, { lines }: Drawing, top: number): string | null {
  let id: string | null = null,
    least = NEAR_PX;
  for (const [i, { curve, role }] of lines.entries()) {
    if (role !== 'main' || curve.isBehind) continue;
    const value = valueNear(plot.data[i + 1] ?? [], plot.cursor.idx ?? 0);
    const distance = value === null ? Infinity : Math.abs(plot.valToPos(value, 'y') - top);
    if (distance < least) [id, least] = [curve.id, distance];
  }
  return id;
}

/** The value at a place of the columns, or at the nearest before or after it that the line has. */
function valueNear(column: ArrayLike<number | null | undefined>, at: number): number | null {
  for (let away = 0; away < column.length; away += 1)
    for (const i of [at - away, at + away]) {
      const value = column[i];
      if (typeof value === 'number') return value;
    }
  return null;
}
