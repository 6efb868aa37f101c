/** Data as the threads and the engines hold it. */
import type { Recipe, RecipeCounts, Task } from '../vocabulary/index.ts';
import type { RowsBlob, WeightsBlob } from './blob.ts';
import type { Table } from './table.ts';

/** A version of an uploaded data set: its content in row groups, and how training data is made of it. */
export interface TableDataset {
  table: Pick<Table, 'rows' | 'parts' | 'columns'>;
  recipe: Recipe;
  /** What the recipe makes of the table. */
  counts: RecipeCounts;
  /** In the order of the rows, see datasets/table/row-group.ts. */
  rowGroups: Uint8Array[];
}

/** Rows of numbers without names. */
export interface PackedDataset {
  task: Task;
  samples: number;
  features: number;
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
}

/** An uploaded data set, as the store keeps it, or rows that came with a job. Data sets of earlier versions are packed. */
export type StoredDataset = TableDataset | PackedDataset | RowsBlob;
export const isTable = (dataset: StoredDataset): dataset is TableDataset => 'rowGroups' in dataset;
export const isBlob = (dataset: StoredDataset): dataset is RowsBlob => 'parts' in dataset;

/**
 * The memory of the rows, to be given to another thread: whoever sends it has no rows afterwards. Views on a part of a
 * buffer are left out, and are copied.
 */
export function rowBuffers(dataset: StoredDataset | WeightsBlob | null): ArrayBuffer[] {
  if (dataset === null) return [];
  const arrays =
    'rowGroups' in dataset ? dataset.rowGroups : 'parts' in dataset ? dataset.parts : [dataset.inputs, dataset.targets];
  const whole = arrays.filter(({ buffer, byteLength }) => byteLength > 0 && byteLength === buffer.byteLength);
  return [...new Set(whole.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
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
