import type { Job } from '../../src/vocabulary/index.ts';

/** Trains on the 60,000 training images, validated on the other 10,000 after every epoch. */
export const mnistJob = (epochs: number, units: readonly number[] = [256, 128]): Job => ({
  name: 'benchmark: mnist',
  dataset: { name: 'mnist', validationSplit: 1 / 7 },
  model: { layers: units.map((count) => ({ type: 'dense', units: count, activation: 'relu' })) },
  training: { epochs, batchSize: 64, seed: 1, optimizer: { type: 'adam', learningRate: 0.001 } },
});

/** The same job in which most neurons of the second layer die in the first epoch, and some later. */
export const dyingJob = (epochs: number, kind: 'plain' | 'dropout' | 'batchNormalization'): Job => {
  const job = mnistJob(epochs);
  const activation = kind === 'batchNormalization' ? 'linear' : 'relu';
  return {
    ...job,
    model: {
      layers: [256, 128].flatMap((units) => [
        { type: 'dense' as const, units, activation },
        ...(kind === 'dropout' ? [{ type: 'dropout' as const, rate: 0.2 }] : []),
        ...(kind === 'batchNormalization'
          ? [{ type: 'batchNormalization' as const }, { type: 'activation' as const, activation: 'relu' as const }]
          : []),
      ]),
    },
    training: { ...job.training, optimizer: { type: 'adam', learningRate: 0.03 } },
  };
};

export const smallJob: Job = {
  name: 'benchmark: small',
  dataset: { name: 'moons' },
  model: {
    layers: [
      { type: 'dense', units: 16, activation: 'relu' },
      { type: 'dense', units: 16, activation: 'relu' },
    ],
  },
  training: { epochs: 20, batchSize: 32, seed: 1 },
};
