import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dense, drive, resolve } from './drive.ts';

test('MNIST, 784-128-64-10, Adam, 3 epochs of all 60,000 training images: at least 96.5 % of the test images are classified correctly', async () => {
  const observed = await drive(
    resolve({
      dataset: { name: 'mnist', validationSplit: 1 / 7 },
      model: { layers: [dense(128), dense(64)] },
      training: { epochs: 3, batchSize: 64, seed: 1, optimizer: 'adam' },
    }),
  );
  const { progress, summary } = observed.finished;
  assert.deepEqual(progress, { epoch: 3, epochs: 3, step: 2814, steps: 2814 });
  assert.ok((summary.valAccuracy ?? 0) >= 0.965, `validation accuracy ${summary.valAccuracy}`);
});
