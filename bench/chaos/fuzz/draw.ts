/** Draws from a seed: the same index draws the same. */
import { Random } from '../../../src/random.ts';

export class Draw {
  readonly #random: Random;

  constructor(seed: number, index: number) {
    this.#random = new Random(seed, 'drawing', index);
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }

  chance(probability: number): boolean {
    return this.#random.uniform() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)] as T;
  }

  uniform(low: number, high: number): number {
    return low + (high - low) * this.#random.uniform();
  }
}
