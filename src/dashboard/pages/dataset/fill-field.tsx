import { useSignal } from '@preact/signals';
import type { Column } from '../../../vocabulary/index.ts';
import { FILL_LABELS } from '../../parts/labels.ts';
import { FILLS_OF, readFill, type ColumnChange } from './recipe-draft.ts';

/** What stands for a missing value of an input. */
export function FillField({ column, change }: { column: Column; change: ((change: ColumnChange) => void) | null }) {
  const { name, kind, fill } = column;
  const fills = FILLS_OF[kind];
  /** A value of one's own has been chosen, and not typed yet. */
  const isOpen = useSignal(false);
  const given = typeof fill === 'object' ? fill : null;
  if (fills.length === 0) return null;
  return (
    <>
      <select
        class="input"
        aria-label={`What stands for a missing value of ${name}`}
        value={given || isOpen.value ? 'value' : typeof fill === 'string' ? fill : ''}
        disabled={change === null}
        onChange={(event) => {
          const chosen = fills.find((one) => one === event.currentTarget.value);
          isOpen.value = chosen === undefined;
          if (chosen) change?.({ fill: chosen });
        }}
      >
        {fill === undefined && <option value="">as usual</option>}
        {fills.map((one) => (
          <option key={one} value={one}>
            {FILL_LABELS[one]}
          </option>
        ))}
        <option value="value">a value…</option>
      </select>
      {(given || isOpen.value) && (
        <input
          class="input"
          aria-label={`Value for a missing ${name}`}
          placeholder="value"
          defaultValue={given ? String(given.value) : ''}
          disabled={change === null}
          onChange={(event) => {
            const text = event.currentTarget.value;
            if (text !== '') change?.({ fill: readFill(text, kind) });
          }}
        />
      )}
    </>
  );
}
