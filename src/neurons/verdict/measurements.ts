/**
 * What a verdict is computed from, in the shapes that the engine delivers: one entry per neuron, hidden layers in
 * order.
 * The types are structural, so that this folder needs nothing but the vocabulary.
 */
import type { ActivationName } from '../../schemas/index.ts';

/** One pass over samples with frozen weights. Arrays are [units]; `fired` counts samples with z > 0. */
export interface LayerMeasurement {
  readonly name: string;
  readonly units: number;
  readonly activation: ActivationName;
  readonly fired: ArrayLike<number>;
  readonly nonZero: ArrayLike<number>;
  readonly minPreActivation: ArrayLike<number>;
  readonly maxPreActivation: ArrayLike<number>;
  readonly minOutput: ArrayLike<number>;
  readonly maxOutput: ArrayLike<number>;
  readonly sumAbs: ArrayLike<number>;
  /** Largest |dLoss_sample/dz| over the samples. */
  readonly maxAbsGradient: ArrayLike<number>;
  readonly saturated: ArrayLike<number>;
}
export interface Measurement {
  readonly samples: number;
  readonly layers: readonly LayerMeasurement[];
}

/** A dense layer's parameters: kernel [in, out], row-major; the output layer is the last of the list. */
export interface DenseWeights {
  readonly inputs: number;
  readonly units: number;
  readonly kernel: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  /** Slopes of prelu, one per neuron. */
  readonly alpha: ArrayLike<number> | null;
}

/** Smallest and largest value of every feature of the normalised training inputs, [features]. */
export interface InputBox {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

/**
 * Counters of training steps since the last report: sums over the samples seen, hidden neurons of all layers in order.
 */
export interface RunningCounters {
  readonly samples: number;
  readonly fired: ArrayLike<number>;
  readonly sumAbs: ArrayLike<number>;
  readonly sumAbsGradient: ArrayLike<number>;
}

const allFinite = (values: ArrayLike<number>): boolean => {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
};

/** NaN > 0 is false, so a diverged network would pass for a dead one: finiteness is asked first. */
export function isFiniteNetwork(weights: readonly DenseWeights[], measurement: Measurement): boolean {
  return (
    weights.every(
      ({ kernel, bias, alpha }) => allFinite(kernel) && allFinite(bias) && (alpha === null || allFinite(alpha)),
    ) &&
    measurement.layers.every((layer) =>
      [
        layer.minPreActivation,
        layer.maxPreActivation,
        layer.minOutput,
        layer.maxOutput,
        layer.sumAbs,
        layer.maxAbsGradient,
      ].every(allFinite),
    )
  );
}
