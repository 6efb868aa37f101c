/**
 * Numbers and times as people read them. Every function returns an en dash for an unknown value. A value is rounded
 * first and then split into units, so that a rounded part never reaches the next unit (no "1 min 60 s").
 */
import { belowOne, FIGURES, inPercent, type SummaryKey } from '../../vocabulary/index.ts';

const NONE = '–';
/** Made once: creating a formatter costs far more than using it. */
const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

type Maybe = number | null | undefined;
const isKnown = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value);

/** Four significant digits, exponents only where they help. */
export function number(value: Maybe): string {
  if (!isKnown(value)) return NONE;
  if (value === 0) return '0';
  const rounded = Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
  const size = Math.abs(Number(rounded.toPrecision(3)));
  if (size < 1e-3 || Math.abs(rounded) >= 1e7) return value.toExponential(2).replace('e+', 'e');
  return Number.isInteger(rounded) ? GROUPED.format(rounded) : String(rounded);
}

/** A figure of a summary by its key. Without a finite value a run has diverged, or was stopped before it had one. */
export function figure(key: SummaryKey, value: number | null): string {
  if (value === null) return 'not finite';
  const { kind } = FIGURES[key];
  return kind === undefined ? number(value) : kind === 'share' ? percent(value) : rSquared(value);
}

/** Only an exact 1 is shown as 1. */
export const rSquared = (value: Maybe): string => number(isKnown(value) ? belowOne(value) : value);

export const whole = (value: Maybe): string => (isKnown(value) ? GROUPED.format(value) : NONE);

/** `1 neuron`, `2,048 neurons`. */
export const count = (value: number, noun: string): string => `${whole(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Keeps a figure and its sign on one line. */
const NO_BREAK = '\u00A0';

/** A share, 0..1. Only an exact 0 or 1 is shown as 0 % or 100 %: close to an end there are more digits. */
export const percent = (value: Maybe, digits = 1): string =>
  isKnown(value) ? `${inPercent(value, digits)}${NO_BREAK}%` : NONE;

export function duration(ms: number): string {
  if (!isKnown(ms)) return NONE;
  if (ms > 0 && ms < 95) return `${ms < 1 ? '< 1' : Math.round(ms)} ms`;
  const tenths = Math.round(Math.max(0, ms) / 100);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(ms / 3_600_000);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function ago(iso: string, now = Date.now()): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return NONE;
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const date = new Date(time);
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString('en', { day: 'numeric', month: 'short', ...(isThisYear ? {} : { year: 'numeric' }) });
}

/** A step on an axis: short, and empty between two steps. */
export function stepLabel(tick: number | null): string {
  if (tick === null || !Number.isInteger(tick)) return '';
  if (tick >= 1e6) return `${tick / 1e6}M`;
  return tick >= 1e4 ? `${tick / 1e3}k` : whole(tick);
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A size in bytes, in powers of 1000 as disks and networks count. */
export function bytes(value: Maybe): string {
  if (!isKnown(value)) return NONE;
  let scaled = Math.round(value),
    unit = 0;
  while (scaled >= 999.5 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${NO_BREAK}${BYTE_UNITS[unit]}`;
}
