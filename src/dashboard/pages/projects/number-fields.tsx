import type { Signal } from '@preact/signals';

interface Props<T extends string> {
  names: readonly T[];
  labels: Record<T, string>;
  /** As it is typed, by name; empty: none. */
  text: Signal<Record<string, string>>;
  unit: string | Record<T, string>;
  least: number;
}

/** Whole numbers, each of which may be left empty. */
export const NumberFields = <T extends string>({ names, labels, text, unit, least }: Props<T>) => (
  <>
    {names.map((name) => (
      <label key={name} class="field short">
        <span class="label">
          {labels[name]}
          <span class="faint">{typeof unit === 'string' ? unit : unit[name]}</span>
        </span>
        <input
          class="input"
          type="number"
          inputMode="numeric"
          min={least}
          step={1}
          value={text.value[name] ?? ''}
          onInput={(event) => {
            text.value = { ...text.value, [name]: event.currentTarget.value };
          }}
        />
      </label>
    ))}
  </>
);
