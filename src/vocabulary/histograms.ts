/** What is measured of the values in each dense layer: their distributions, and the sizes of weights, gradients and updates. */

/** Weights and gradients are those of the kernel; activations are the outputs of a hidden layer's neurons. */
export const HISTOGRAM_KINDS = ['weights', 'gradients', 'activations'] as const;
export type HistogramKind = (typeof HISTOGRAM_KINDS)[number];

export const HISTOGRAM_BINS = 64;

/**
 * Bins of equal width from -range to range. `range` is a power of two, so bins of two steps fit into one another. Zeros
 * are in no bin.
 */
export interface Histogram {
  /** Values that were looked at: all of them, or 4,096 spread evenly over a larger tensor. */
  count: number;
  /** Values that are exactly 0. */
  zeros: number;
  /** Values that are not finite: in no bin, and in none of the figures below. */
  nonFinite: number;
  /** The smallest power of two that no value exceeds; 0 where every value is 0. */
  range: number;
  /** [bins] */
  counts: number[];
  /** Of the finite values, zeros included; null where there are none. */
  minimum: number | null;
  maximum: number | null;
  mean: number | null;
  deviation: number | null;
}

/** `activations` are absent for the output layer. */
export type LayerHistograms = { name: string; weights: Histogram; gradients: Histogram; activations?: Histogram };

/** Of one verdict. */
export interface VerdictHistograms {
  /** Samples behind gradients and activations. */
  samples: number;
  layers: LayerHistograms[];
}

export interface HistogramSeries {
  name: string;
  kind: HistogramKind;
  /** One per step; null where the verdict has none. */
  histograms: (Histogram | null)[];
}

export interface HistogramsAnswer {
  object: 'histograms';
  runId: string;
  bins: number;
  /** Of the verdicts, in order. */
  steps: number[];
  /** Samples behind gradients and activations, by step. */
  samples: number[];
  layers: HistogramSeries[];
}

/** Sizes of one dense layer by verdict; null where they were not measured. */
export interface LayerSizes {
  name: string;
  /** L2 norm of kernel and bias together. */
  weightNorm: (number | null)[];
  /** L2 norm of the gradient of the mean loss with respect to kernel and bias. */
  gradientNorm: (number | null)[];
  /** |change of the weights| / |weights| of the one step after the verdict before. */
  updateRatio: (number | null)[];
  /** Mean |dLoss/dz| per sample and neuron: of pre-activations, not of weights. Null for the output layer. */
  meanAbsGradient: (number | null)[];
}

export interface LayersAnswer {
  object: 'layers';
  runId: string;
  steps: number[];
  layers: LayerSizes[];
}
