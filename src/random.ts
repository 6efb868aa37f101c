/**
 * Counter-based random numbers: Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC
 * 2011).
 * A number depends on (seed, stream, index, position) alone, never on what was drawn before: a resumed run draws what
 * an uninterrupted one would have drawn, and every executor gets the same numbers.
 */

/** What numbers are used for. Two uses never share a stream, so more draws in one cannot shift the draws of another. */
export const STREAMS = {
  initializer: 1,
  dropout: 2,
  order: 3,
  drawing: 4,
  split: 5,
  choice: 6,
  inspection: 7,
  risk: 8,
  evaluation: 9,
  partChoice: 10,
} as const;
export type Stream = keyof typeof STREAMS;

/** High 32 bits of the product of two unsigned 32-bit words; Math.imul gives the low ones. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff,
    aHigh = a >>> 16,
    bLow = b & 0xffff,
    bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** One block: the four 32-bit words that belong to a 128-bit counter and a 64-bit key, written to `out`. */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Uint32Array): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0),
      low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2),
      low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * The numbers of one (seed, stream, index, subIndex) in order of position. The indices count epochs, steps, layers and
 * so on.
 */
export class Random {
  readonly #indexLow: number;
  readonly #indexHigh: number;
  readonly #subIndex: number;
  readonly #keyLow: number;
  readonly #keyHigh: number;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #next = 4;
  #spareNormal: number | null = null;

  /**
   * All are integers from 0. The upper half of a seed above 2^32 shares a key word with the stream. An index may be up
   * to 2^53.
   */
  constructor(seed: number, stream: Stream, index = 0, subIndex = 0) {
    this.#keyLow = seed >>> 0;
    this.#keyHigh = (Math.floor(seed / 2 ** 32) ^ (STREAMS[stream] << 24)) >>> 0;
    this.#indexLow = index >>> 0;
    this.#indexHigh = Math.floor(index / 2 ** 32) >>> 0;
    this.#subIndex = subIndex >>> 0;
  }

  /** Uniform in [0, 2^32). */
  word(): number {
    if (this.#next === 4) {
      philox(this.#block++, this.#indexLow, this.#indexHigh, this.#subIndex, this.#keyLow, this.#keyHigh, this.#words);
      this.#next = 0;
    }
    return this.#words[this.#next++] as number;
  }

  /** Uniform in [0, 1), with 53 bits. */
  uniform(): number {
    const high = this.word() >>> 5,
      low = this.word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform())),
      angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Uniform integer in [0, bound), without modulo bias. */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % bound;
  }

  /**
   * Shuffles in place (Fisher and Yates). With a smaller `count`, only the last `count` values are a random sample in
   * random order.
   */
  shuffle<T extends Int32Array | Float32Array | Float64Array>(values: T, count = values.length): T {
    for (let i = values.length - 1; i >= Math.max(1, values.length - count); i--) {
      const j = this.below(i + 1);
      const kept = values[i] as number;
      values[i] = values[j] as number;
      values[j] = kept;
    }
    return values;
  }

  /** 0 ... count - 1 in random order. */
  permutation(count: number): Int32Array<ArrayBuffer> {
    return this.shuffle(Int32Array.from({ length: count }, (_, i) => i));
  }
}
