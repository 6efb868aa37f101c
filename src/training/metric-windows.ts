/** Metrics of the training steps, averaged over windows that end at every n-th step of the run. */
import type { MetricColumns, TelemetrySpec } from '../schemas/index.ts';

/** Points per second that "auto" stays near. */
const AUTO_POINTS_PER_SECOND = 50;

export const STEP_METRICS = ['loss', 'accuracy', 'learningRate', 'gradientNorm'] as const;
export type StepMetric = (typeof STEP_METRICS)[number];
/** What one step measured; accuracy is null where the task has none. */
export type StepMetrics = Record<Exclude<StepMetric, 'accuracy'>, number> & { accuracy: number | null };

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
  /** The last step of all closes its window, whatever its length. */
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

  /** A sum that is no longer finite belongs to a run that ends as diverged: it is never stored. */
  get state(): WindowState {
    return { ...this.#window };
  }

  /**
   * `step` steps are done, this one included. A mean of numbers that are not all finite is null: no value is better
   * than an invented one.
   */
  add(step: number, metrics: StepMetrics): void {
    const window = this.#window;
    window.count += 1;
    window.lossSum += metrics.loss;
    window.accuracySum += metrics.accuracy ?? 0;
    window.gradientNormSum += metrics.gradientNorm;
    window.learningRate = metrics.learningRate;
    if (step % window.length === 0 || step === this.#lastStep) this.close(step);
  }

  /** Ends the window that is open, if any, with step `step`. */
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

  /** The windows that ended since the last call. */
  take(): MetricColumns {
    const columns = this.#columns;
    this.#columns = this.#noColumns();
    return columns;
  }

  /** Windows of "auto" have a power of two as length, so that the ends of longer ones are ends of shorter ones too. */
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
