/** What the columns of a table hold, measured while the rows pass by once. */
import type { ValueProfile, ValueType } from '../../schemas/index.ts';
import { TOP_VALUES } from '../../schemas/table.ts';
import type { Dictionary } from './dictionary.ts';
import { GrowingHistogram } from './histogram.ts';
import type { ColumnValues } from './row-group.ts';

/** Different values that are counted: of one column, and of all together, which bounds the memory. */
const COUNTED_VALUES = 1000;
/** Integers may be classes, so more of them are counted. */
const COUNTED_INTEGERS = 4096;
const ALL_COUNTED_VALUES = 200_000;
const BYTES = 256;

/** How many different values all columns together may still count. */
export class CountingBudget {
  #left = ALL_COUNTED_VALUES;

  take(): boolean {
    return this.#left-- > 0;
  }
  giveBack(values: number): void {
    this.#left += values;
  }
}

/** Of numbers, booleans and dates. */
export class NumberProfile {
  readonly #type: ValueType;
  readonly #isWide: boolean;
  readonly #budget: CountingBudget;
  readonly #mostIntegers: number;
  #missing = 0;
  #present = 0;
  #minimum = Infinity;
  #maximum = -Infinity;
  #areIntegers = true;
  #isIncreasing = true;
  #last = -Infinity;
  /** Sums of differences from the first value, so that the variance does not vanish between two large numbers. */
  #first = NaN;
  #sum = 0;
  #squares = 0;
  readonly #histogram = new GrowingHistogram();
  /** Of the integers from 0 to 255; null where there was none, which saves memory in tables of many columns. */
  #bytes: Uint32Array | null = null;
  /** Other values; null: too many. */
  #others: Map<number, number> | null = new Map();

  constructor(type: ValueType, width: number, budget: CountingBudget, mostIntegers = COUNTED_INTEGERS) {
    this.#type = type;
    this.#mostIntegers = type === 'number' ? mostIntegers : COUNTED_VALUES;
    this.#isWide = width > 1;
    this.#budget = budget;
  }

  get isBytes(): boolean {
    return this.#missing === 0 && this.#areIntegers && this.#minimum >= 0 && this.#maximum < BYTES;
  }

  /** NaN is missing; no value is infinite. */
  add(values: ColumnValues): void {
    let minimum = Infinity,
      maximum = -Infinity,
      missing = 0,
      sum = 0,
      squares = 0;
    if (Number.isNaN(this.#first)) this.#first = values.find((value) => !Number.isNaN(value)) ?? NaN;
    const first = this.#first;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== value) {
        missing++;
        continue;
      }
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
      const difference = value - first;
      sum += difference;
      squares += difference * difference;
    }
    this.#missing += missing;
    this.#present += values.length - missing;
    this.#minimum = Math.min(this.#minimum, minimum);
    this.#maximum = Math.max(this.#maximum, maximum);
    this.#sum += sum;
    this.#squares += squares;
    if (this.#areIntegers && !(values instanceof Uint8Array)) this.#areIntegers = areIntegers(values);
    if (!this.#isWide) {
      if (this.#isIncreasing) this.#checkOrder(values);
      this.#count(values);
    }
    this.#histogram.add(values, minimum, maximum);
  }

  finish(): ValueProfile {
    const isEmpty = this.#present === 0;
    const mean = this.#first + this.#sum / this.#present;
    const variance = this.#squares / this.#present - (this.#sum / this.#present) ** 2;
    const histogram = this.#histogram.finish(this.#areIntegers);
    return {
      kind: this.#type === 'date' ? 'date' : this.#type === 'boolean' ? 'boolean' : 'numeric',
      missing: this.#missing,
      ...this.#counted(),
      minimum: isEmpty ? null : this.#minimum,
      maximum: isEmpty ? null : this.#maximum,
      mean: isEmpty ? null : Math.min(this.#maximum, Math.max(this.#minimum, mean)),
      deviation: isEmpty ? null : Math.sqrt(Math.max(0, variance)),
      isInteger: !isEmpty && this.#areIntegers,
      isIncreasing: !this.#isWide && this.#isIncreasing && this.#present > 1,
      ...(histogram === undefined ? {} : { histogram }),
    };
  }

  #checkOrder(values: ColumnValues): void {
    let last = this.#last;
    for (let i = 0; i < values.length; i++) {
      if (!(values[i]! > last)) {
        this.#isIncreasing = false;
        return;
      }
      last = values[i]!;
    }
    this.#last = last;
  }

  #count(values: ColumnValues): void {
    for (let i = 0; i < values.length && this.#others !== null; i++) {
      const value = values[i]!;
      if (value >= 0 && value < BYTES && Number.isInteger(value)) (this.#bytes ??= new Uint32Array(BYTES))[value]!++;
      else if (value === value) this.#countOther(value, this.#others);
    }
  }

  #countOther(value: number, others: Map<number, number>): void {
    const count = others.get(value);
    const most = this.#areIntegers ? this.#mostIntegers : COUNTED_VALUES;
    if (count === undefined && (others.size >= most || !this.#budget.take())) {
      this.#budget.giveBack(others.size);
      this.#others = null;
      this.#bytes = null;
    } else others.set(value, (count ?? 0) + 1);
  }

  #counted(): Pick<ValueProfile, 'distinct' | 'top' | 'values'> {
    if (this.#others === null || this.#isWide) return { distinct: null };
    const counts = [...(this.#bytes?.entries() ?? [])].filter(([, count]) => count > 0).concat([...this.#others]);
    // Bytes are counted apart, so there may be a few more than the bound.
    const areIntegers = this.#type === 'number' && this.#areIntegers;
    const mayBeClasses = areIntegers && counts.length > TOP_VALUES && counts.length <= this.#mostIntegers;
    return {
      distinct: counts.length,
      ...(mayBeClasses && { values: counts.map(([value]) => value).sort((a, b) => a - b) }),
      top: topOf(counts.map(([value, count]) => ({ value: this.#inWords(value), count }))),
    };
  }

  #inWords(value: number): string {
    if (this.#type === 'boolean') return value === 1 ? 'true' : 'false';
    return this.#type === 'date' ? dateInWords(value) : String(value);
  }
}

export function profileTexts(dictionary: Dictionary, rows: number): ValueProfile {
  const { texts, counts, missing } = dictionary;
  if (texts === null) return { kind: 'text', missing, distinct: null };
  return {
    kind: isCategorical(texts.length, rows - missing) ? 'categorical' : 'text',
    missing,
    distinct: texts.length,
    top: topOf(texts.map((value, i) => ({ value, count: counts[i]! }))),
  };
}

/** Few values, of which most come more than once. */
const isCategorical = (distinct: number, present: number) =>
  distinct <= 10 || (distinct <= 1000 && 2 * distinct <= present);

/** ISO 8601; the date alone at midnight. */
export function dateInWords(value: number): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return String(value);
  const iso = date.toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, -14) : iso;
}

const topOf = (values: { value: string; count: number }[]) =>
  values.sort((a, b) => b.count - a.count).slice(0, TOP_VALUES);

function areIntegers(values: ColumnValues): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] === values[i] && !Number.isInteger(values[i])) return false;
  return true;
}
