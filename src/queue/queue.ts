/** The queue decides which worker gets which run. The rows of runs are the queue: which wait, in which order, and who has them. */
import type { RunSource } from '../store/store.ts';
import type { Run } from '../vocabulary/index.ts';

/** The orders that a client can give. */
export const ORDERS = ['cancel', 'pause', 'resume'] as const;
export type Order = (typeof ORDERS)[number];

export interface RunQueue {
  /** Before work that leads to new runs. Throws QUEUE_FULL, STORAGE_FULL or SHUTTING_DOWN. */
  checkRoom(): Promise<void>;
  /** Creates a run that waits for a worker. Throws QUEUE_FULL, LIMIT_REACHED or SHUTTING_DOWN, and then nothing was created. */
  submit(source: RunSource): Promise<Run>;
  /** The same for the run of one trial. Null if it already exists, or if the trials do not exist any more. */
  submitTrial(source: RunSource, part: { trialsId: string; trial: number }): Promise<Run | null>;
  /**
   * Each throws RUN_NOT_FOUND, or WRONG_STATE if the run's state does not allow the order. They return once the run is
   * in its new state (after at most 0.5 s for a running job).
   */
  cancel(runId: string): Promise<Run>;
  pause(runId: string): Promise<Run>;
  resume(runId: string): Promise<Run>;
  /** Requests a neuron verdict from a running run; false if it is not running anywhere. */
  inspect(runId: string): Promise<boolean>;
  /** The number of runs ahead of this one; null unless it is queued. */
  position(runId: string): Promise<number | null>;
  start(): Promise<void>;
  /** Running jobs write a checkpoint and return to the queue. Resolves within 10 s. */
  stop(): Promise<void>;
}
