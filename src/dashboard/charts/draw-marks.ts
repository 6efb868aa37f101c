import type uPlot from 'uplot';
import type { Marks } from '../data/marks.ts';

interface Colours {
  ember: string;
  cold: string;
  muted: string;
  ink: string;
}

/**
 * Events as ticks on the axis, at most one per pixel; the past step on screen as a line through the plot. Both are
 * given in steps.
 */
export function drawMarks(
  plot: uPlot,
  { marks, at, toX }: { marks?: Marks | undefined; at: number | null; toX: (step: number) => number },
  colours: Colours,
): void {
  const { ctx: context, bbox } = plot;
  const ratio = devicePixelRatio;
  const left = plot.scales.x!.min ?? 0,
    right = plot.scales.x!.max ?? 0;
  context.save();
  context.lineWidth = Math.max(1, ratio);
  if (marks) {
    const rows: [number[], string, height: number][] = [
      [marks.other, colours.muted, 6],
      [marks.died, colours.cold, 11],
      [marks.revived, colours.ember, 6],
    ];
    for (const [steps, colour, height] of rows) {
      context.beginPath();
      let drawn = -1;
      for (const step of steps) {
        const place = toX(step);
        if (place > right) break;
        if (!(place >= left)) continue;
        const x = Math.round(plot.valToPos(place, 'x', true));
        if (x === drawn) continue;
        drawn = x;
        context.moveTo(x + 0.5, bbox.top + bbox.height);
        context.lineTo(x + 0.5, bbox.top + bbox.height - height * ratio);
      }
      context.strokeStyle = colour;
      context.stroke();
    }
  }
  const place = at === null ? Number.NaN : toX(at);
  if (place >= left && place <= right) {
    const x = Math.round(plot.valToPos(place, 'x', true)) + 0.5;
    context.beginPath();
    context.moveTo(x, bbox.top);
    context.lineTo(x, bbox.top + bbox.height);
    context.strokeStyle = colours.ink;
    context.setLineDash([3 * ratio, 3 * ratio]);
    context.stroke();
  }
  context.restore();
}
