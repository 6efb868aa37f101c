import { ago } from './format.ts';

/** A time in the past. */
export const When = ({ at, never = 'never' }: { at: string | null; never?: string }) =>
  at === null ? (
    <span class="faint">{never}</span>
  ) : (
    <time dateTime={at} title={at}>
      {ago(at)}
    </time>
  );

/** A time at which something ends. */
export function Until({ at, never = 'never' }: { at: string | null; never?: string }) {
  if (at === null) return <span class="faint">{never}</span>;
  const isOver = Date.parse(at) <= Date.now();
  return (
    <time dateTime={at} title={at} class={isOver ? 'faint' : ''}>
      {isOver ? 'expired ' : ''}
      {new Date(at).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })}
    </time>
  );
}

/** Choices of a lifetime, in days from now on. */
export const LIFETIMES: readonly [days: string, label: string][] = [
  ['1', '1 day'],
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', '1 year'],
];
const DAY_MS = 24 * 3600 * 1000;

/** ISO 8601; null for an empty choice. */
export const inDays = (days: string): string | null =>
  days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
