/** Small runs for tests. */
import { fill, OPTIMIZER_OPTIONS, type JobSpec, type Progress } from '../../src/vocabulary/index.ts';
import type { Lease, Store } from '../../src/store/store.ts';

export const progressAt = (step: number, steps = 100): Progress => ({ epoch: 0, epochs: 1, step, steps });

export function jobSpec(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    name: 'a run',
    experiment: '',
    tags: [],
    notes: '',
    metadata: {},
    dataset: {
      name: 'xor',
      seed: 1,
      limit: null,
      validationSplit: 0.1,
      normalize: 'standard',
      normalizeTargets: 'none',
    },
    model: { layers: [] },
    training: {
      epochs: 1,
      batchSize: 32,
      seed: 1,
      shuffle: true,
      loss: 'softmaxCrossEntropy',
      optimizer: fill(OPTIMIZER_OPTIONS, { type: 'sgd', learningRate: 0.1 }),
      schedule: { type: 'constant', warmupSteps: 0 },
      clipNorm: null,
      classWeights: null,
      threads: 'auto',
      stopping: null,
    },
    telemetry: { metricsEverySteps: 'auto', snapshotsPerSecond: 10, checkpointEverySeconds: 30, keepCheckpoints: 1 },
    engine: 'auto',
    priority: 0,
    ...changes,
  };
}

/** Of several attempts to be faster than a service on the same store, one succeeds. */
const TRIES = 20;

/** A run that this test's worker holds. */
export async function heldRun(
  store: Store,
  spec: JobSpec = jobSpec(),
  { worker = 'test', progress = progressAt(0) } = {},
): Promise<Lease> {
  for (let tried = 0; tried < TRIES; tried++) {
    const { id } = await store.runs.create({ kind: 'trained', spec, progress });
    const claimed = await store.runs.claim(id, worker);
    if (claimed) return { runId: id, attempt: claimed.attempt };
  }
  throw new Error('None of the new runs could be claimed.');
}
