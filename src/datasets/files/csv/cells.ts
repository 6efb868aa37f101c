/** What the bytes of one cell mean. */
import type { TextEncoding } from '../../../schemas/index.ts';

const PLUS = 43,
  MINUS = 45,
  DOT = 46,
  ZERO = 48,
  NINE = 57,
  SPACE = 32,
  NO_BREAK_SPACE = 0xa0;

/** Codes of single bytes. */
export interface NumberMarks {
  decimal: number;
  /** Between groups of three digits; -1: none. A space stands for no-break spaces too. */
  thousands: number;
}

/** A mantissa of so many digits, times or divided by such a power of ten, is rounded once only, hence correctly. */
const EXACT_DIGITS = 15;
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** NaN if the cell is not a number. Zero has no sign. */
export function parseNumber(bytes: Buffer, start: number, end: number, marks: NumberMarks): number {
  let i = start;
  const isNegative = bytes[i] === MINUS;
  if (isNegative || bytes[i] === PLUS) i++;
  let mantissa = 0,
    significant = 0,
    digits = 0,
    fraction = 0,
    /** Digits of the group behind a separator; -1: there was no separator. */
    group = -1;
  for (; i < end; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      if (mantissa !== 0) significant++;
      digits++;
      if (group >= 0) group++;
      continue;
    }
    const separator = digits > 0 && marks.thousands !== -1 ? separatorAt(bytes, i, end, marks.thousands) : 0;
    if (separator === 0) break;
    if (group === -1 ? digits > 3 : group !== 3) return NaN;
    group = 0;
    i += separator - 1;
  }
  if (group >= 0 && group !== 3) return NaN;
  if (i < end && bytes[i] === marks.decimal) {
    for (i++; i < end; i++) {
      const digit = bytes[i]! - ZERO;
      if (digit < 0 || digit > 9) break;
      mantissa = mantissa * 10 + digit;
      if (mantissa !== 0) significant++;
      digits++;
      fraction++;
    }
  }
  if (digits === 0) return end - start <= 9 ? infinityOf(bytes.toString('latin1', start, end)) : NaN;

  let exponent = 0;
  if (i < end) {
    if (bytes[i] !== 101 && bytes[i] !== 69) return NaN; // e, E
    i++;
    const isSmall = bytes[i] === MINUS;
    if (isSmall || bytes[i] === PLUS) i++;
    const first = i;
    for (; i < end; i++) {
      const byte = bytes[i]!;
      if (byte < ZERO || byte > NINE) return NaN;
      exponent = Math.min(exponent * 10 + byte - ZERO, 100_000);
    }
    if (i === first) return NaN;
    if (isSmall) exponent = -exponent;
  }
  exponent -= fraction;
  const value =
    significant > EXACT_DIGITS || exponent > 22 || exponent < -22
      ? Math.abs(roundedNumber(bytes, start, end, marks))
      : exponent < 0
        ? mantissa / POWERS[-exponent]!
        : mantissa * POWERS[exponent]!;
  return isNegative && value !== 0 ? -value : value;
}

/** The bytes of a separator of groups at this place; 0 if there is none. */
function separatorAt(bytes: Buffer, i: number, end: number, thousands: number): number {
  if (bytes[i] === thousands) return 1;
  if (thousands !== SPACE) return 0;
  if (bytes[i] === NO_BREAK_SPACE) return 1;
  if (bytes[i] === 0xc2 && i + 1 < end && bytes[i + 1] === NO_BREAK_SPACE) return 2;
  // U+202F, the narrow one.
  return bytes[i] === 0xe2 && i + 2 < end && bytes[i + 1] === 0x80 && bytes[i + 2] === 0xaf ? 3 : 0;
}

/** Of a cell that is known to be a number, correctly rounded whatever its length. */
function roundedNumber(bytes: Buffer, start: number, end: number, { decimal, thousands }: NumberMarks): number {
  if (decimal === DOT && thousands === -1) return Number(bytes.toString('latin1', start, end));
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === decimal) text += '.';
    else if ((byte >= ZERO && byte <= NINE) || byte === 101 || byte === 69 || (byte === MINUS && text !== ''))
      text += String.fromCharCode(byte);
  }
  return Number(text);
}

function infinityOf(text: string): number {
  const match = /^([+-]?)inf(?:inity)?$/i.exec(text);
  return match === null ? NaN : match[1] === '-' ? -Infinity : Infinity;
}

/** The texts of cells. */
export class CellTexts {
  readonly #quote: number;
  readonly #decode: (bytes: Buffer, start: number, end: number) => string;

  constructor(encoding: TextEncoding, quote: number) {
    this.#quote = quote;
    if (encoding === 'windows-1252') {
      const decoder = new TextDecoder(encoding);
      this.#decode = (bytes, start, end) => decoder.decode(bytes.subarray(start, end));
    } else this.#decode = (bytes, start, end) => bytes.toString('utf8', start, end);
  }

  read(bytes: Buffer, start: number, end: number, quoting: number): string {
    let anyHigh = 0;
    for (let i = start; i < end; i++) anyHigh |= bytes[i]!;
    const text = anyHigh < 0x80 ? bytes.toString('latin1', start, end) : this.#decode(bytes, start, end);
    if (quoting < 2) return text;
    const quote = String.fromCharCode(this.#quote);
    return text.replaceAll(quote + quote, quote);
  }
}

/** In lower case. */
const MISSING_WORDS = ['na', 'n/a', '#n/a', '<na>', 'nan', 'null', 'none', '?', '-', '--'];

/** Tells which cells are missing, and remembers which words said so. */
export class MissingWords {
  readonly seen = new Set<string>();
  readonly #words: Set<string>;
  readonly #longest: number;
  /** Words that are numbers, such as -999. */
  readonly #numbers: Set<number>;

  constructor(words: readonly string[] = MISSING_WORDS) {
    this.#words = new Set(words.map((word) => word.trim().toLowerCase()));
    this.#longest = Math.max(0, ...words.map((word) => word.length));
    this.#numbers = new Set(words.filter((word) => word.trim() !== '').map(Number));
    this.#numbers.delete(NaN);
  }

  hasNumber(value: number): boolean {
    if (this.#numbers.size === 0 || !this.#numbers.has(value)) return false;
    this.seen.add(String(value));
    return true;
  }

  has(text: string): boolean {
    if (text === '') return true;
    if (text.length > this.#longest || !this.#words.has(text.toLowerCase())) return false;
    this.seen.add(text);
    return true;
  }
}

/** 1, 0, or NaN for neither. */
export function parseBoolean(text: string): number {
  if (text.length > 5) return NaN;
  switch (text.toLowerCase()) {
    case 'true':
    case 'yes':
      return 1;
    case 'false':
    case 'no':
      return 0;
    default:
      return NaN;
  }
}
