/** Dates and times as they are written in requests: ISO 8601, of days that the calendar has. */

const DAY_MS = 24 * 60 * 60 * 1000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/;
const ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/;
/** Postgres knows no year 0, and four digits hold no year after 9999. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * What a date or time covers, in milliseconds since 1970 UTC, `to` excluded: the whole day of a date, one millisecond of
 * a time. A time without a zone is in UTC. Undefined for anything that is no date or time of the years 1 to 9999.
 */
export function timeRange(text: string): { from: number; to: number } | undefined {
  const isDay = DAY.test(text);
  if (!isDay && !TIME.test(text)) return undefined;
  const from = Date.parse(isDay || ZONE.test(text) ? text : `${text}Z`);
  // Date.parse takes 2026-02-30 for the second of March.
  if (!(from >= EARLIEST_MS && from <= LATEST_MS) || !isDayOfMonth(text)) return undefined;
  return { from, to: from + (isDay ? DAY_MS : 1) };
}

/** The beginning of a date or time. Undefined as for `timeRange`. */
export function readTime(text: string): Date | undefined {
  const range = timeRange(text);
  return range && new Date(range.from);
}

function isDayOfMonth(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
