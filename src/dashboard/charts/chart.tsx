import { useSignal } from '@preact/signals';
import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Marks } from '../data/marks.ts';
import { number, whole } from '../parts/format.ts';
import { palette } from '../theme.ts';
import type { Ends } from './axis-range.ts';
import { ChartTools } from './chart-tools.tsx';
import { chartsView, smoothingRange, zoomTo } from './charts-view.ts';
import type { Curve } from './curve.ts';
import { draw, type Drawing } from './drawing.ts';
import { FullScreen } from './full-screen.tsx';
import { Legend, litCurve } from './legend.tsx';
import { valueAt, type Line, type LineRole } from './lines.ts';
import { light, openPlot, plotWidth, type Shown } from './plot.ts';
import { placeInWords, toX, X_AXIS_LABELS, type RunScale } from './x-axis.ts';
import '../styles/charts.css';

export type { Curve } from './curve.ts';

/** What the steps of a page's run are in epochs, samples and seconds; null: steps only. */
export const RunScaleContext = createContext<RunScale | null>(null);

/** More curves than these have their names at the ends of their lines too. */
const FEW_CURVES = 8;

export interface ChartProps {
  /** The same at every visit, and different from those of the page's other charts: it is part of the address. */
  id: string;
  title: string;
  /** Read at every change of `version`. */
  curves: () => Curve[];
  version: number;
  marks?: Marks;
  format?: (value: number | null) => string;
  height?: number;
  /** The past step on screen. */
  at?: number | null;
  /** The last step of the axis, common to all charts of a page. */
  end: number;
  /** The same in units of the x axis, where runs differ in what a step is. */
  xEnd?: number;
  /** Fixed ends of the y axis. */
  range?: Ends;
  /** The possible values: the axis does not go beyond them. */
  domain?: Ends;
  /** A setting or a count, which is never smoothed. */
  isExact?: boolean;
  children?: ComponentChildren;
}

/**
 * Curves over the x axis of the page, with the newest values (or those under the pointer) as the legend. How it is drawn
 * (smoothing, axes, zoom, hidden curves, full screen) is in the address.
 */
export function Chart(props: ChartProps) {
  const isFull = chartsView.value.full === props.id;
  return isFull ? (
    <FullScreen title={props.title} close={() => chartsView.set({ full: '' })}>
      <Figure {...props} isFull />
    </FullScreen>
  ) : (
    <Figure {...props} isFull={false} />
  );
}

