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

/**
 * What a network trains on. Inputs keep their own type; the program casts and normalises them:
 * x = (value - shift) * scale.
 */
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
  /** One pair per feature; null for none. */
  readonly normalization: { readonly shift: Float32Array; readonly scale: Float32Array } | null;
}
