import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

interface Props {
  class: string;
  /** What the items are, in the plural. */
  noun: string;
  /** So many are shown at first; a button shows the rest. */
  most: number;
  items: ComponentChildren[];
}

/** A list whose end is folded away until it is asked for. */
export function Shortened({ class: name, noun, most, items }: Props) {
  const isWhole = useSignal(false);
  return (
    <>
      <ul class={name}>{isWhole.value ? items : items.slice(0, most)}</ul>
      {items.length > most && (
        <button
          type="button"
          class="button plain small more"
          aria-expanded={isWhole.value}
          onClick={() => {
            isWhole.value = !isWhole.value;
          }}
        >
          {isWhole.value ? 'Show fewer' : `Show all ${items.length} ${noun}`}
        </button>
      )}
    </>
  );
}