function Figure({
  id,
  title,
  curves,
  version,
  marks,
  format = number,
  height = 190,
  at = null,
  end,
  xEnd,
  range,
  domain = [0, null],
  isExact = false,
  isFull,
  children,
}: ChartProps & { isFull: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isInSight = useSignal(false);
  const size = useSignal({ width: 0, height: 0 });
  const pointed = useSignal<number | null>(null);
  const colours = palette.value;
  const scale = useContext(RunScaleContext);
  const { x: axis, isLogX, logY, smoothing, isClipped, hidden, zoom } = chartsView.value;
  const isLogY = logY.includes(id);
  // The pointer changes nothing of them: only the page's next version does.
  const all = useMemo(curves, [curves, version]);
  const visible = all.filter((curve) => !hidden.includes(curve.id));
  const hasLabels = size.value.width > 420 && visible.filter(({ isBehind }) => !isBehind).length > FEW_CURVES;
  const toAxis = (step: number): number => (scale ? toX(axis, scale, step) : step);

  // Out of sight, a chart is not drawn again for every point that a run in training adds.
  const drawn = useRef<{ drawing: Drawing; from: unknown[] } | null>(null);
  const { width } = size.value;
  const options = {
    axis,
    scale,
    isLogX,
    isLogY,
    smoothing: isExact ? 0 : smoothing,
    smoothingRange: smoothingRange(end),
    zoom,
    end: xEnd ?? toAxis(end),
    isClipped,
    fixed: range,
    domain,
    width: plotWidth(width, hasLabels) * devicePixelRatio,
  };
  const look: unknown[] = [width, axis, isLogX, isLogY, smoothing, isClipped, zoom];
  const from = look.concat(
    isInSight.value ? [all, end, xEnd] : [],
    visible.flatMap((curve) => [curve.id, curve.series, curve.smoothed]),
  );
  if (!isSame(from, drawn.current?.from)) drawn.current = { drawing: draw(visible, options), from };
  const { drawing } = drawn.current!;
  const shown = useRef<Shown>(null!);
  shown.current = { drawing, marks, at, toX: toAxis, isClipped, lit: litCurve.value };

  useEffect(() => {
    const host = box.current!;
    const observer = new ResizeObserver(([entry]) => {
      const { width, height: tall } = entry!.contentRect;
      size.value = { width: Math.floor(width), height: Math.floor(tall) };
    });
    observer.observe(host);
    const sight = new IntersectionObserver(
      ([entry]) => {
        isInSight.value = entry?.isIntersecting ?? true;
      },
      { rootMargin: '100px' },
    );
    sight.observe(host);
    return () => {
      observer.disconnect();
      sight.disconnect();
    };
  }, []);

  const structure = [
    axis,
    isLogX,
    isLogY,
    hasLabels,
    ...drawing.lines.map(
      ({ curve, role }) => `${curve.id} ${role} ${curve.colour} ${curve.dash?.join()} ${curve.width}`,
    ),
  ].join('|');
  const hasSize = size.value.width > 0 && size.value.height > 0;
  useEffect(() => {
    if (!hasSize) return;
    const opened = openPlot(
      box.current!,
      { ...size.peek(), colours, axis, isLogX, isLogY, hasLabels, format },
      () => shown.current,
      {
        point: (x) => {
          pointed.value = x;
        },
        near: (near) => {
          litCurve.value = near;
        },
      },
    );
    plot.current = opened;
    return () => {
      plot.current = null;
      opened.destroy();
    };
  }, [structure, colours, hasSize]);
  useEffect(() => {
    plot.current?.setSize(size.value);
  }, [size.value]);
  useEffect(() => {
    plot.current?.setData(shown.current.drawing.columns);
  }, [drawing]);
  useEffect(() => {
    if (plot.current) light(plot.current, shown.current.drawing.lines, litCurve.value);
  }, [litCurve.value, at, structure]);

  const entries = all
    .filter(({ isBehind }) => !isBehind)
    .map((curve) => ({
      curve,
      isHidden: hidden.includes(curve.id),
      ...readCurve(curve, drawing.lines, { at: pointed.value, format }),
    }));
  const notes = [
    drawing.unshown > 0 && `${pointsInWords(drawing.unshown)} of 0 or less: not on a logarithmic axis`,
    drawing.beyond > 0 && `${pointsInWords(drawing.beyond)} beyond the axis, marked at its edge`,
  ].filter((note) => note !== false);
  const axisLabel = X_AXIS_LABELS[axis];
  return (
    <figure class={`chart ${isFull ? 'full' : ''}`}>
      <figcaption>
        <h3>
          {title} <small>by {axisLabel}</small>
        </h3>
        {children}
        <ChartTools
          id={id}
          isLogY={isLogY}
          isFull={isFull}
          picture={() => ({
            title,
            drawing: shown.current.drawing,
            axis,
            isLogX,
            isLogY,
            smoothing: isExact ? 0 : smoothing,
            format,
            notes,
            width: size.peek().width,
            height: size.peek().height,
            colours,
          })}
        />
      </figcaption>
      <Legend entries={entries} />
      <div
        ref={box}
        class="plot"
        style={isFull ? undefined : { height: `${height}px` }}
        role="img"
        tabIndex={0}
        onKeyDown={(event) => plot.current && steer(event, plot.current)}
        aria-label={`${title} by ${axisLabel}. ${entries
          .filter(({ isHidden }) => !isHidden)
          .map(({ curve, value, note }) => `${curve.label}: ${value}${note && ` (${note})`}`)
          .join(', ')}${pointed.value === null ? '' : `. At ${placeInWords(axis, pointed.value)}`}`}
      />
      {notes.length > 0 && <p class="chart-notes">{notes.join('. ')}.</p>}
    </figure>
  );
}

/** What a legend says of a curve at a place of the x axis; null is the newest end. */
function readCurve(
  curve: Curve,
  lines: readonly Line[],
  { at, format }: { at: number | null; format: (value: number | null) => string },
): { value: string; note: string } {
  const find = (role: LineRole) => lines.find((line) => line.role === role && line.curve.id === curve.id);
  const main = find('main'),
    raw = find('raw');
  const measured = raw ?? main;
  const place = at ?? Infinity;
  const value =
    at === null && curve.series.last !== undefined ? curve.series.last : measured ? valueAt(measured, place) : null;
  const runs = curve.counts && valueAt({ x: curve.counts.steps, y: curve.counts.values }, place);
  const notes = [
    raw && main && `smoothed ${format(valueAt(main, place))}`,
    at !== null && runs && `N = ${whole(runs)} here`,
  ];
  return { value: format(value), note: notes.filter(Boolean).join(', ') };
}

const isSame = (a: readonly unknown[], b: readonly unknown[] | undefined): boolean =>
  a.length === b?.length && a.every((item, i) => item === b[i]);

const pointsInWords = (points: number): string => `${whole(points)} ${points === 1 ? 'point' : 'points'}`;

/** Arrow keys move the cursor of all charts, + and - zoom around it, 0 shows everything. */
function steer(event: KeyboardEvent, plot: uPlot): void {
  const { width } = plot.over.getBoundingClientRect();
  const { left = -1 } = plot.cursor;
  const place = left < 0 ? width / 2 : left;
  const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const zoom = { '+': 0.5, '=': 0.5, '-': 2 }[event.key];
  if (move !== undefined)
    plot.setCursor({ left: Math.min(width - 1, Math.max(0, place + (move * width) / 50)), top: 0 });
  else if (zoom !== undefined) {
    const [from, to] = [place - (width * zoom) / 2, place + (width * zoom) / 2].map((px) => plot.posToVal(px, 'x'));
    zoomTo([Math.max(0, from!), to!]);
  } else if (event.key === '0') zoomTo(null);
  else return;
  event.preventDefault();
}
