/**
 * From the log to the sockets: a subscriber first reads what the log holds, then what is appended, in order of seq,
 * each once.
 */
import type { LogRecord } from '../store/store.ts';

/**
 * A reader of one run's log. `write` answers false when its buffer is full: snapshots are then skipped until `drained`
 * is called; text is kept in the database and read again.
 */
export interface Subscriber {
  write(record: LogRecord, droppedSnapshots: number): boolean;
  caughtUp(seq: number): void;
  /** The run is in a final state and everything was written. */
  ended(): void;
}
export interface Subscription {
  drained(): void;
  close(): void;
}

export interface Broadcaster {
  subscribe(runId: string, since: number, subscriber: Subscriber): Subscription;
}
