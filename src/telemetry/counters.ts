/** Counters of this process since its start, for /metrics. */
export class Counters {
  /** Records written to the logs of runs. */
  messagesAppended = 0;
  appends = 0;
  appendFailures = 0;
  appendSeconds = 0;
  slowestAppendSeconds = 0;
  /** Live snapshots dropped because the database was too slow. */
  snapshotsDropped = 0;
  /** Live snapshots that slow readers did not get. */
  snapshotsSkipped = 0;
  /** Threads that ended unexpectedly. */
  threadCrashes = 0;

  appended(records: number, seconds: number): void {
    this.messagesAppended += records;
    this.appends++;
    this.appendSeconds += seconds;
    this.slowestAppendSeconds = Math.max(this.slowestAppendSeconds, seconds);
  }
}
