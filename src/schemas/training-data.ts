/** Data as the threads and the engines hold it. */
import type { Task } from '../vocabulary/index.ts';

/** Rows of an uploaded data set, as the store keeps them. */
export interface StoredDataset {
  task: Task;
  samples: number;
  features: number;
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
}

/** How columns of numbers are normalised: (value - shift) * scale, with one pair per column. */
export interface Scaling {
  readonly shift: Float32Array;
  readonly scale: Float32Array;
}

/** What a network trains on, as it was given: the programs cast and normalise it. */
export interface TrainingData {
  readonly task: Task;
  readonly sampleCount: number;
  readonly featureCount: number;
  /** Classes, labels or regression targets. */
  readonly outputCount: number;
  /** [samples, features] */
  readonly inputs: Uint8Array | Float32Array;
  /** [samples] class indices, or [samples, outputs] numbers. */
  readonly targets: Int32Array | Float32Array;
  /** Of the inputs; null for none. */
  readonly normalization: Scaling | null;
  /** Of the targets of a regression; null for none. */
  readonly targetNormalization: Scaling | null;
  /**
   * Classification: what a sample of each class weighs in the loss. Multilabel: what a positive sample of each label
   * does. Null: all the same.
   */
  readonly classWeights: Float32Array | null;
}
