import type { Job } from '../../src/vocabulary/index.ts';

/** Trains on the 60,000 training images, validated on the other 10,000 after every epoch. */
export const mnistJob = (epochs: number, units: readonly number[] = [256, 128]): Job => ({
  name: 'benchmark: mnist',
  dataset: { name: 'mnist', validationSplit: 1 / 7 },
  model: { layers: units.map((count) => ({ type: 'dense', units: count, activation: 'relu' })) },
  training: { epochs, batchSize: 64, seed: 1, optimizer: { type: 'adam', learningRate: 0.001 } },
  engine: 'onnx',
});

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
