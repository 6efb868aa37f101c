/** A histogram of numbers whose range is not known before: bins become wider as values come. */
import type { Histogram } from '../../schemas/index.ts';

/** While counting, and at most in the result. */
const FINE_BINS = 128,
  BINS = 32;

/**
 * The width of a bin is a power of two, and its edges are multiples of it. Two neighbours therefore make exactly one bin
 * of twice the width, and no value has to be seen again.
 */
export class GrowingHistogram {
  #exponent = NaN;
  /** The number of the first bin: its lower edge divided by the width. */
  #first = 0;
  #counts = new Uint32Array(FINE_BINS);
  #minimum = Infinity;
  #maximum = -Infinity;

  /** Counts the finite ones of `values`, whose extremes are given. */
  add(values: ArrayLike<number>, minimum: number, maximum: number): void {
    if (minimum > maximum) return;
    this.#makeRoom(minimum, maximum);
    const inverse = 2 ** -this.#exponent,
      first = this.#first,
      counts = this.#counts;
    for (let i = 0; i < values.length; i++) {
      const bin = placeOf(values[i]!, inverse) - first;
      if (bin >= 0) counts[bin]!++;
    }
  }

  /** Undefined if there was nothing. */
  finish(areIntegers: boolean): Histogram | undefined {
    if (Number.isNaN(this.#exponent)) return undefined;
    const goal = Math.max(exponentFor(this.#minimum, this.#maximum, BINS), areIntegers ? 0 : -Infinity);
    if (goal > this.#exponent) this.#widen(goal, placeOf(this.#minimum, 2 ** -goal));
    const width = 2 ** this.#exponent;
    const start = placeOf(this.#minimum, 1 / width) - this.#first,
      end = placeOf(this.#maximum, 1 / width) - this.#first + 1;
    return {
      edges: Array.from({ length: end - start + 1 }, (_, i) => finite((this.#first + start + i) * width)),
      counts: [...this.#counts.subarray(start, end)],
    };
  }

  #makeRoom(minimum: number, maximum: number): void {
    this.#minimum = Math.min(this.#minimum, minimum);
    this.#maximum = Math.max(this.#maximum, maximum);
    const needed = exponentFor(this.#minimum, this.#maximum, FINE_BINS);
    if (Number.isNaN(this.#exponent)) {
      this.#exponent = needed;
      this.#first = placeOf(minimum, 2 ** -needed);
    } else {
      const exponent = Math.max(this.#exponent, needed);
      this.#widen(exponent, placeOf(this.#minimum, 2 ** -exponent));
    }
  }

  #widen(exponent: number, first: number): void {
    if (exponent === this.#exponent && first === this.#first) return;
    const counts = new Uint32Array(FINE_BINS);
    const inverse = 2 ** (this.#exponent - exponent);
    for (const [i, count] of this.#counts.entries())
      if (count > 0) counts[placeOf(this.#first + i, inverse) - first]! += count;
    this.#counts = counts;
    this.#exponent = exponent;
    this.#first = first;
  }
}

/** An edge may be the first power of two that float64 does not have. */
const finite = (edge: number) => Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, edge));

/** The number of a value's bin, counted from 0: `inverse` is 1 by the width. */
function placeOf(value: number, inverse: number): number {
  const place = Math.floor(value * inverse);
  // The product may have underflowed.
  return place === 0 && value < 0 ? -1 : place;
}

/** The smallest width 2 ** e of which at most `bins` bins hold the range, and whose multiples a float64 tells apart. */
function exponentFor(minimum: number, maximum: number, bins: number): number {
  const size = Math.max(Math.abs(minimum), Math.abs(maximum));
  const finest = size === 0 ? -20 : Math.ceil(Math.log2(size)) - 40;
  // Halves, because the difference of two finite numbers can be infinite.
  const half = maximum / 2 - minimum / 2;
  let exponent = Math.max(finest, half === 0 ? finest : Math.floor(Math.log2(half / bins)), -1000);
  while (placeOf(maximum, 2 ** -exponent) - placeOf(minimum, 2 ** -exponent) >= bins) exponent++;
  return exponent;
}
