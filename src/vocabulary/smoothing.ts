/** How curves are smoothed, in the page and in the service alike. */

/** At 1 a curve would never leave its first value. */
export const SMOOTHING_MOST = 0.99;

/** So many units of `x` wide is the axis that a smoothing of a given strength refers to. */
const UNITS_OF_RANGE = 1000;
const DECAY_MOST = 0.999;

/**
 * The exponential mean of a curve, weighted by the distance between its points, so that it does not depend on how densely
 * they lie, and without the bias of its start towards zero:
 *
 *     w = min(sqrt(smoothing), 0.999) ^ (dx / range * 1000)
 *     m = m * w + y,   d = d * w + 1,   mean = m / d
 *
 * `smoothing` is from 0 (the curve itself) to 0.99; `range` is the width of the axis in units of x. Weights & Biases
 * documents the same formula as its "time weighted exponential moving average".
 */
export class Smoother {
  readonly #decay: number;
  readonly #range: number;
  #last = Number.NaN;
  #sum = 0;
  #weight = 0;

  constructor(smoothing: number, range: number) {
    this.#decay = Math.min(Math.sqrt(smoothing), DECAY_MOST);
    this.#range = range > 0 ? range : 1;
  }

  /** How far back a point still counts, in units of x: what lies further changes no digit of a double. */
  get reach(): number {
    return ((Math.log(Number.EPSILON) / Math.log(this.#decay)) * this.#range) / UNITS_OF_RANGE;
  }

  /** The mean up to this point. A value that is not finite is not known: it returns NaN, and changes nothing. */
  next(x: number, y: number): number {
    return Number.isFinite(y) ? this.nextOf(x, y, 1) : Number.NaN;
  }

  /** The same for several points around x: their number is above 0, and `sum` is that of their values. */
  nextOf(x: number, sum: number, count: number): number {
    const distance = this.#weight === 0 ? 0 : Math.max(0, x - this.#last);
    const weight = this.#decay ** ((distance / this.#range) * UNITS_OF_RANGE);
    this.#sum = this.#sum * weight + sum;
    this.#weight = this.#weight * weight + count;
    this.#last = x;
    return this.#sum / this.#weight;
  }
}
