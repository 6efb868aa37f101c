/** From a job to a run that waits for a worker. */
import type { JobSpec, Run } from '../vocabulary/index.ts';
import type { RunStore } from '../store/store.ts';
import type { RunQueue } from './queue.ts';

export interface SubmitStations {
  store: { readonly runs: Pick<RunStore, 'create'> };
  queue: Pick<RunQueue, 'checkRoom' | 'submit'>;
}

/**
 * `steps`: of the whole training; 0 where only the thread will know. A process that dies between the two writes loses
 * nothing: the row is in `queued` from the start, and the next worker that repairs the waiting list takes it up.
 * Throws QUEUE_FULL or SHUTTING_DOWN, and then no run exists.
 */
export async function submitJob({ store, queue }: SubmitStations, spec: JobSpec, steps = 0): Promise<Run> {
  await queue.checkRoom();
  const { epochs } = spec.training;
  const run = await store.runs.create({ kind: 'trained', spec, progress: { epoch: 0, epochs, step: 0, steps } });
  return queue.submit(run);
}
