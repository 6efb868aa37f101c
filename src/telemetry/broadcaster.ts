/**
 * Delivers the log to sockets. A subscriber first gets what is stored, then what is appended: in order of seq, and each
 * record once.
 */

/**
 * A reader of one run's log. It is given WebSocket frames, which it shares with other readers and must not change. `write`
 * returns false when its buffer is full: nothing more is written until `drained` is called. Meanwhile it loses snapshots,
 * if there are more than the newest part of the log that is kept in memory; text messages never.
 */
export interface Subscriber {
  write(frames: Buffer): boolean;
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
