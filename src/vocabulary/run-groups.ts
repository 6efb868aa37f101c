import type { SummaryKey } from './run.ts';

/** Of a figure in the summaries of several runs. */
export interface Statistics {
  /** Runs that have the figure. */
  n: number;
  mean: number;
  /** Sample standard deviation; null for a single run. */
  std: number | null;
  min: number;
  max: number;
}
/** Runs that agree in some fields. */
export interface RunGroup {
  /** The value of each field, by its path: null where the runs have none. A time stands for its day. */
  by: Record<string, unknown>;
  count: number;
  /** What no run of the group has is absent. */
  summary: Partial<Record<SummaryKey, Statistics>>;
}
/** The largest groups first. */
export interface RunGroups {
  object: 'runGroups';
  /** The paths of the fields. */
  by: string[];
  data: RunGroup[];
  /** There are more groups than were asked for. */
  hasMore: boolean;
}

export const MOST_GROUP_FIELDS = 3;
