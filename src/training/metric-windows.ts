/**
 * Metrics of the training steps, averaged over windows that end at every n-th step of the run. How long they are follows
 * from the job alone, so the same job gives the same curves on every machine.
 */
import type { MetricColumns, TelemetrySpec } from '../vocabulary/index.ts';

/** The most points that "auto" gives a series. */
const AUTO_MOST_POINTS = 5000;

/** A power of two for "auto". Ends of epochs do not cut windows, so every point but the last weighs the same. */
export function windowLength(every: TelemetrySpec['metricsEverySteps'], steps: number): number {
  if (every !== 'auto') return every;
  let length = 1;
  while (steps > AUTO_MOST_POINTS * length) length *= 2;
  return length;
}

/** What one step measured. */
export interface StepMetrics {
  loss: number;
  /** Null for regression. */
  accuracy: number | null;
  learningRate: number;
  gradientNorm: number;
}

/** An unfinished window, as a checkpoint keeps it: plain JSON. */
export interface WindowState {
  count: number;
  lossSum: number;
  accuracySum: number;
  gradientNormSum: number;
  learningRate: number;
}

const EMPTY = { count: 0, lossSum: 0, accuracySum: 0, gradientNormSum: 0, learningRate: 0 };

export class MetricWindows {
  readonly #length: number;
  readonly #hasAccuracy: boolean;
  /** The run's last step closes its window, however short it is. */
  readonly #lastStep: number;
  #window: WindowState;
  #columns: MetricColumns;

  constructor(
    every: TelemetrySpec['metricsEverySteps'],
    hasAccuracy: boolean,
    lastStep: number,
    state: WindowState | null = null,
  ) {
    this.#length = windowLength(every, lastStep);
    this.#hasAccuracy = hasAccuracy;
    this.#lastStep = lastStep;
    this.#window = { ...EMPTY, ...state };
    this.#columns = this.#noColumns();
  }

  /** Finite wherever it is stored: a run whose sums are not finite ends as diverged, without a checkpoint. */
  get state(): WindowState {
    return { ...this.#window };
  }

  /** `step` counts this one. A mean over numbers that are not all finite is null: a missing value beats an invented one. */
  add(step: number, metrics: StepMetrics): void {
    const window = this.#window;
    window.count += 1;
    window.lossSum += metrics.loss;
    window.accuracySum += metrics.accuracy ?? 0;
    window.gradientNormSum += metrics.gradientNorm;
    window.learningRate = metrics.learningRate;
    if (step % this.#length === 0 || step === this.#lastStep) this.close(step);
  }

  /** Closes the open window, if there is one, at step `step`. */
  close(step: number): void {
    const { count, lossSum, accuracySum, gradientNormSum, learningRate } = this.#window;
    if (count === 0) return;
    const { steps, values } = this.#columns;
    steps.push(step);
    values['loss']?.push(finiteOrNull(lossSum / count));
    values['accuracy']?.push(finiteOrNull(accuracySum / count));
    values['learningRate']?.push(learningRate);
    values['gradientNorm']?.push(finiteOrNull(gradientNormSum / count));
    this.#window = { ...EMPTY };
  }

  /** The windows that closed since the last call. */
  take(): MetricColumns {
    const columns = this.#columns;
    this.#columns = this.#noColumns();
    return columns;
  }

  #noColumns(): MetricColumns {
    return {
      steps: [],
      values: { loss: [], ...(this.#hasAccuracy && { accuracy: [] }), learningRate: [], gradientNorm: [] },
      ...(this.#length > 1 && { every: this.#length }),
    };
  }
}

export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
