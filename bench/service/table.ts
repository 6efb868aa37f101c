/** Measurements and their limits. */
import { median } from './statistics.ts';

export interface Row {
  what: string;
  /** One value per round. */
  values: number[];
  unit: 's' | 'ms' | 'MB' | 'kB' | 'Hz' | '%' | 'x' | '/s' | '';
  /** The highest allowed median. */
  limit?: number;
  /** The lowest allowed median. */
  least?: number;
}

const HEADER = ['what', 'median', 'lowest-highest', 'n', 'wanted', ''];
const DIGITS = { s: 2, ms: 1, MB: 0, kB: 1, Hz: 2, '%': 1, x: 3, '/s': 1, '': 0 } as const;

export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(cellsOf);
  const widths = HEADER.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(HEADER), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

const verdict = (isMet: boolean): string => (isMet ? 'met' : 'MISSED');

function cellsOf({ what, values, unit, limit, least }: Row): string[] {
  const middle = median(values);
  const show = (value: number): string => `${value.toFixed(DIGITS[unit])} ${unit}`.trim();
  const spread = values.length > 1 ? `${Math.min(...values).toFixed(DIGITS[unit])}-${show(Math.max(...values))}` : '';
  const wanted = (): [string, string] => {
    if (limit !== undefined) return [`at most ${show(limit)}`, verdict(middle <= limit)];
    return least === undefined ? ['', ''] : [`at least ${show(least)}`, verdict(middle >= least)];
  };
  return [what, show(middle), spread, String(values.length), ...wanted()];
}
