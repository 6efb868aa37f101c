/** The form's inputs: each reads and writes one path of the draft and shows what the server says of it. */
import type { ComponentChildren } from 'preact';
import type { OptionSchema } from '../../data/vocabulary.ts';
import { get, put, typeOf, type Choice } from './draft.ts';
import { faultAt } from './validation.ts';

interface Common {
  path: string;
  label: string;
  hint?: string | undefined;
}

function Labelled({ path, label, hint, children }: Common & { children: ComponentChildren }) {
  const fault = faultAt(path);
  return (
    <label class="field" title={hint}>
      <span class="label">{label}</span>
      {children}
      {fault && (
        <span class="fault" id={`fault ${path}`} role="alert">
          {fault}
        </span>
      )}
    </label>
  );
}
const faultProps = (path: string) => ({ 'aria-invalid': faultAt(path) !== undefined });

export function TextField({ path, label, placeholder, ...rest }: Common & { placeholder?: string }) {
  return (
    <Labelled path={path} label={label} {...rest}>
      <input
        class="input"
        value={(get(path) as string | undefined) ?? ''}
        placeholder={placeholder}
        {...faultProps(path)}
        onInput={(event) => put(path, event.currentTarget.value || undefined)}
      />
    </Labelled>
  );
}

/** An empty field leaves the value out: the default, shown as placeholder, then holds. */
export function NumberField({ path, label, byDefault, ...rest }: Common & { byDefault?: number | string | undefined }) {
  const value = get(path) as number | null | undefined;
  return (
    <Labelled path={path} label={label} {...rest}>
      <input
        class="input"
        inputMode="decimal"
        defaultValue={value ?? ''}
        key={`${path} ${value === undefined ? 'unset' : 'set'}`}
        placeholder={byDefault === undefined ? '' : String(byDefault)}
        {...faultProps(path)}
        ref={(input: HTMLInputElement | null) => {
          if (input && document.activeElement !== input)
            input.value = value === undefined || value === null ? '' : String(value);
        }}
        onInput={(event) => {
          const text = event.currentTarget.value.trim();
          put(path, text === '' ? undefined : Number.isNaN(Number(text)) ? text : Number(text));
        }}
      />
    </Labelled>
  );
}

export function SelectField({
  path,
  label,
  options,
  byDefault,
  ...rest
}: Common & { options: readonly string[]; byDefault?: string }) {
  return (
    <Labelled path={path} label={label} {...rest}>
      <select
        class="input"
        value={(get(path) as string | undefined) ?? byDefault ?? ''}
        {...faultProps(path)}
        onChange={(event) => put(path, event.currentTarget.value || undefined)}
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

export function CheckField({ path, label, byDefault }: Common & { byDefault: boolean }) {
  return (
    <label class="check field-check">
      <input
        type="checkbox"
        checked={(get(path) as boolean | undefined) ?? byDefault}
        onChange={(event) => put(path, event.currentTarget.checked)}
      />
      {label}
    </label>
  );
}

/** A choice by name, followed by that choice's own options. */
export function ChoiceField({
  path,
  label,
  choices,
  byDefault,
}: Common & { choices: Record<string, Record<string, OptionSchema>>; byDefault?: string }) {
  const chosen = get(path) as Choice | undefined;
  const type = typeOf(chosen) ?? byDefault ?? '';
  const set = (name: string) => {
    if (!name) return put(path, undefined);
    // Options that the new choice knows too, such as the learning rate, are kept.
    const kept =
      typeof chosen === 'object'
        ? Object.fromEntries(Object.entries(chosen).filter(([key]) => key !== 'type' && key in (choices[name] ?? {})))
        : {};
    const required = Object.fromEntries(
      Object.entries(choices[name] ?? {})
        .filter(([key, option]) => option.default === undefined && !(key in kept))
        .map(([key, option]) => [key, REQUIRED_START[key] ?? option.minimum ?? 0]),
    );
    const options = { ...required, ...kept };
    put(path, Object.keys(options).length > 0 ? { type: name, ...options } : name);
  };
  return (
    <>
      <Labelled path={path} label={label}>
        <select class="input" value={type} {...faultProps(path)} onChange={(event) => set(event.currentTarget.value)}>
          {byDefault === undefined && <option value="">default</option>}
          {Object.keys(choices).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </Labelled>
      {Object.entries(choices[type] ?? {}).map(([option, schema]) => (
        <OptionField key={`${type} ${option}`} path={path} type={type} option={option} schema={schema} />
      ))}
    </>
  );
}

/** Where a required option starts when its choice is picked. */
const REQUIRED_START: Record<string, number> = { stepSize: 1000, value: 0.1 };

function OptionField({
  path,
  type,
  option,
  schema,
}: {
  path: string;
  type: string;
  option: string;
  schema: OptionSchema;
}) {
  const at = `${path}.${option}`;
  // A choice by name becomes an object as soon as one of its options is set.
  const open = () => {
    if (typeof get(path) !== 'object') put(path, { type });
  };
  const words = option.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  const label = words.charAt(0).toUpperCase() + words.slice(1);
  return (
    <div onFocusCapture={open} class="option">
      {schema.type === 'boolean' ? (
        <CheckField path={at} label={label} byDefault={schema.default === true} />
      ) : (
        <NumberField
          path={at}
          label={label}
          hint={schema.description}
          byDefault={schema.default as number | undefined}
        />
      )}
    </div>
  );
}
