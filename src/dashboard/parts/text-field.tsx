import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';

/** Preact's types know the attributes of each type by its literal. */
const KINDS = {
  text: { type: 'text' },
  password: { type: 'password' },
  email: { type: 'email' },
  url: { type: 'url' },
} as const;

interface Props {
  label: string;
  value: Signal<string>;
  type?: keyof typeof KINDS;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  placeholder?: string;
  autocomplete?: string;
  /** What it means, always in sight. */
  hint?: string;
  isFirst?: boolean;
}

/** One line of text with its label. */
export function TextField({ label, value, type = 'text', hint, isFirst = false, ...attributes }: Props) {
  const id = useId();
  return (
    <label class="field">
      <span class="label">{label}</span>
      <input
        class="input"
        dir="auto"
        {...KINDS[type]}
        {...attributes}
        {...(hint && { 'aria-describedby': `hint-${id}` })}
        {...(isFirst && { 'data-first': true })}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
      {hint && (
        <span class="field-hint" id={`hint-${id}`}>
          {hint}
        </span>
      )}
    </label>
  );
}

/** Why the last attempt failed. */
export const FaultLine = ({ of: fault }: { of: Signal<string> }) =>
  fault.value === '' ? null : (
    <p class="fault-line" role="alert">
      {fault}
    </p>
  );
