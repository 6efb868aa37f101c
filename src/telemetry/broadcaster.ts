/**
 * Delivers the log to sockets. A subscriber first gets what is stored, then what is appended: in order of seq, and each
 * record once.
 */
import type { LogRecord } from '../store/store.ts';

/**
 * A reader of one run's log. `write` returns false when its buffer is full. Snapshots are then skipped until `drained`
 * is called; text messages are read from the database later.
 */
export interface Subscriber {
  write(record: LogRecord, droppedSnapshots: number): boolean;
  caughtUp(seq: number): void;
  /** The run is in a final state and all records were written. */
  ended(): void;
}
export interface Subscription {
  drained(): void;
  close(): void;
}

export interface Broadcaster {
  subscribe(runId: string, since: number, subscriber: Subscriber): Subscription;
}
