/**
 * The queue decides which worker gets which run. The row of a run is the truth about it; pg-boss only keeps the order.
 */
import type { Run } from '../vocabulary/index.ts';

/** The orders that a client can give. */
export const ORDERS = ['cancel', 'pause', 'resume'] as const;
export type Order = (typeof ORDERS)[number];

export interface RunQueue {
  /** Called before a run is created, so that a refusal leaves no row behind. Throws QUEUE_FULL or SHUTTING_DOWN. */
  checkRoom(): Promise<void>;
  /**
   * Makes a new run wait for a worker. It does not fail if the waiting list is unavailable: the run's row says that it
   * is queued, and the workers' repair finds it.
   */
  submit(run: Run): Promise<Run>;
  /**
   * Each throws RUN_NOT_FOUND, or WRONG_STATE if the run's state does not allow the order. They return once the run is
   * in its new state (after at most 0.5 s for a running job).
   */
  cancel(runId: string): Promise<Run>;
  pause(runId: string): Promise<Run>;
  resume(runId: string): Promise<Run>;
  /** Requests a neuron verdict from a running run; false if it is not running anywhere. */
  inspect(runId: string): Promise<boolean>;
  /** The run and those of its trials belong to another project now. Where they wait, they wait for the turn of that one. */
  regroup(runId: string): Promise<void>;
  /** The number of runs ahead of this one; null unless it is queued. */
  position(runId: string): Promise<number | null>;
  start(): Promise<void>;
  /** Running jobs write a checkpoint and return to the queue. Resolves within 10 s. */
  stop(): Promise<void>;
}
