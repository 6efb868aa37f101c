/** Trials of the advice for a run, as routes see them. */
import type { AnswerKey } from '../store/store.ts';
import type { Diagnosis, LayersAnswer, Run, Trials, TrialsJob } from '../vocabulary/index.ts';

export interface RunTrials {
  /**
   * Tries the advice of the run's diagnosis: creates the first runs, and goes on by itself. `by`: the id of who began it;
   * `answer`: the key of that request. Throws WRONG_STATE if there
   * is nothing to try yet or if trials are running, INVALID_REQUEST for advice that the diagnosis does not give, and
   * QUEUE_FULL or SHUTTING_DOWN before anything is created.
   */
  begin(run: Run, job: TrialsJob, request?: { by?: string | null; answer?: AnswerKey | null }): Promise<Trials>;
  /** Null if there were none. */
  get(runId: string): Promise<Trials | null>;
  /** Cancels the runs that have not ended; null if there were no trials. Has no effect on trials that are over. */
  cancel(runId: string): Promise<Trials | null>;
  /** The diagnosis of a run. After trials its advice is in the order that they measured. */
  diagnose(run: Run): Promise<Diagnosis>;
  /** What the evidence of its verdicts says about each layer. */
  layersOf(run: Run): Promise<LayersAnswer>;
}
