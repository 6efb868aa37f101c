/** A job for the rehearsal thread. */
import { fill, OPTIMIZER_OPTIONS, type JobSpec } from '../../src/vocabulary/index.ts';

export function rehearsalJob(metadata: Record<string, string | number> = {}, more: Partial<JobSpec> = {}): JobSpec {
  return {
    name: 'rehearsal',
    experiment: '',
    tags: [],
    notes: '',
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)])),
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
      epochs: 2,
      batchSize: 32,
      seed: 1,
      shuffle: true,
      loss: 'softmaxCrossEntropy',
      clipNorm: null,
      classWeights: null,
      threads: 'auto',
      stopping: null,
      optimizer: fill(OPTIMIZER_OPTIONS, 'adam'),
      schedule: { type: 'constant', warmupSteps: 0 },
    },
    telemetry: { metricsEverySteps: 1, snapshotsPerSecond: 10, checkpointEverySeconds: 30, keepCheckpoints: 0 },
    engine: 'auto',
    priority: 0,
    ...more,
  };
}
