/** How good a trained network is on data: one pass with frozen weights. */

export const DATA_PARTS = ['training', 'validation'] as const;
export type DataPart = (typeof DATA_PARTS)[number];

/** A class, or a label of a multilabel task, counted from 0. Shares are null where they are 0 of 0. */
export interface ClassScores {
  class: number;
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

export interface Evaluation {
  step: number;
  /** The validation part, or the training part of a run without one. */
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
}

export interface EvaluationAnswer extends Evaluation {
  object: 'evaluation';
  runId: string;
}
