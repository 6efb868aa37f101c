/** Samples of a run's data, and what its model makes of them. */
import type { Task } from './dataset.ts';
import type { DataPart } from './evaluation.ts';

/** What a column of a sample has: a number, a category, a time (ISO 8601), the values of a wide column; null if missing. */
export type SampleValue = number | string | number[] | null;

/** A column as it is shown. */
export interface SampleColumn {
  name: string;
  width: number;
  /** Of a wide column, such as [28, 28] for an image. */
  shape?: number[];
}

export interface ClassifiedSample {
  /** Among the samples that the run uses, from 0: the row of its data where neither `limit` nor a recipe left any out. */
  index: number;
  /** By column. */
  row: Record<string, SampleValue>;
  /** By class. */
  probabilities: number[];
}

export interface ConfusionCell {
  actual: number;
  predicted: number;
  /** Those that the model is surest of come first. */
  samples: ClassifiedSample[];
}

export interface Confusion {
  /** Of the checkpoint. */
  step: number;
  part: DataPart;
  /** Names of the classes. */
  classes: string[];
  /** [actual][predicted] samples. */
  counts: number[][];
  /** Samples that were counted, and samples of the part: of a large part, as many as fit are spread evenly over it. */
  samples: number;
  of: number;
  columns: SampleColumn[];
  /** Null if none was asked for. */
  cell: ConfusionCell | null;
}
export interface ConfusionAnswer extends Confusion {
  object: 'confusion';
  runId: string;
}

export interface DataSamples {
  part: DataPart;
  task: Task;
  /** Names of the network's inputs, and of its outputs: classes, labels or targets. */
  inputs: string[];
  outputs: string[];
  /** [samples][inputs] as `predict` takes them, before normalisation. */
  features: number[][];
  /** Class indices, or rows of numbers. */
  targets: number[] | number[][];
  /** Samples of the part, over which these are spread evenly. */
  of: number;
}
export interface SamplesAnswer extends DataSamples {
  object: 'samples';
  runId: string;
}
