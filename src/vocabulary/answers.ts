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
  /** The names of the outputs, in order: of the classes, of the labels, or of a regression's targets. */
  outputNames: string[];
  /** The same where they are classes or labels. */
  classes?: string[];
  /** Per row: the name of its most probable class; for several labels, the names of those of at least 0.5. */
  labels?: string[] | string[][];
}

/** What a new run takes over from a trained one. */
export interface ForkJob {
  /** Whose weights it starts from. */
  checkpoint?: CheckpointSelector;
  /** A JSON merge patch (RFC 7396) on the run's spec that leaves the shapes of all layers as they are. */
  patch?: Record<string, unknown>;
}
