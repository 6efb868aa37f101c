import { signal, useSignal, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import '../styles/charts.css';
import type { Marks } from '../data/marks.ts';
import { number, stepLabel, whole } from '../parts/format.ts';
import { palette } from '../theme.ts';
import { align, type Curve } from './align.ts';
import { axisRange, type Ends } from './axis-range.ts';
import { drawMarks } from './draw-marks.ts';

export type { Curve } from './align.ts';
export type Range = readonly [from: number, to: number];

/** A step range that several charts share: dragging over one of them zooms all. */
export const newZoom = (): Signal<Range | null> => signal(null);

interface Props {
  title: string;
  /** Read at every change of `version`. */
  curves: () => Curve[];
  version: number;
  zoom: Signal<Range | null>;
  sync: string;
  marks?: Marks;
  format?: (value: number | null) => string;
  height?: number;
  /** The past step on screen. */
  at?: number | null;
  /** The last step of the axis, common to all charts of a page. */
  end: number;
  /** Fixed ends of the y axis. */
  range?: Ends;
  /** The possible values: the axis does not go beyond them. */
  domain?: Ends;
  isLog?: boolean;
  /** Where a table above names the curves, the legend shows their values alone. */
  areNamed?: boolean;
  /** More curves than this are named by their first and last only. */
  compactLegend?: number;
  children?: preact.ComponentChildren;
}

/** Curves over steps, with the newest values (or those under the pointer) as the legend. */
export function Chart({
  title,
  curves,
  version,
  zoom,
  sync,
  marks,
  format = number,
  height = 190,
  at = null,
  end,
  range,
  domain = [0, null],
  isLog = false,
  areNamed = true,
  compactLegend = 8,
  children,
}: Props) {
  const box = useRef<HTMLDivElement>(null);
  const isInSight = useSignal(false);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ marks, at, end, domain });
  latest.current = { marks, at, end, domain };
  const pointed = useSignal<number | null>(null);
  const colours = palette.value;
  const shown = curves();
  const key = shown.map((curve) => curve.label).join('|');
  const canBeLog = isLog && shown.every((curve) => curve.series.values.every((value) => value > 0));

  useEffect(() => {
    const host = box.current!;
    const axis = {
      stroke: colours.muted,
      grid: { stroke: colours.line, width: 1 },
      ticks: { show: false },
      font: '11px Inter, system-ui, sans-serif',
      gap: 6,
    };
    const chart = new uPlot(
      {
        width: host.clientWidth,
        height,
        padding: [10, 16, 0, 0],
        legend: { show: false },
        cursor: {
          sync: { key: sync },
          drag: { x: true, y: false, setScale: false },
          points: { size: 7, width: 2 },
          y: false,
        },
        scales: {
          x: { time: false, range: () => (zoom.peek() ? [...zoom.peek()!] : [0, Math.max(1, latest.current.end)]) },
          // The library's names for its scales exist in its types only; 3 is logarithmic.
          y: canBeLog
            ? { distr: 3 }
            : {
                range: (_: uPlot, min: number | null, max: number | null) =>
                  axisRange(min, max, { fixed: range, domain: latest.current.domain }),
              },
        },
        axes: [
          { ...axis, size: 26, space: 70, values: (_, ticks) => ticks.map(stepLabel) },
          {
            ...axis,
            size: 52,
            space: 36,
            ...(format === whole ? { incrs: WHOLE_INCREMENTS } : {}),
            values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))),
          },
        ],
        series: [
          {},
          ...shown.map((curve) => ({
            label: curve.label,
            stroke: curve.colour,
            width: curve.width ?? 1.5,
            spanGaps: true,
            points: { show: (u: uPlot, index: number) => (u.data[index]?.length ?? 0) < 2 },
          })),
        ],
        hooks: {
          draw: [(u) => drawMarks(u, latest.current, colours)],
          setCursor: [
            (u) => {
              pointed.value = u.cursor.left !== undefined && u.cursor.left >= 0 ? u.posToVal(u.cursor.left, 'x') : null;
            },
          ],
          setSelect: [
            (u) => {
              if (u.select.width < 6) return;
              zoom.value = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')];
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      align(shown),
      host,
    );
    plot.current = chart;
    const back = () => {
      zoom.value = null;
    };
    chart.over.addEventListener('dblclick', back);
    const observer = new ResizeObserver(([entry]) => chart.setSize({ width: entry!.contentRect.width, height }));
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
      chart.destroy();
      plot.current = null;
    };
  }, [key, colours, height, canBeLog, sync]);
  // A chart that is scrolled out of view is not redrawn.
  useEffect(() => {
    if (isInSight.value) plot.current?.setData(align(curves()));
  }, [version, isInSight.value, zoom.value, key, colours, canBeLog, end]);
  useEffect(() => {
    plot.current?.redraw(false);
  }, [at]);

  const values = shown.map((curve) => (pointed.value === null ? curve.series.last : curve.series.at(pointed.value)));
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <div class="legend">
          {shown.map(
            (curve, i) =>
              (shown.length <= compactLegend || i === 0 || i === shown.length - 1) && (
                <span key={curve.label}>
                  <i style={{ background: curve.colour }} />
                  {shown.length > 1 && <em class={areNamed ? '' : 'sr'}>{curve.label}</em>}
                  <b class="num">{format(values[i] ?? null)}</b>
                </span>
              ),
          )}
        </div>
        {children}
      </figcaption>
      <div
        ref={box}
        class="plot"
        style={{ height: `${height}px` }}
        role="img"
        aria-label={`${title} by step. ${shown.map((curve) => `${curve.label}: ${format(curve.series.last)}`).join(', ')}`}
      />
    </figure>
  );
}

/** Counts have no ticks between whole numbers. */
const WHOLE_INCREMENTS = Array.from({ length: 7 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
