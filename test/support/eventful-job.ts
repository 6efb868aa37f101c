import type { Job } from '../../src/vocabulary/index.ts';

/**
 * Training with everything that has a state, which an interruption could lose: dropout, normalisation, a schedule, moments.
 * Checkpoints come often.
 */
export const eventfulJob = (name: string, epochs: number): Job => ({
  name,
  dataset: { name: 'spirals', samples: 500, validationSplit: 0.1 },
  model: {
    layers: [
      { type: 'dense', units: 16, activation: 'relu' },
      { type: 'batchNormalization' },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: 8, activation: { type: 'leakyRelu', alpha: 0.1 } },
    ],
  },
  training: {
    epochs,
    batchSize: 32,
    seed: 7,
    optimizer: { type: 'adam', learningRate: 0.01 },
    schedule: { type: 'cosine' },
    clipNorm: 1,
  },
  telemetry: { metricsEverySteps: 10, snapshotsPerSecond: 10, checkpointEverySeconds: 0.1 },
});
