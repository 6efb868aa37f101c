/** Query parameters as typed values. Pure: `url-state.ts` joins them to the address. */
/** One query parameter. `read` gets null where it is absent, and falls back on a text that it does not understand. */
export interface UrlField<T> {
  name: string;
  read: (text: string | null) => T;
  /** Null: not in the address. */
  write: (value: T) => string | null;
}

export const textField = (name: string, fallback = ''): UrlField<string> => ({
  name,
  read: (text) => text ?? fallback,
  write: (value) => (value === fallback ? null : value),
});

/** True is written as `1`. */
export const flagField = (name: string): UrlField<boolean> => ({
  name,
  read: (text) => text === '1',
  write: (value) => (value ? '1' : null),
});

export const choiceField = <T extends string>(name: string, choices: readonly T[], fallback: T): UrlField<T> => ({
  name,
  read: (text) => choices.find((choice) => choice === text) ?? fallback,
  write: (value) => (value === fallback ? null : value),
});

/** A number between two ends (both possible). What is outside, or no number, is the fallback. */
export const numberField = <F extends number | null>(
  name: string,
  [least, most]: readonly [least: number, most: number],
  fallback: F,
): UrlField<number | F> => ({
  name,
  read: (text) => {
    const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
    return value >= least && value <= most ? value : fallback;
  },
  write: (value) => (value === null || value === fallback ? null : String(value)),
});

/** A whole number from `least`, such as a step; null where there is none. */
export const wholeField = (name: string, least: number): UrlField<number | null> => ({
  name,
  read: (text) => (text !== null && /^-?\d{1,15}$/.test(text) && Number(text) >= least ? Number(text) : null),
  write: (value) => (value === null ? null : String(value)),
});

/** Texts in order, each once. */
export const listField = (name: string): UrlField<string[]> => ({
  name,
  read: (text) => [...new Set((text ?? '').split(',').filter(Boolean).map(decodeComma))],
  write: (value) => (value.length > 0 ? value.map(encodeComma).join(',') : null),
});

/** `~` stands for itself and for commas, as `~0` and `~1`. */
const encodeComma = (text: string): string => text.replaceAll('~', '~0').replaceAll(',', '~1');
const decodeComma = (text: string): string => text.replaceAll('~1', ',').replaceAll('~0', '~');

/** Two ascending numbers, as `100..250`, to six digits. */
export const rangeField = (name: string): UrlField<readonly [from: number, to: number] | null> => ({
  name,
  read: (text) => {
    const [from = '', to = '', ...rest] = (text ?? '').split('..');
    const range = [Number(from), Number(to)] as const;
    const isRange = from.trim() !== '' && to.trim() !== '' && rest.length === 0 && range.every(Number.isFinite);
    return isRange && range[0] < range[1] ? range : null;
  },
  write: (value) => value && value.map((end) => String(Number(end.toPrecision(6)))).join('..'),
});

/** Commas, colons, slashes and `@` stay readable; a query may contain them as they are. */
export function searchOf(query: URLSearchParams): string {
  const text = query
    .toString()
    .replaceAll('%2C', ',')
    .replaceAll('%3A', ':')
    .replaceAll('%2F', '/')
    .replaceAll('%40', '@');
  return text && `?${text}`;
}
