/**
 * A metric's curve in bounded memory: when it is full, neighbouring points are merged so that peaks and dips survive.
 */
import { middleOfWindow, type MetricSeries } from '../../vocabulary/index.ts';

export const SERIES_CAPACITY = 8192;
/** One in so many of its points are first points. */
const FIRST_SHARE = 8;

export class Series {
  #steps: Float64Array<ArrayBuffer>;
  #values: Float64Array<ArrayBuffer>;
  length = 0;
  /** It has every point that was measured, not a part of them. */
  isWhole = true;
  /** The newest step without a value, where the curve is no longer known. */
  #unknownAt = -Infinity;

  constructor(capacity = SERIES_CAPACITY) {
    this.#steps = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  get steps(): Float64Array<ArrayBuffer> {
    return this.#steps.subarray(0, this.length);
  }
  get values(): Float64Array<ArrayBuffer> {
    return this.#values.subarray(0, this.length);
  }
  /** The newest value; null where it is not finite or not known, as the activity of neurons after a divergence. */
  get last(): number | null {
    if (this.length === 0 || this.#unknownAt >= this.#steps[this.length - 1]!) return null;
    return this.#values[this.length - 1]!;
  }

  /** Means over windows are placed at the middles of their windows. */
  append({ steps, values, every }: MetricSeries): void {
    for (const [i, step] of steps.entries()) this.push(middleOfWindow(step, every), values[i] ?? null);
  }

  /** Adds a point; one that is not newer than the last is already known (a reconnect repeats it) and is left out. */
  push(step: number, value: number | null): void {
    if (value === null) this.#unknownAt = Math.max(this.#unknownAt, step);
    if (value === null || (this.length > 0 && step <= this.#steps[this.length - 1]!)) return;
    if (this.length === this.#steps.length) this.#halve();
    this.#steps[this.length] = step;
    this.#values[this.length] = value;
    this.length += 1;
  }

  /**
   * Of every four points the lowest and the highest stay, in their order. The first points all stay: on a logarithmic axis
   * they are half of the picture.
   */
  #halve(): void {
    this.isWhole = false;
    const kept = Math.floor(this.#steps.length / FIRST_SHARE / 4) * 4;
    let to = kept;
    for (let from = kept; from + 4 <= this.length; from += 4) {
      let low = from,
        high = from;
      for (let i = from + 1; i < from + 4; i += 1) {
        if (this.#values[i]! < this.#values[low]!) low = i;
        if (this.#values[i]! >= this.#values[high]!) high = i;
      }
      for (const i of [Math.min(low, high), Math.max(low, high)]) {
        this.#steps[to] = this.#steps[i]!;
        this.#values[to] = this.#values[i]!;
        to += 1;
      }
    }
    this.length = to;
  }

  /** The newest value at or before `step`. */
  at(step: number): number | null {
    let low = 0,
      high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#steps[middle]! <= step) low = middle + 1;
      else high = middle;
    }
    return low > 0 ? this.#values[low - 1]! : null;
  }
}
