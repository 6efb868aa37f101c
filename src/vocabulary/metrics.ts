/** Measured at every training step: means over the steps of a window, except for the learning rate. */
export const STEP_METRICS = ['loss', 'accuracy', 'learningRate', 'gradientNorm'] as const;
export type StepMetric = (typeof STEP_METRICS)[number];
const IS_WINDOW_MEAN = {
  loss: true,
  accuracy: true,
  learningRate: false,
  gradientNorm: true,
} as const satisfies Record<StepMetric, boolean>;
/** Whether a value is a mean over the steps of its window. Any other was measured once, at the step itself. */
export const isWindowMean = (key: string): boolean =>
  Object.hasOwn(IS_WINDOW_MEAN, key) && IS_WINDOW_MEAN[key as StepMetric];

/** Measured on the validation part at the end of each epoch. */
export const EPOCH_METRICS = ['valLoss', 'valAccuracy'] as const;
export type EpochMetric = (typeof EPOCH_METRICS)[number];
/**
 * Measured with them, or once at the end, on the training part, where there is no validation part; `recall/2` is the
 * recall of class 2.
 */
export const SCORE_METRICS = ['r2', 'macroF1'] as const;
export type ScoreMetric = (typeof SCORE_METRICS)[number];
/** Measured by each verdict, over all hidden neurons; `deadNeurons/dense_1` is the same for one layer. */
export const NEURON_METRICS = ['activeFraction', 'deadNeurons'] as const;
export type NeuronMetric = (typeof NEURON_METRICS)[number];

/** `values[i]` was measured at `steps[i]`; null if it was not finite. */
export interface MetricSeries {
  steps: number[];
  values: (number | null)[];
  /**
   * More than 1: each value is a mean over a window, which ends at its step and begins after the last multiple of
   * `every` before it. Absent: each value belongs to its step alone, or the windows had no fixed length.
   */
  every?: number;
  /** How many points there are in the range, if not all of them are here. */
  of?: number;
  /** The smoothed curve at the same steps, made from all points before any were left out. Only where it was asked for. */
  smoothed?: (number | null)[];
}

/** How the points of a series that stay are spaced: alike over its steps, or over the logarithm of its steps. */
export const SPACINGS = ['even', 'log'] as const;
export type Spacing = (typeof SPACINGS)[number];

/** When a run was at which step, from what it reported: both ascend. */
export interface StepTimes {
  steps: number[];
  /** Milliseconds since 1970, UTC. */
  at: number[];
}

/** Where to draw a mean over a window: the middle of its first step and of its last, which is `step`. */
export const middleOfWindow = (step: number, every = 1): number =>
  (Math.floor((step - 1) / every) * every + 1 + step) / 2;

export interface MetricsAnswer {
  object: 'metrics';
  runId: string;
  series: Record<string, MetricSeries>;
  times?: StepTimes;
}
