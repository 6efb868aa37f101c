/**
 * How many steps the engine gets per call: as many as take about 50 ms, so that orders are followed quickly and the
 * overhead of a call is shared by many steps.
 */
const TARGET_MS = 50;
/** The first chunks include the engine's warm-up, so the length grows gradually instead of trusting one measurement. */
const GROWTH = 4;
const MOST_STEPS = 8192;

export class Pace {
  #steps = 1;
  #stepMs: number | null = null;

  get steps(): number {
    return this.#steps;
  }

  measured(steps: number, milliseconds: number): void {
    const stepMs = milliseconds / steps;
    this.#stepMs = this.#stepMs === null ? stepMs : (this.#stepMs + stepMs) / 2;
    const fitting = Math.floor(TARGET_MS / Math.max(this.#stepMs, 1e-6));
    this.#steps = Math.max(1, Math.min(fitting, this.#steps * GROWTH, MOST_STEPS));
  }
}
