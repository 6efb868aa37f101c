/** Means over the training steps of a window. */
export const STEP_METRICS = ['loss', 'accuracy', 'learningRate', 'gradientNorm'] as const;
export type StepMetric = (typeof STEP_METRICS)[number];
/** Measured on the validation part at the end of each epoch. */
export const EPOCH_METRICS = ['valLoss', 'valAccuracy'] as const;
export type EpochMetric = (typeof EPOCH_METRICS)[number];
/** Measured by each verdict, over all hidden neurons; `deadNeurons/dense_1` is the same for one layer. */
export const NEURON_METRICS = ['activeFraction', 'deadNeurons'] as const;
export type NeuronMetric = (typeof NEURON_METRICS)[number];

/** `values[i]` was measured at `steps[i]`; null if it was not finite. */
export interface MetricSeries {
  steps: number[];
  values: (number | null)[];
}

export interface MetricsAnswer {
  object: 'metrics';
  runId: string;
  series: Record<string, MetricSeries>;
}
