/** How good a trained network is on data: one pass with frozen weights. */

import type { Task } from './dataset.ts';

/** Test samples are those of a fixed split. */
export const DATA_PARTS = ['training', 'validation', 'test'] as const;
export type DataPart = (typeof DATA_PARTS)[number];

/** A class, or a label of a multilabel task, counted from 0. Shares are null where they are 0 of 0. */
export interface ClassScores {
  class: number;
  /** Absent in runs of earlier versions. */
  name?: string;
  /** Samples that belong to it. */
  samples: number;
  /** Samples that the network puts into it. */
  predicted: number;
  /** Samples that are both. */
  correct: number;
  /** correct / samples */
  recall: number | null;
  /** correct / predicted */
  precision: number | null;
  /** 2 correct / (samples + predicted) */
  f1: number | null;
}

/** For more classes than this, a confusion matrix is not kept. */
export const CONFUSION_CLASSES = 100;
/** Numbers in a confusion matrix. Labels have none. */
export const confusionSize = (task: Task, classes: number): number =>
  task === 'classification' && classes <= CONFUSION_CLASSES ? classes * classes : 0;

/** On one part of the data. */
export interface Scores {
  part: DataPart;
  samples: number;
  /** In the unit of the run's losses; null if it was not finite. */
  loss: number | null;
  /** Null for regression. */
  accuracy: number | null;
  /** Regression: mean of R² over the outputs that are not constant; null if all of them are. */
  r2: number | null;
  /** Mean of F1 over the classes or labels that are not 0 of 0; null for regression. */
  macroF1: number | null;
  /** Null for regression. */
  classes: ClassScores[] | null;
  /** Samples by their class (rows) and the predicted one (columns). Null for labels, regression, and many classes. */
  confusion: number[][] | null;
}

/** On the validation part, or on the training part of a run without one. */
export interface Evaluation extends Scores {
  step: number;
  /** On test rows, once, at the end of training; null before it, and where there are none. */
  test: Scores | null;
}

export interface EvaluationAnswer extends Evaluation {
  object: 'evaluation';
  runId: string;
}
