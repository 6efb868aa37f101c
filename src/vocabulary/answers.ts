/** Responses of the API that are not resources. */
import type { JobSpec } from './job.ts';
import type { CheckpointSelector } from './model-files.ts';
import type { Risk } from './risk.ts';

/** A page of a list; pass `nextCursor` as `after` to get the next one. */
export interface List<T> {
  object: 'list';
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

export interface ValidationAnswer {
  object: 'validation';
  spec: JobSpec;
  /** Absent if it could not be assessed in time. */
  risk?: Risk;
}

export interface Prediction {
  object: 'prediction';
  /** The step of the checkpoint that was used. */
  step: number;
  /** Per row: probabilities of the classes or labels, or the values of a regression. */
  outputs: number[][];
}

/** What a new run takes over from a trained one. */
export interface ForkJob {
  /** Whose weights it starts from. */
  checkpoint?: CheckpointSelector;
  /** A JSON merge patch (RFC 7396) on the run's spec that leaves the shapes of all layers as they are. */
  patch?: Record<string, unknown>;
}
