/**
 * The form's inputs: each reads and writes one path of the draft and shows the server's message about it. A field that
 * is not set shows the default that will be used.
 */
import type { ComponentChildren } from 'preact';
import { fieldName } from '../../../vocabulary/index.ts';
import type { OptionSchema } from '../../data/vocabulary.ts';
import { defaultAt, get, put, typeOf } from './draft.ts';
import { faultAt } from './validation.ts';

interface Common {
  path: string;
  hint?: string | undefined;
}

/** A field is called the same here and where a change of it is told. */
function labelOf(path: string): string {
  const name = fieldName(path);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export function Labelled({ path, hint, children }: Common & { children: ComponentChildren }) {
  const fault = faultAt(path);
  return (
    <div class="field">
      <label>
        <span class="label">{labelOf(path)}</span>
        {children}
      </label>
      {hint && (
        <span class="field-hint" id={`hint-${path}`}>
          {hint}
        </span>
      )}
      {fault && (
        <span class="fault" id={`fault-${path}`} role="alert">
          {fault}
        </span>
      )}
    </div>
  );
}
export const inputProps = (path: string) => ({
  name: path,
  'aria-invalid': faultAt(path) !== undefined,
  'aria-describedby': `hint-${path} fault-${path}`,
});
/** A value as a field shows it; nothing for what is not set. */
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

export function TextField({ path, placeholder, ...rest }: Common & { placeholder?: string }) {
  return (
    <Labelled path={path} {...rest}>
      <input
        class="input"
        dir="auto"
        value={textOf(get(path))}
        placeholder={placeholder}
        {...inputProps(path)}
        onInput={(event) => put(path, event.currentTarget.value || undefined)}
      />
    </Labelled>
  );
}

/**
 * An empty field leaves the value out: the default, shown as placeholder, then holds. `unset` is the placeholder if the
 * default is not a number. `off` says why the field does not apply; a value that it has can still be taken out.
 */
export function NumberField({
  path,
  unset,
  off,
  hint,
}: Common & { unset?: string | undefined; off?: string | undefined }) {
  const value = get(path);
  return (
    <Labelled path={path} hint={off ?? hint}>
      <input
        class="input"
        inputMode="decimal"
        disabled={off !== undefined && value === undefined}
        defaultValue={textOf(value)}
        key={`${path} ${value === undefined ? 'unset' : 'set'}`}
        placeholder={off === undefined ? (unset ?? textOf(defaultAt(path))) : 'does not apply'}
        {...inputProps(path)}
        ref={(input: HTMLInputElement | null) => {
          if (input && document.activeElement !== input) input.value = textOf(value);
        }}
        onInput={(event) => {
          const text = event.currentTarget.value.trim();
          // What is no finite number stays as it was typed: the service names it.
          put(path, text === '' ? undefined : Number.isFinite(Number(text)) ? Number(text) : text);
        }}
      />
    </Labelled>
  );
}

export function SelectField({ path, options, ...rest }: Common & { options: readonly string[] }) {
  return (
    <Labelled path={path} {...rest}>
      <select
        class="input"
        value={textOf(get(path) ?? defaultAt(path))}
        {...inputProps(path)}
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

export function CheckField({ path }: { path: string }) {
  return (
    <label class="check field-check">
      <input
        type="checkbox"
        name={path}
        checked={(get(path) ?? defaultAt(path)) === true}
        onChange={(event) => put(path, event.currentTarget.checked)}
      />
      {labelOf(path)}
    </label>
  );
}

/**
 * A choice by name, followed by that choice's own options. `because` says what the default depends on: then it is a
 * separate entry, which leaves the choice open.
 */
export function ChoiceField({
  path,
  hint,
  choices,
  because,
}: Common & { choices: Record<string, Record<string, OptionSchema>>; because?: string }) {
  const chosen = get(path);
  const byDefault = typeOf(defaultAt(path)) ?? '';
  const type = typeOf(chosen) ?? byDefault;
  const set = (name: string) => {
    if (!name) return put(path, undefined);
    // Options that the new choice knows too, such as the learning rate, are kept.
    const kept =
      typeof chosen === 'object' && chosen !== null
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
      <Labelled path={path} hint={hint}>
        <select
          class="input"
          value={because && chosen === undefined ? '' : type}
          {...inputProps(path)}
          onChange={(event) => set(event.currentTarget.value)}
        >
          {because && (
            <option value="">{chosen === undefined ? `${byDefault} (${because})` : `default ${because}`}</option>
          )}
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
  return (
    <div onFocusCapture={open} class="option">
      {schema.type === 'boolean' ? <CheckField path={at} /> : <NumberField path={at} hint={schema.description} />}
    </div>
  );
}
