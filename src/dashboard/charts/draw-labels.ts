/** What is drawn into the plot beside the lines: names at their ends, and marks where a line leaves a clipped axis. */
import type uPlot from 'uplot';
import type { Line } from './lines.ts';
import { indexAt } from './lines.ts';
import { shorten } from '../parts/short.ts';

const LABEL_HEIGHT = 13,
  LABEL_LETTERS = 16;
/** The width that is kept free for the names, in pixels. */
export const LABELS_WIDTH = 140;

/** The names of as many lines as there is room for, near the heights of their ends; the one that is lit always. */
export function drawLabels(plot: uPlot, lines: readonly Line[], lit: string | null, ink: string): void {
  const { ctx: context, bbox } = plot;
  const ratio = devicePixelRatio;
  const to = plot.scales.x!.max ?? 0;
  const ends = lines.flatMap(({ curve, x, y }) => {
    const value = y[indexAt(x, to)];
    if (value === undefined || Number.isNaN(value)) return [];
    const at = plot.valToPos(value, 'y', true);
    return [{ curve, at: Math.min(bbox.top + bbox.height, Math.max(bbox.top, at)) }];
  });
  const room = Math.max(1, Math.floor(bbox.height / (LABEL_HEIGHT * ratio)));
  const chosen = choose(
    ends.sort((a, b) => a.at - b.at),
    room,
    ({ curve }) => curve.id === lit,
  );
  const heights = spread(
    chosen.map(({ at }) => at),
    { gap: LABEL_HEIGHT * ratio, least: bbox.top, most: bbox.top + bbox.height },
  );
  const common = commonWords(lines.map(({ curve }) => curve.label));
  context.save();
  context.font = `${11 * ratio}px Inter, system-ui, sans-serif`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  chosen.forEach(({ curve, at }, i) => {
    const left = bbox.left + bbox.width + 3 * ratio,
      height = heights[i]!;
    context.globalAlpha = lit === null || curve.id === lit || !chosen.some((one) => one.curve.id === lit) ? 1 : 0.4;
    context.strokeStyle = curve.colour;
    context.lineWidth = ratio;
    context.setLineDash((curve.dash ?? []).map((length) => length * ratio));
    context.beginPath();
    context.moveTo(left, at);
    context.lineTo(left + 14 * ratio, height);
    context.stroke();
    context.fillStyle = ink;
    const rest = curve.label.slice(common);
    context.fillText((common > 0 ? '…' : '') + shorten(rest, LABEL_LETTERS), left + 18 * ratio, height);
  });
  context.restore();
}

/** At most `most` of the items, evenly taken from their order; those that are wanted are among them. */
function choose<T>(items: readonly T[], most: number, isWanted: (item: T) => boolean): T[] {
  if (items.length <= most) return [...items];
  const kept = new Set(
    Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / Math.max(1, most - 1))),
  );
  const wanted = items.findIndex(isWanted);
  if (wanted >= 0 && !kept.has(wanted)) {
    const closest = [...kept].reduce((a, b) => (Math.abs(a - wanted) <= Math.abs(b - wanted) ? a : b));
    kept.delete(closest);
    kept.add(wanted);
  }
  return items.filter((_, i) => kept.has(i));
}

/** Ascending places, moved apart until they are at least `gap` apart, and back between the ends. */
function spread(
  places: readonly number[],
  { gap, least, most }: { gap: number; least: number; most: number },
): number[] {
  const moved: number[] = [];
  for (const place of places) moved.push(Math.max(place, (moved.at(-1) ?? least - gap) + gap));
  let limit = most;
  for (let i = moved.length - 1; i >= 0; i -= 1) {
    moved[i] = Math.min(moved[i]!, limit);
    limit = moved[i]! - gap;
  }
  return moved;
}

const LEAST_COMMON = 4;

/** The length of the words that all names begin with, if it is worth leaving out. */
function commonWords(names: readonly string[]): number {
  const [first = '', ...others] = names;
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) length += 1;
  const words = first.slice(0, length).lastIndexOf(' ') + 1;
  return others.length > 0 && words >= LEAST_COMMON ? words : 0;
}

/** A triangle at the edge for each place where points lie beyond it, at most one every few pixels. */
export function drawClipMarks(plot: uPlot, lines: readonly Line[]): void {
  const { ctx: context, bbox } = plot;
  const size = 5 * devicePixelRatio;
  const { min: from = 0, max: to = 0 } = plot.scales.x!;
  const { min: low = 0, max: high = 0 } = plot.scales.y!;
  context.save();
  for (const { curve, x, y } of lines) {
    const drawn = { above: -Infinity, below: -Infinity };
    context.fillStyle = curve.colour;
    for (let i = Math.max(0, indexAt(x, from)); i < x.length && x[i]! <= to; i += 1) {
      const side = y[i]! > high ? 'above' : y[i]! < low ? 'below' : null;
      if (side === null || x[i]! < from) continue;
      const at = plot.valToPos(x[i]!, 'x', true);
      if (at - drawn[side] < 2 * size) continue;
      drawn[side] = at;
      const edge = side === 'above' ? bbox.top : bbox.top + bbox.height,
        inwards = side === 'above' ? size * 1.4 : -size * 1.4;
      context.beginPath();
      context.moveTo(at, edge);
      context.lineTo(at - size, edge + inwards);
      context.lineTo(at + size, edge + inwards);
      context.fill();
    }
  }
  context.restore();
}
