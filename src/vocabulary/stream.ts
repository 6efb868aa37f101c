/** The text messages of a run's stream; snapshots are binary, see snapshot.ts. */
import type { Severity } from './diagnosis.ts';
import type { RunEngine } from './engines.ts';
import type { Failure, Progress, RunStatus, Summary } from './run.ts';

export type EventLevel = Severity;

export const EVENT_CODES = [
  'RUN_RESUMED',
  'THREAD_CRASHED',
  'LEARNING_RATE_REDUCED',
  'STOPPED_EARLY',
  'NEURONS_BORN_DEAD',
  'NEURONS_DIED',
  'NEURONS_REVIVED',
  'DIVERGED',
] as const;
export type EventCode = (typeof EVENT_CODES)[number];

/** What happened in a run, in words; `data` has the numbers. */
export interface RunEvent {
  code: EventCode;
  level: EventLevel;
  message: string;
  layer?: string;
  neuron?: number;
  data?: Record<string, unknown>;
}

/** Columns: `values[key][i]` was measured at `steps[i]`; null if it was not measured or is not finite. */
export interface MetricColumns {
  steps: number[];
  values: Record<string, (number | null)[]>;
  /** The length of the windows, as in MetricSeries, for the columns that are means over windows. */
  every?: number;
}

/** `seq` numbers the messages of a run; `droppedSnapshots` counts those that a slow reader missed before this one. */
export type StreamMessage = { seq: number; step: number; at: string; droppedSnapshots?: number } & (
  | {
      type: 'status';
      status: RunStatus;
      progress: Progress;
      summary: Summary;
      error: Failure | null;
      attempt: number;
      engine: RunEngine | null;
    }
  | ({ type: 'metrics' } & MetricColumns)
  | { type: 'event'; event: RunEvent }
  | { type: 'checkpoint'; epoch: number; bytes: number }
);
export type EventMessage = Extract<StreamMessage, { type: 'event' }>;

/** The service cannot read the log at the moment, or nothing new gets into it; and then it can again. Not in the log. */
export type StreamAvailability = { type: 'unavailable' } | { type: 'available' };

/** Every stored message has been sent; what follows is live. */
export interface CaughtUp {
  type: 'caughtUp';
  seq: number;
  droppedSnapshots?: number;
}
