/** A histogram of numbers whose range is not known before: bins become wider as values come. */
import type { Histogram } from '../../schemas/index.ts';

/** While counting, and at most in the result. */
const FINE_BINS = 512,
  BINS = 32;

/**
 * The width of a bin is a power of two, and its edges are multiples of it. Two neighbours therefore make exactly one bin
 * of twice the width, and no value has to be seen again.
 */
export class GrowingHistogram {
  #exponent = NaN;
  /** The number of the first bin: its lower edge divided by the width. */
  #first = 0;
  #counts = new Float64Array(FINE_BINS);

  /** Counts the finite ones of `values`, whose extremes are given. */
  add(values: ArrayLike<number>, minimum: number, maximum: number): void {
    if (minimum > maximum) return;
    this.#makeRoom(minimum, maximum);
    const inverse = 2 ** -this.#exponent,
      first = this.#first,
      counts = this.#counts;
    for (let i = 0; i < values.length; i++) {
      const bin = Math.floor(values[i]! * inverse) - first;
      if (bin >= 0) counts[bin]!++;
    }
  }

  /** `minimum`, `maximum`: of everything that was added. Undefined if there was nothing. */
  finish(minimum: number, maximum: number, areIntegers: boolean): Histogram | undefined {
    if (Number.isNaN(this.#exponent)) return undefined;
    const goal = Math.max(exponentFor(minimum, maximum, BINS), areIntegers ? 0 : -Infinity);
    if (goal > this.#exponent) this.#widen(goal, Math.floor(minimum / 2 ** goal));
    const width = 2 ** this.#exponent;
    const start = Math.floor(minimum / width) - this.#first,
      end = Math.floor(maximum / width) - this.#first + 1;
    return {
      edges: Array.from({ length: end - start + 1 }, (_, i) => (this.#first + start + i) * width),
      counts: [...this.#counts.subarray(start, end)],
    };
  }

  #makeRoom(minimum: number, maximum: number): void {
    if (Number.isNaN(this.#exponent)) {
      this.#exponent = exponentFor(minimum, maximum, FINE_BINS);
      this.#first = Math.floor(minimum / 2 ** this.#exponent);
      return;
    }
    const width = 2 ** this.#exponent;
    const lowest = Math.min(minimum, this.#first * width),
      highest = Math.max(maximum, (this.#first + this.#lastBin()) * width);
    const goal = Math.max(this.#exponent, exponentFor(lowest, highest, FINE_BINS));
    this.#widen(goal, Math.floor(lowest / 2 ** goal));
  }

  #lastBin(): number {
    return Math.max(
      0,
      this.#counts.findLastIndex((count) => count > 0),
    );
  }

  #widen(exponent: number, first: number): void {
    if (exponent === this.#exponent && first === this.#first) return;
    const counts = new Float64Array(FINE_BINS);
    const ratio = 2 ** (exponent - this.#exponent);
    for (const [i, count] of this.#counts.entries())
      if (count > 0) counts[Math.floor((this.#first + i) / ratio) - first]! += count;
    this.#counts = counts;
    this.#exponent = exponent;
    this.#first = first;
  }
}

/** The smallest width 2 ** e of which at most `bins` bins hold the range, and whose multiples a float64 tells apart. */
function exponentFor(minimum: number, maximum: number, bins: number): number {
  const size = Math.max(Math.abs(minimum), Math.abs(maximum));
  const finest = size === 0 ? -20 : Math.ceil(Math.log2(size)) - 40;
  // Halves, because the difference of two finite numbers can be infinite.
  const half = maximum / 2 - minimum / 2;
  let exponent = Math.max(finest, half === 0 ? finest : Math.floor(Math.log2(half / bins)), -1000);
  while (Math.floor(maximum / 2 ** exponent) - Math.floor(minimum / 2 ** exponent) >= bins) exponent++;
  return exponent;
}
