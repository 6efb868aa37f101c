import { signal } from '@preact/signals';
import { pressCurve } from './charts-view.ts';
import type { Curve } from './curve.ts';

/** The curve that stands out in all charts of the page, because the pointer or the keyboard is on it. */
export const litCurve = signal<string | null>(null);

interface LegendEntry {
  curve: Curve;
  isHidden: boolean;
  /** As words; null where nothing is known. */
  value: string;
  /** What the value is, where that is not plain: smoothed, or the mean of so many runs. */
  note: string;
}

/** Names with colour, stroke and value. Pressing one hides its curve; with Shift, Ctrl or a double click it stays alone. */
export function Legend({ entries }: { entries: LegendEntry[] }) {
  const all = entries.map(({ curve }) => curve.id);
  const press = (id: string, isAlone: boolean) => pressCurve(id, { all, isAlone });
  return (
    <ul class="legend">
      {entries.map(({ curve, isHidden, value, note }) => (
        <li key={curve.id}>
          <button
            type="button"
            aria-pressed={!isHidden}
            title={`${curve.label}: press to ${isHidden ? 'show' : 'hide'}, with Shift to show it alone`}
            onClick={(event) => press(curve.id, event.shiftKey || event.ctrlKey || event.metaKey)}
            onDblClick={() => press(curve.id, true)}
            onMouseEnter={() => (litCurve.value = curve.id)}
            onMouseLeave={() => (litCurve.value = null)}
            onFocus={() => (litCurve.value = curve.id)}
            onBlur={() => (litCurve.value = null)}
          >
            <Stroke curve={curve} />
            <em dir="auto">{curve.label}</em>
            {!isHidden && <b class="num">{value}</b>}
            {!isHidden && note && <small>{note}</small>}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A piece of the curve's line: its colour and its dashes. */
export const Stroke = ({ curve: { colour, dash } }: { curve: Pick<Curve, 'colour' | 'dash'> }) => (
  <svg class="stroke" viewBox="0 0 18 4" width="18" height="4" aria-hidden="true">
    <line x1="0" y1="2" x2="18" y2="2" stroke={colour} stroke-width="3" stroke-dasharray={dash?.join(' ')} />
  </svg>
);
