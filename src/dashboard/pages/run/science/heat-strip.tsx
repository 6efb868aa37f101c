import { useEffect, useRef } from 'preact/hooks';
import type { Histogram } from '../../../../vocabulary/index.ts';
import { number, stepLabel, whole } from '../../../parts/format.ts';
import { palette } from '../../../theme.ts';
import { useWidth } from './use-width.ts';

interface Props {
  steps: number[];
  histograms: (Histogram | null)[];
  /** The last step of the axis. */
  end: number;
  at: number | null;
  look: (step: number | null) => void;
}

const HEIGHT = 160;
/** Of a value's share: a tenth as many values are still a third as dark. */
const shade = (share: number): number => Math.sqrt(share);

/** Steps from left to right, values from bottom to top; the darker a place, the more values lie there. */
export function HeatStrip({ steps, histograms, end, at, look }: Props) {
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = palette.value;
  const known = histograms.filter((histogram) => histogram !== null);
  const range = Math.max(0, ...known.map((histogram) => histogram.range));
  const bottom = known.every(({ minimum }) => (minimum ?? 0) >= 0) ? 0 : -range;
  const x = (step: number): number => (width * step) / Math.max(1, end);

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || width === 0) return;
    const pixels = devicePixelRatio;
    context.canvas.width = width * pixels;
    context.canvas.height = HEIGHT * pixels;
    context.scale(pixels, pixels);
    context.fillStyle = colours.ember;
    const y = (value: number): number => (HEIGHT * (range - value)) / (range - bottom || 1);
    histograms.forEach((histogram, place) => {
      if (!histogram || histogram.range === 0) return;
      const from = x(steps[place]!);
      const to = Math.max(from + 2, x(steps[place + 1] ?? end));
      const most = Math.max(1, ...histogram.counts);
      const binHeight = (2 * histogram.range) / histogram.counts.length;
      histogram.counts.forEach((count, bin) => {
        if (count === 0) return;
        const top = y(-histogram.range + (bin + 1) * binHeight);
        context.globalAlpha = shade(count / most);
        context.fillRect(from, top, to - from, Math.max(0.5, y(-histogram.range + bin * binHeight) - top));
      });
    });
    if (at === null) return;
    context.globalAlpha = 1;
    context.fillStyle = colours.ink;
    context.fillRect(Math.min(width - 1, x(at)), 0, 1, HEIGHT);
  }, [width, steps, histograms, end, at, colours]);

  const { minimum = null, maximum = null } = histograms.at(-1) ?? {};
  return (
    <div class="heat">
      <div class="heat-values faint num" aria-hidden="true">
        <span>{number(range)}</span>
        {bottom < 0 && <span>0</span>}
        <span>{number(bottom)}</span>
      </div>
      <div ref={box}>
        <canvas
          ref={canvas}
          style={{ height: `${HEIGHT}px` }}
          role="img"
          aria-label={`Distribution over ${whole(steps.length)} verdicts; the newest is from ${number(minimum)} to ${number(maximum)}.`}
          onClick={(event) => {
            const step = Math.round((event.offsetX / Math.max(1, width)) * end);
            look(step >= end ? null : step);
          }}
        />
        <div class="heat-steps faint num" aria-hidden="true">
          <span>{stepLabel(0)}</span>
          <span>step {stepLabel(end)}</span>
        </div>
      </div>
    </div>
  );
}
