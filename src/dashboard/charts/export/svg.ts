/** A chart as a drawing of its own: title, axes with names, lines, and a legend. The screen's view, without its size. */
import { X_AXIS_LABELS, xLabel } from '../x-axis.ts';
import type { Line } from '../lines.ts';
import type { Picture } from './picture.ts';
import { linearTicks, logTicks } from './ticks.ts';

const LEFT = 64,
  RIGHT = 20,
  TOP = 44,
  AXIS = 44,
  LEGEND_ROW = 20,
  NOTE_ROW = 16,
  FONT = 'Inter, system-ui, sans-serif',
  LETTER = 6.6;
const WIDTH_LEAST = 480,
  HEIGHT_LEAST = 240;

export interface Svg {
  text: string;
  width: number;
  height: number;
}

export function toSvg(picture: Picture): Svg {
  const { title, drawing, axis, isLogX, isLogY, smoothing, format, notes, colours } = picture;
  const width = Math.max(WIDTH_LEAST, picture.width),
    plotHeight = Math.max(HEIGHT_LEAST, picture.height) - AXIS;
  const legend = arrangeLegend(drawing.lines, width - LEFT - RIGHT);
  const allNotes = [...(smoothing > 0 ? [`Smoothed by ${smoothing}; the points behind are thin`] : []), ...notes];
  const height = TOP + plotHeight + AXIS + legend.rows * LEGEND_ROW + allNotes.length * NOTE_ROW + 12;
  const [left, right, top, bottom] = [LEFT, width - RIGHT, TOP, TOP + plotHeight];
  const toX = project(drawing.x, [left, right], isLogX),
    toY = project(drawing.y, [bottom, top], isLogY);
  const xTicks = (isLogX ? logTicks : linearTicks)(...drawing.x, (right - left) / 90),
    yTicks = (isLogY ? logTicks : linearTicks)(...drawing.y, plotHeight / 40);
  const parts = [
    `<rect width="${width}" height="${height}" fill="${colours.surface}"/>`,
    `<g font-family="${FONT}" font-size="12" fill="${colours.ink}">`,
    text(LEFT, 24, title, 'font-size="15" font-weight="600"'),
    ...xTicks.map(
      (tick) =>
        `<path d="M${round(toX(tick))} ${top}V${bottom}" stroke="${colours.line}"/>` +
        text(toX(tick), bottom + 18, xLabel(axis, tick), 'text-anchor="middle"'),
    ),
    ...yTicks.map(
      (tick) =>
        `<path d="M${left} ${round(toY(tick))}H${right}" stroke="${colours.line}"/>` +
        text(left - 8, toY(tick) + 4, format(tick), 'text-anchor="end"'),
    ),
    text(
      (left + right) / 2,
      bottom + 36,
      X_AXIS_LABELS[axis] + (isLogX ? ', logarithmic' : ''),
      'text-anchor="middle"',
    ),
    ...(isLogY ? [text(LEFT, 38, 'logarithmic', `font-size="11" fill="${colours.muted}"`)] : []),
    `<clipPath id="plot"><rect x="${left}" y="${top}" width="${right - left}" height="${plotHeight}"/></clipPath>`,
    '<g clip-path="url(#plot)" fill="none" stroke-linejoin="round">',
    ...drawing.lines.map((line, i) => pathOf(line, i, { picture, toX, toY })),
    '</g>',
    ...legend.entries.map(({ curve, x, row }) => {
      const y = bottom + AXIS + row * LEGEND_ROW + 12;
      return (
        `<path d="M${LEFT + x} ${y - 4}h18" stroke="${curve.colour}" stroke-width="3"${dashes(curve.dash)}/>` +
        text(LEFT + x + 24, y, curve.label)
      );
    }),
    ...allNotes.map((note, i) =>
      text(
        LEFT,
        height - 10 - (allNotes.length - 1 - i) * NOTE_ROW,
        `${note}.`,
        `font-size="11" fill="${colours.muted}"`,
      ),
    ),
    '</g>',
  ];
  return {
    width,
    height,
    text: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join('\n')}</svg>\n`,
  };
}

const text = (x: number, y: number, words: string, more = '') =>
  `<text x="${round(x)}" y="${round(y)}" ${more}>${escape(words)}</text>`;

interface Projections {
  picture: Picture;
  toX: (x: number) => number;
  toY: (y: number) => number;
}

function pathOf(line: Line, i: number, { picture, toX, toY }: Projections): string {
  const { curve, role } = line;
  const [axis, ...columns] = picture.drawing.columns;
  if (role === 'low') return '';
  const points = pointsOf(axis, columns[i] ?? [], toX, toY);
  if (role === 'high') {
    const lowAt = picture.drawing.lines.findIndex((other) => other.curve === curve && other.role === 'low');
    const low = pointsOf(axis, columns[lowAt] ?? [], toX, toY).flat();
    const outline = [...points.flat(), ...low.reverse()];
    return outline.length < 3 ? '' : `<path d="M${outline.join('L')}Z" fill="${curve.colour}" fill-opacity="0.18"/>`;
  }
  const isMain = role === 'main' && !curve.isBehind;
  const opacity = curve.isBehind ? 0.25 : role === 'main' ? 1 : 0.35;
  const d = points.map((piece) => `M${piece.join('L')}${piece.length === 1 ? 'h0.01' : ''}`).join('');
  const width = isMain ? (curve.width ?? 1.5) : 1;
  return `<path d="${d}" stroke="${curve.colour}" stroke-width="${width}" stroke-linecap="round" stroke-opacity="${opacity}"${role === 'main' ? dashes(curve.dash) : ''}/>`;
}

/** Pieces between gaps, each a list of `x y`. */
function pointsOf(
  axis: ArrayLike<number>,
  column: ArrayLike<number | null | undefined>,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string[][] {
  const pieces: string[][] = [[]];
  for (let i = 0; i < axis.length; i += 1) {
    const value = column[i];
    if (value === null) pieces.push([]);
    else if (value !== undefined) pieces.at(-1)!.push(`${round(toX(axis[i]!))} ${round(toY(value))}`);
  }
  return pieces.filter((piece) => piece.length > 0);
}

function project(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  isLog: boolean,
): (value: number) => number {
  const scale = isLog ? Math.log : (value: number) => value;
  const perUnit = (end - start) / (scale(to) - scale(from) || 1);
  return (value) => start + (scale(value) - scale(from)) * perUnit;
}

function arrangeLegend(lines: readonly Line[], width: number) {
  const curves = [...new Set(lines.filter(({ role }) => role === 'main').map(({ curve }) => curve))];
  let x = 0,
    row = 0;
  const entries = curves
    .filter(({ isBehind }) => !isBehind)
    .map((curve) => {
      const wide = 40 + curve.label.length * LETTER;
      if (x > 0 && x + wide > width) [x, row] = [0, row + 1];
      const entry = { curve, x, row };
      x += wide;
      return entry;
    });
  return { entries, rows: row + 1 };
}

const dashes = (dash: readonly number[] | undefined): string => (dash ? ` stroke-dasharray="${dash.join(' ')}"` : '');
const round = (value: number): number => Math.round(value * 100) / 100;
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (letter) => ENTITIES[letter]!);
