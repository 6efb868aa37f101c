/** Counts of one process since its start, for /metrics. */
export class Counters {
  /** Records written to the logs of runs. */
  messagesAppended = 0;
  appends = 0;
  appendFailures = 0;
  appendSeconds = 0;
  slowestAppendSeconds = 0;
  /** Live snapshots given up because the database was behind. */
  snapshotsDropped = 0;
  /** Live snapshots that a slow reader did not get. */
  snapshotsSkipped = 0;
  /** Threads that ended by themselves. */
  threadCrashes = 0;

  appended(records: number, seconds: number): void {
    this.messagesAppended += records;
    this.appends++;
    this.appendSeconds += seconds;
    this.slowestAppendSeconds = Math.max(this.slowestAppendSeconds, seconds);
  }
}
