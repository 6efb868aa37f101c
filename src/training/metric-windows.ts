/** Metrics of the training steps, averaged over windows that end at every n-th step of the run. */
import type { MetricColumns, TelemetrySpec } from '../vocabulary/index.ts';

/** The rate that "auto" aims at. */
const AUTO_POINTS_PER_SECOND = 50;

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
  length: number;
  count: number;
  lossSum: number;
  accuracySum: number;
  gradientNormSum: number;
  learningRate: number;
}

const EMPTY = { count: 0, lossSum: 0, accuracySum: 0, gradientNormSum: 0, learningRate: 0 };

export class MetricWindows {
  readonly #every: TelemetrySpec['metricsEverySteps'];
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
    this.#every = every;
    this.#hasAccuracy = hasAccuracy;
    this.#lastStep = lastStep;
    this.#window = state ? { ...state } : { length: every === 'auto' ? 1 : every, ...EMPTY };
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
    if (step % window.length === 0 || step === this.#lastStep) this.close(step);
  }

  /** Closes the open window, if there is one, at step `step`. */
  close(step: number): void {
    const { length, count, lossSum, accuracySum, gradientNormSum, learningRate } = this.#window;
    if (count === 0) return;
    const { steps, values } = this.#columns;
    steps.push(step);
    values['loss']?.push(finiteOrNull(lossSum / count));
    values['accuracy']?.push(finiteOrNull(accuracySum / count));
    values['learningRate']?.push(learningRate);
    values['gradientNorm']?.push(finiteOrNull(gradientNormSum / count));
    this.#window = { length, ...EMPTY };
  }

  /** The windows that closed since the last call. */
  take(): MetricColumns {
    const columns = this.#columns;
    this.#columns = this.#noColumns();
    return columns;
  }

  /** The lengths of "auto" are powers of two, so every end of a longer window is also the end of a shorter one. */
  adapt(stepsPerSecond: number): void {
    if (this.#every === 'auto')
      this.#window.length = 2 ** Math.max(0, Math.round(Math.log2(stepsPerSecond / AUTO_POINTS_PER_SECOND)));
  }

  #noColumns(): MetricColumns {
    return {
      steps: [],
      values: { loss: [], ...(this.#hasAccuracy && { accuracy: [] }), learningRate: [], gradientNorm: [] },
    };
  }
}

export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
