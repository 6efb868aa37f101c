import type { Change } from './changes.ts';
import type { RunEngine } from './engines.ts';
import type { FailureCode } from './errors.ts';
import type { JobSpec, Labels } from './job.ts';
import type { PersonName } from './people.ts';

export const RUN_STATUSES = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

const IS_FINAL = {
  queued: false,
  running: false,
  paused: false,
  succeeded: true,
  failed: true,
  cancelled: true,
} as const satisfies Record<RunStatus, boolean>;
export type FinalStatus = { [S in RunStatus]: (typeof IS_FINAL)[S] extends true ? S : never }[RunStatus];
/** A run with a final status never changes again, except for its labels. */
export const isFinal = (status: RunStatus): status is FinalStatus => IS_FINAL[status];
export const FINAL_STATUSES: readonly FinalStatus[] = RUN_STATUSES.filter(isFinal);

export interface Progress {
  /** Completed epochs. */
  epoch: number;
  epochs: number;
  /** Completed steps. */
  step: number;
  steps: number;
}

/** From 0 to 1, of what was planned. A run that early stopping ended is done all the same. */
export const shareDone = ({ status, progress }: { status: RunStatus; progress: Progress }): number =>
  status === 'succeeded' ? 1 : progress.steps > 0 ? progress.step / progress.steps : 0;

/** The newest value of every metric, and figures of the whole run: numbers, by which lists can be sorted. */
export const SUMMARY_KEYS = [
  'loss',
  'accuracy',
  'epochLoss',
  'epochAccuracy',
  'valLoss',
  'valAccuracy',
  'r2',
  'macroF1',
  'bestStep',
  'bestValLoss',
  'bestValAccuracy',
  'testLoss',
  'testAccuracy',
  'testR2',
  'bestTestLoss',
  'bestTestAccuracy',
  'bestTestR2',
  'learningRate',
  'gradientNorm',
  'activeFraction',
  'deadNeurons',
  'hiddenNeurons',
  'parameters',
  'samplesPerSecond',
  'trainingSeconds',
] as const;
export type SummaryKey = (typeof SUMMARY_KEYS)[number];
/** The unit of a regression's losses: that of its targets, or of its normalised targets. */
export const LOSS_UNITS = ['target', 'normalised'] as const;
export type LossUnit = (typeof LOSS_UNITS)[number];
/** What was never measured is absent; a metric that was not finite is null. `lossUnit` is for regression only. */
export type Summary = Partial<Record<SummaryKey, number | null>> & { lossUnit?: LossUnit };

export interface Failure {
  code: FailureCode;
  message: string;
}

/** One training job with its state, progress and results. */
/** Imported: it came in with an archive of another service, and was trained there. */
export const RUN_SOURCES = ['trained', 'imported'] as const;

export interface Run extends Labels {
  id: string;
  object: 'run';
  /** The id of the project to which it belongs. */
  project: string;
  /** Null: nobody was registered, or the person was erased. */
  createdBy: PersonName | null;
  status: RunStatus;
  source: (typeof RUN_SOURCES)[number];
  spec: JobSpec;
  /** The run that this one was made from; null if there is none, or if it was deleted since. */
  parentId: string | null;
  /** What the spec changes against that of its parent. */
  change: Change[];
  engine: RunEngine | null;
  progress: Progress;
  summary: Summary;
  error: Failure | null;
  /** How often a worker has started the run; 0 before the first time. */
  attempt: number;
  /** Runs ahead of this one in the queue; null if it is not queued. */
  queuePosition: number | null;
  /** Times are ISO 8601, UTC. */
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

export type RunPatch = Partial<Omit<Labels, 'experiment'>> & {
  /** Id or name: moves the run there, with those of its trials. */
  project?: string;
};

export interface CheckpointInfo {
  step: number;
  epoch: number;
  bytes: number;
  /** Taken at the end of the run. */
  isFinal: boolean;
  /** Of the best epoch so far. */
  isBest: boolean;
  createdAt: string;
}
