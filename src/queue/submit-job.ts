/** A new run of a job. */
import type { Run } from '../vocabulary/index.ts';
import type { Origin, RunSource } from '../store/store.ts';
import type { RunQueue } from './queue.ts';

/**
 * `steps` is the length of the whole training; 0 if only the thread will know it. Throws QUEUE_FULL, LIMIT_REACHED or
 * SHUTTING_DOWN, and then no run was created.
 */
export function submitJob(
  { queue }: { queue: Pick<RunQueue, 'submit'> },
  { spec, steps = 0, parent, blobs }: Pick<RunSource, 'spec' | 'parent' | 'blobs'> & { steps?: number },
  origin?: Origin,
): Promise<Run> {
  const progress = { epoch: 0, epochs: spec.training.epochs, step: 0, steps };
  return queue.submit({ kind: 'trained', spec, blobs, progress, ...(parent && { parent }), origin });
}
