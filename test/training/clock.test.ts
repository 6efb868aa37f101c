/** Nothing but snapshots and the speed of training may depend on the clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolve, drive } from './drive.ts';

const dense = (units: number) => ({ type: 'dense', units });
/** A short job on data whose loss varies from batch to batch. */
const noisy = resolve({
  dataset: { name: 'gaussians', samples: 997, noise: 1 },
  model: { layers: [dense(16), dense(16)] },
  training: { epochs: 3, batchSize: 16, seed: 1, optimizer: { type: 'sgd', learningRate: 0.05 } },
});

test('a short run has a point for every step, and its summary the means of the last whole epoch', async () => {
  const observed = await drive(noisy);
  const { progress, summary } = observed.finished;
  const { steps, values } = observed.series('loss');
  assert.deepEqual(
    steps,
    Array.from({ length: progress.steps }, (_, i) => i + 1),
  );
  const perEpoch = progress.steps / progress.epochs;
  const samples = observed.of('verdict')[0]?.neurons.samples ?? NaN;
  const meanOfLastEpoch = (all: (number | null)[]) =>
    all.slice(-perEpoch).reduce<number>((sum, value, i) => {
      const size = i < perEpoch - 1 ? 16 : samples - 16 * (perEpoch - 1);
      return sum + (value ?? NaN) * size;
    }, 0) / samples;
  assert.ok(Math.abs(meanOfLastEpoch(values) - (summary.epochLoss ?? NaN)) < 1e-12);
  assert.ok(Math.abs(meanOfLastEpoch(observed.series('accuracy').values) - (summary.epochAccuracy ?? NaN)) < 1e-12);
  assert.equal(summary.loss, values.at(-1));
});
