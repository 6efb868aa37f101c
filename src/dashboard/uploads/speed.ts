/** What counts of the past: after so long, a change of speed is seen for the most part. */
const MEMORY_MS = 3000;

/** Bytes per second over the last few seconds: a time-weighted mean, so that it neither jumps nor lags. */
export class Speed {
  #mean: number | null = null;
  #last: { bytes: number; atMs: number } | null = null;

  /** `bytes` sent so far, at `atMs` of a clock that never goes back. */
  after(bytes: number, atMs: number): number | null {
    const last = this.#last;
    this.#last = { bytes, atMs };
    if (!last || atMs <= last.atMs) return this.#mean;
    const now = ((bytes - last.bytes) / (atMs - last.atMs)) * 1000;
    const weight = 1 - Math.exp(-(atMs - last.atMs) / MEMORY_MS);
    this.#mean = this.#mean === null ? now : this.#mean + weight * (now - this.#mean);
    return this.#mean;
  }
}
