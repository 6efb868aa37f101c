import type { Signal } from '@preact/signals';

/** In days from now on. */
const LIFETIMES: readonly [days: string, label: string][] = [
  ['1', '1 day'],
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', '1 year'],
  ['', 'never'],
];
const DAY_MS = 24 * 3600 * 1000;

/** After how many days a key or a link expires; an empty text for never. */
export const LifetimeField = ({ days }: { days: Signal<string> }) => (
  <label class="field short">
    <span class="label">Expires after</span>
    <select class="input" value={days.value} onChange={(event) => (days.value = event.currentTarget.value)}>
      {LIFETIMES.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  </label>
);

/** ISO 8601; null for never. */
export const inDays = (days: string): string | null =>
  days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
