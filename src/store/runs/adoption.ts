/**
 * Runs of earlier versions hold all numbers that came with their job themselves. Those of a run with many are kept apart
 * when the run is first read, in a thread, because to unpack them takes seconds.
 */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { Blob } from '../../schemas/index.ts';
import type { JobSpec } from '../../vocabulary/index.ts';

export interface AdoptionOrder {
  /** Without its long lists. */
  spec: JobSpec;
  /** These, as the store keeps them. */
  bulk: Uint8Array;
}
export interface Adopted {
  spec: JobSpec;
  blobs: Blob[];
}

const HEAP_MB = 2048;

export function adoptBulk(order: AdoptionOrder): Promise<Adopted> {
  const from = import.meta.url;
  const url = new URL(`./adoption-thread${from.endsWith('.ts') ? '.ts' : '.js'}`, from);
  const worker = new Worker(url, {
    name: 'adoption',
    env: SHARE_ENV,
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The thread that unpacks the data of a run ended without an answer.')));
  });
}
