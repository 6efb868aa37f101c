/**
 * What is measured of a network, and its weights, layer by layer: the engine delivers typed arrays, and the verdict on
 * the neurons reads any list of numbers.
 */
import type { ActivationName } from '../vocabulary/index.ts';

/** The weights of a dense layer: kernel [in, out], row-major. The output layer is the last of a list. */
export interface LayerWeights {
  name: string;
  inputs: number;
  units: number;
  activation: ActivationName;
  kernel: Float32Array;
  bias: Float32Array;
  /** Learned slopes of prelu, one per neuron. */
  alpha: Float32Array | null;
}

/** One pass over samples with frozen weights: sums and extremes of every neuron of a hidden layer, [units]. */
export interface LayerStatistics {
  name: string;
  units: number;
  activation: ActivationName;
  /** Samples with z > 0. */
  fired: Float64Array;
  /** Samples with output != 0. */
  nonZero: Float64Array;
  minPreActivation: Float32Array;
  maxPreActivation: Float32Array;
  minOutput: Float32Array;
  maxOutput: Float32Array;
  sumAbs: Float64Array;
  /** Largest |dLoss_sample/dz| over the samples: exactly 0 if no sample moves the neuron's incoming weights. */
  maxAbsGradient: Float32Array;
  /** Sum of |dLoss_sample/dz| over the samples. */
  sumAbsGradient: Float64Array;
  /**
   * Samples whose output lies in the flat tail: |a| > 0.9 for tanh, a < 0.05 or a > 0.95 for sigmoid; 0 for all others.
   */
  saturated: Float64Array;
}

export interface Inspection {
  samples: number;
  layers: LayerStatistics[];
}

/** What a pass forward and backward over a few samples shows of each layer. */
export interface BackwardPass {
  samples: number;
  /** Gradients of the mean loss, by dense layer, in the form of its weights. */
  gradients: LayerWeights[];
  /** Outputs of every hidden layer, [samples, units]. */
  activations: Float32Array[];
}

/** The same with any list of numbers in place of each typed array. */
type InAnyList<T> = {
  readonly [Key in keyof T]: T[Key] extends Float32Array | Float64Array
    ? ArrayLike<number>
    : T[Key] extends Float32Array | null
      ? ArrayLike<number> | null
      : T[Key];
};

export type LayerMeasurement = InAnyList<LayerStatistics>;
export interface Measurement {
  readonly samples: number;
  readonly layers: readonly LayerMeasurement[];
}

export type DenseWeights = InAnyList<Omit<LayerWeights, 'name' | 'activation'>>;
