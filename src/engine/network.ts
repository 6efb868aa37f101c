/**
 * What the training loop sees of the mathematics: a network opened on one executor.
 * Every array is row-major; steps count from 0; all arithmetic is float32.
 */
import type { BackwardPass, Inspection, LayerWeights } from '../model/measurements.ts';
import type { RunEngine, SnapshotLayer } from '../vocabulary/index.ts';

export type { Scaling, TrainingData } from '../schemas/index.ts';

/**
 * Everything that a resumed run needs to continue bit for bit. `slots` are the optimizer's; a state without any has an
 * optimizer that takes its first step. `statistics` are those of batch normalization.
 */
export interface NetworkState {
  step: number;
  parameters: Float32Array;
  slots: Float32Array;
  statistics: Float32Array;
}

/** A chunk of steps of equal batch size. */
export interface Chunk {
  /** Sample indices, [steps, batchSize]. */
  indices: Int32Array;
  batchSize: number;
  /** [steps] */
  learningRates: Float64Array;
}

/** What a chunk's steps measured; per-neuron sums run over every sample of the chunk, over hidden layers in order. */
export interface ChunkResult {
  /** [steps] mean loss of each batch before its update. Not finite: the weights are lost from there on. */
  losses: Float32Array;
  /** [steps] correctly classified samples of each batch; for multilabel the mean over labels; zeros for regression. */
  correct: Float32Array;
  /** [steps] L2 norm of the whole gradient, before clipping. */
  gradientNorms: Float32Array;
  samples: number;
  /** [hidden neurons] samples with z > 0. */
  fired: Float64Array;
  /** [hidden neurons] sum of |output|. */
  sumAbs: Float64Array;
  /** [hidden neurons] sum of |dLoss_sample/dz|, Loss_sample being one sample's own loss. */
  sumAbsGradient: Float64Array;
}

export interface Evaluation {
  /** Mean over the samples, weighted where classes have weights. */
  loss: number;
  /** Of all samples together: their number, unless classes have weights. */
  weight: number;
  accuracy: number | null;
  sums: OutputSums;
}

/** Sums over the samples, [outputs]; empty where the task has none. */
export interface OutputSums {
  /** Regression, in the unit of the loss. */
  squaredErrors: Float64Array;
  /** Samples that were put into the class, or got the label. */
  predicted: Float64Array;
  /** Those of them that belong there. */
  hits: Float64Array;
  /** Classification with at most CONFUSION_CLASSES classes: samples by their class and the predicted one, [classes, classes]. */
  confusion: Float64Array;
}

export interface Network {
  readonly engine: RunEngine;
  /** Hidden dense layers in order: `dense_1`, `dense_2`, ... */
  readonly hiddenLayers: readonly SnapshotLayer[];
  /** Neurons of all hidden layers. */
  readonly hiddenNeurons: number;
  readonly parameterCount: number;
  /** Trains the chunk's steps in order. */
  train(chunk: Chunk): Promise<ChunkResult>;
  /** One pass over the samples, dropout off. */
  evaluate(indices: Int32Array): Promise<Evaluation>;
  /** Full pass over the samples with frozen weights, dropout off. */
  inspect(indices: Int32Array): Promise<Inspection>;
  /** One pass over a few samples, all at once, with frozen weights, dropout off. */
  backward(indices: Int32Array): Promise<BackwardPass>;
  /**
   * Outputs for raw, not yet normalised inputs [n, features]: probabilities for classification and multilabel, values
   * for regression in the unit of the raw targets; [n, outputs].
   */
  predict(inputs: Float32Array): Promise<Float32Array>;
  weights(): LayerWeights[];
  readState(): NetworkState;
  writeState(state: NetworkState): void;
  /** Frees its memory. The network cannot be used afterwards. */
  close(): Promise<void>;
}
