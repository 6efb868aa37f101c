import { useSignal } from '@preact/signals';
import { list } from '../../data/run-list.ts';
import type { FieldType, FilterValue } from '../../../vocabulary/index.ts';
import { number } from '../../parts/format.ts';
import { offeredFields } from './columns.tsx';

interface Props {
  path: string;
  type: FieldType;
  add: (comparison: string, value: FilterValue) => void;
}

const MOST_VALUES = 6;

/** The usual conditions on a column: a bound for numbers, one of the values on screen for the rest. */
export function QuickFilter({ path, type, add }: Props) {
  if (type === 'time') return <DateFilter add={add} />;
  const values = (offeredFields(list.value?.data ?? []).find((one) => one.path === path)?.values ?? [])
    .filter((value): value is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof value))
    .slice(0, MOST_VALUES);
  return (
    <>
      {type === 'number' && <BoundFilter add={add} />}
      {values.length > 0 && type !== 'tags' && (
        <div role="group" aria-label="Only runs with">
          <span class="faint">Only runs with</span>
          {values.map((value) => (
            <button key={String(value)} type="button" dir="auto" onClick={() => add('=', value)}>
              {typeof value === 'number' ? number(value) : String(value)}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function BoundFilter({ add }: Pick<Props, 'add'>) {
  const comparison = useSignal('<');
  const text = useSignal('');
  const value = text.value.trim() === '' ? Number.NaN : Number(text.value);
  const apply = () => {
    if (Number.isFinite(value)) add(comparison.value, value);
  };
  return (
    <div role="group" aria-label="Only runs with a value" class="bound">
      <span class="faint">Only runs with a value</span>
      <div class="row">
        <select
          class="input"
          aria-label="Comparison"
          value={comparison.value}
          onChange={(event) => (comparison.value = event.currentTarget.value)}
        >
          {['<', '<=', '>', '>=', '=', '!='].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <input
          class="input"
          inputMode="decimal"
          aria-label="Bound"
          value={text.value}
          aria-invalid={text.value.trim() !== '' && !Number.isFinite(value)}
          onInput={(event) => (text.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            // The focus moves to the button of the menu, which the same key would press.
            event.preventDefault();
            apply();
          }}
        />
        <button type="button" class="button small" disabled={!Number.isFinite(value)} onClick={apply}>
          Add
        </button>
      </div>
    </div>
  );
}

function DateFilter({ add }: Pick<Props, 'add'>) {
  const day = useSignal('');
  return (
    <div role="group" aria-label="Only runs since" class="bound">
      <span class="faint">Only runs since</span>
      <div class="row">
        <input
          class="input"
          type="date"
          aria-label="Day, UTC"
          value={day.value}
          onInput={(event) => (day.value = event.currentTarget.value)}
        />
        <button type="button" class="button small" disabled={day.value === ''} onClick={() => add('>=', day.value)}>
          Add
        </button>
      </div>
    </div>
  );
}
