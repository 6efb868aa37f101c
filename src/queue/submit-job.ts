/** From a job to a run that waits for a worker. */
import type { JobSpec, Run } from '../vocabulary/index.ts';
import type { Origin, RunSource, RunStore } from '../store/store.ts';
import type { RunQueue } from './queue.ts';

export interface SubmitStations {
  store: { readonly runs: Pick<RunStore, 'create'> };
  queue: Pick<RunQueue, 'checkRoom' | 'submit'>;
}

/**
 * `steps` is the length of the whole training; 0 if only the thread will know it. If the process dies between the two
 * writes, nothing is lost: the row is `queued` from the start, and the next repair of the waiting list finds it. Throws
 * QUEUE_FULL or SHUTTING_DOWN before a run is created.
 */
export async function submitJob(
  { store, queue }: SubmitStations,
  { spec, steps = 0, parent }: { spec: JobSpec; steps?: number; parent?: RunSource['parent'] },
  origin?: Origin,
): Promise<Run> {
  await queue.checkRoom();
  const { epochs } = spec.training;
  const progress = { epoch: 0, epochs, step: 0, steps };
  const run = await store.runs.create({ kind: 'trained', spec, progress, ...(parent && { parent }), origin });
  return queue.submit(run);
}
