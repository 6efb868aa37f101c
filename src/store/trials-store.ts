/** Trials, as the service sees them in the store. */
import type { Advice, RunStatus, Task, TrialMetric, TrialOutcome, TrialsStatus } from '../vocabulary/index.ts';
import type { AnswerKey } from './store.ts';

/**
 * What is tried. Trials are numbered piece by piece, the untouched job first: number / seeds.length, rounded down, is the
 * piece, from 1 on; the remainder is the seed.
 */
export interface TrialsPlan {
  task: Task;
  /** The id of the person who began them, who makes their runs; absent: nobody was registered. */
  by?: string;
  seeds: number[];
  pieces: Advice[];
}
/** How a trial ended. */
export interface TrialResult {
  /** Null if it was skipped. */
  runId: string | null;
  outcome: TrialOutcome;
  isFixed: boolean;
  score: number | null;
  figures: Partial<Record<TrialMetric, number | null>>;
}
export interface StoredTrials {
  id: string;
  runId: string;
  status: TrialsStatus;
  plan: TrialsPlan;
  /** By the number of the trial. */
  results: Record<number, TrialResult>;
  createdAt: string;
  finishedAt: string | null;
}
export interface TrialsStore {
  /**
   * Replaces earlier trials of the run, and deletes their runs. Null if earlier ones are still running. `answer`: the key of
   * the request that begins them.
   */
  begin(runId: string, plan: TrialsPlan, answer?: AnswerKey | null): Promise<StoredTrials | null>;
  get(runId: string): Promise<StoredTrials | null>;
  /** Trials that are running, and cancelled ones of which runs are still to be cancelled. */
  unfinished(): Promise<StoredTrials[]>;
  status(id: string): Promise<TrialsStatus | null>;
  /** The runs that exist, in the order of the trials. */
  parts(id: string): Promise<{ id: string; trial: number; status: RunStatus; step: number; steps: number }[]>;
  /** Adds results; those of the same trial are replaced. */
  keep(id: string, results: Record<number, TrialResult>): Promise<void>;
  /** False if the trials are not running. */
  end(id: string, status: Exclude<TrialsStatus, 'running'>): Promise<boolean>;
}
