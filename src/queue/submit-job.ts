/** A new run of a job. */
import type { JobSpec, Run } from '../vocabulary/index.ts';
import type { Origin, RunSource } from '../store/store.ts';
import type { RunQueue } from './queue.ts';

/**
 * `steps` is the length of the whole training; 0 if only the thread will know it. Throws QUEUE_FULL, LIMIT_REACHED or
 * SHUTTING_DOWN, and then no run was created.
 */
export function submitJob(
  { queue }: { queue: Pick<RunQueue, 'submit'> },
  { spec, steps = 0, parent }: { spec: JobSpec; steps?: number; parent?: RunSource['parent'] },
  origin?: Origin,
): Promise<Run> {
  const progress = { epoch: 0, epochs: spec.training.epochs, step: 0, steps };
  return queue.submit({ kind: 'trained', spec, progress, ...(parent && { parent }), origin });
}
