/** Values as a terminal shows them. */
import { belowOne, FIGURES, inPercent, type SummaryKey } from '../vocabulary/index.ts';
import { pad, widthOf } from './width.ts';

/**
 * Names and notes come from other people. Control characters could move the cursor, or worse; those that change the
 * writing direction would reorder the rest of the line.
 */
export const clean = (text: string) => text.replace(/\p{Bidi_Control}/gu, '').replace(/\p{Cc}/gu, ' ');

/** As one word of a shell's command line. */
export const argument = (text: string): string =>
  /^[\w.~:/-]+$/.test(text) ? text : `'${clean(text).replaceAll("'", String.raw`'\''`)}'`;

type Maybe = number | null | undefined;
const isKnown = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value);

/** Four significant digits. The form depends on the rounded value: 999.96 is 1,000, not 1000 or 1.000e+3. */
export function number(value: Maybe): string {
  if (!isKnown(value)) return '-';
  const rounded = Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
  const size = Math.abs(rounded);
  if (size !== 0 && (Number(size.toPrecision(3)) < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return size >= 1000 || Number.isInteger(value) ? rounded.toLocaleString('en-US') : value.toPrecision(4);
}

/** A share, 0..1. Only an exact 0 or 1 is 0 % or 100 %. */
export const percent = (share: Maybe) => (isKnown(share) ? `${inPercent(share)} %` : '-');

/** Only an exact 1 is 1. */
export const rSquared = (value: Maybe) => number(isKnown(value) ? belowOne(value) : value);

/** A figure of a summary by its key. */
export function figure(key: SummaryKey, value: Maybe): string {
  const { kind } = FIGURES[key];
  return kind === undefined ? number(value) : kind === 'share' ? percent(value) : rSquared(value);
}

export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** `3 min ago` and the like; whole units that have passed, so that none is rounded up to the next one. */
export function since(time: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (Number.isNaN(seconds)) return '-';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** Rows of cells as columns, two spaces between them. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
