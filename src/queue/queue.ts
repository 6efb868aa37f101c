/** The queue decides which worker gets which run. A run's row is the truth about it; pg-boss only keeps the order. */
import type { Run } from '../vocabulary/index.ts';

/** What a client can ask of a run. */
export const ORDERS = ['cancel', 'pause', 'resume'] as const;
export type Order = (typeof ORDERS)[number];

export interface RunQueue {
  /** Asked before a run is created, so that a refusal leaves no row behind. Throws QUEUE_FULL or SHUTTING_DOWN. */
  checkRoom(): Promise<void>;
  /**
   * Makes a run that was just created wait for a worker. Never fails for want of the waiting list: the run's row says
   * that it is queued, and the workers' repair finds it.
   */
  submit(run: Run): Promise<Run>;
  /**
   * Each throws RUN_NOT_FOUND, or WRONG_STATE where the run's state does not allow it. They return once the run is in
   * its new state (at most 0.5 s for a running job).
   */
  cancel(runId: string): Promise<Run>;
  pause(runId: string): Promise<Run>;
  resume(runId: string): Promise<Run>;
  /** Asks a running run for a neuron verdict now; false where it is not running here or elsewhere. */
  inspect(runId: string): Promise<boolean>;
  /** Runs ahead of this one; null unless queued. */
  position(runId: string): Promise<number | null>;
  start(): Promise<void>;
  /** Running jobs checkpoint and go back to the queue; resolves within 10 s. */
  stop(): Promise<void>;
}
