/** The points of a chart between the ends of its x axis, as a table: one row per place, one column per curve. */
import { X_AXIS_COLUMNS } from '../x-axis.ts';
import type { Line } from '../lines.ts';
import type { Picture } from './picture.ts';

export function toCsv({ title, drawing, axis, smoothing }: Picture): string {
  const { lines, x } = drawing;
  const wanted = lines
    .filter(({ role }) => role !== 'main' || smoothing === 0)
    .concat(smoothing > 0 ? lines.filter(({ role }) => role === 'main') : []);
  const rows = new Map<number, (number | undefined)[]>();
  wanted.forEach((line, column) => {
    for (let i = 0; i < line.x.length; i += 1) {
      const place = line.x[i]!;
      if (place < x[0] || place > x[1] || Number.isNaN(line.y[i])) continue;
      const row = rows.get(place) ?? [];
      rows.set(place, row);
      row[column] = line.y[i];
    }
  });
  const head = [X_AXIS_COLUMNS[axis], ...wanted.map((line) => nameOf(line, title, smoothing))];
  const body = [...rows]
    .sort(([a], [b]) => a - b)
    .map(([place, values]) => [place, ...wanted.map((_, column) => values[column] ?? '')]);
  return [head, ...body].map((cells) => cells.map((cell) => field(String(cell))).join(',')).join('\r\n') + '\r\n';
}

/** `Training loss: run 3 (smoothed 0.6)` */
function nameOf({ curve, role }: Line, title: string, smoothing: number): string {
  const what = curve.label === title ? title : `${title}: ${curve.label}`;
  if (role === 'low') return `${what} (lower end of the band)`;
  if (role === 'high') return `${what} (upper end of the band)`;
  return role === 'main' && smoothing > 0 ? `${what} (smoothed ${smoothing})` : what;
}

const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
