/** Trials: every piece of advice for a run is tried beside the untouched job, over the same seeds. */
import type { Advice } from './diagnosis.ts';
import type { SummaryKey } from './run.ts';

export const TRIALS_STATUSES = ['running', 'finished', 'cancelled'] as const;
export type TrialsStatus = (typeof TRIALS_STATUSES)[number];

/** How a trial ended. All but `measured` count as not fixed. */
export const TRIAL_OUTCOMES = ['measured', 'diverged', 'stopped', 'skipped', 'failed', 'cancelled'] as const;
export type TrialOutcome = (typeof TRIAL_OUTCOMES)[number];

/** One run of trials: the job with a piece of advice, or untouched, with one seed. */
export interface Trial {
  /** Null if no run was started. */
  runId: string | null;
  seed: number;
  /** Null until it has ended. */
  outcome: TrialOutcome | null;
  isFixed: boolean;
  /**
   * One number by which all trials of a run can be compared; higher is better. Classes and labels: accuracy, or macro F1
   * where one class has more than 0.7 of the samples. Regression: R² in the targets' own unit. On the validation part
   * if there is one, else on the training part. Null where nothing was measured.
   */
  score: number | null;
}

/** A piece of advice, or two of them in one patch, with its trials in the order of the seeds. */
export interface TriedAdvice extends Advice {
  trials: Trial[];
}

export interface Trials {
  object: 'trials';
  runId: string;
  status: TrialsStatus;
  /** What counts as fixed. */
  criterion: string;
  /** Values of `training.seed`. The first one is that of the run. */
  seeds: number[];
  progress: { ended: number; total: number };
  /** Every run that was started so far. */
  runs: string[];
  /** The untouched job, in the order of the seeds. */
  untouched: Trial[];
  /** Best first. */
  pieces: TriedAdvice[];
  createdAt: string;
  finishedAt: string | null;
}

export interface TrialsJob {
  /** `all`: every piece of advice that the diagnosis gives. */
  advice?: 'all' | Advice['code'][];
  /** How many seeds. */
  seeds?: number;
}

/** What a piece of advice is measured by. */
export const TRIAL_METRICS = [
  'valLoss',
  'epochLoss',
  'loss',
  'r2',
  'macroF1',
  'valAccuracy',
  'epochAccuracy',
  'accuracy',
] as const satisfies readonly SummaryKey[];
export type TrialMetric = (typeof TRIAL_METRICS)[number];

const IS_LOSS: Record<TrialMetric, boolean> = {
  valLoss: true,
  epochLoss: true,
  loss: true,
  r2: false,
  macroF1: false,
  valAccuracy: false,
  epochAccuracy: false,
  accuracy: false,
};

/** Whether lower is better. */
export const isLoss = (metric: TrialMetric): boolean => IS_LOSS[metric];
