import type { Retained, Retention } from '../../vocabulary/index.ts';

/** A run of which something has become too old. */
export interface Expired {
  runId: string;
  what: Retained;
  bytes: number;
}

export interface RetentionStore {
  /**
   * Of the project by these rules, in runs that have ended; oldest first. Not what is still needed: runs of which trials
   * are running stay, and runs of trials go with the run that they were made for.
   */
  expired(project: string, rules: Retention): Promise<Expired[]>;
  /** The projects with rules. */
  rules(): Promise<{ project: string; retention: Retention }[]>;
  delete(expired: Pick<Expired, 'runId' | 'what'>): Promise<void>;
  /** True for one process in `everyMs`, in all that use the database. */
  takeTurn(everyMs: number): Promise<boolean>;
}
