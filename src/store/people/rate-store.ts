export interface RateCount {
  key: string;
  count: number;
  /** Of the window of time in which they were counted; the same in every process. */
  endsAt: Date;
}

export interface RateStore {
  /** Adds to what was counted, and returns the sums. */
  add(counts: readonly RateCount[]): Promise<RateCount[]>;
  /** Forgets windows that have ended. */
  sweep(): Promise<void>;
}
