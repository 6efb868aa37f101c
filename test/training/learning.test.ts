import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dense, drive, resolve } from './drive.ts';

const wide = [dense(32), dense(32)];
const adam = (learningRate: number) => ({ type: 'adam', learningRate });

const CLASSIFIED = {
  xor: {
    job: {
      dataset: { validationSplit: 0.2 },
      model: { layers: [dense(16)] },
      training: { epochs: 20, optimizer: adam(0.01) },
    },
    accuracy: 0.97,
  },
  circles: {
    job: {
      dataset: { validationSplit: 0.2 },
      model: { layers: [dense(16)] },
      training: { epochs: 20, optimizer: adam(0.01) },
    },
    accuracy: 0.97,
  },
  moons: {
    job: {
      dataset: { validationSplit: 0.2 },
      model: { layers: wide },
      training: { epochs: 20, optimizer: adam(0.01) },
    },
    accuracy: 0.97,
  },
  spirals: {
    job: {
      dataset: { validationSplit: 0.2 },
      model: { layers: wide },
      training: { epochs: 60, optimizer: adam(0.01) },
    },
    accuracy: 0.97,
  },
  gaussians: {
    job: {
      dataset: { validationSplit: 0.2 },
      model: { layers: [dense(16)] },
      training: { epochs: 20, optimizer: adam(0.01) },
    },
    accuracy: 0.97,
  },
  iris: {
    job: {
      dataset: { validationSplit: 0.2 },
      model: { layers: [dense(16)] },
      training: { epochs: 60, batchSize: 16, optimizer: adam(0.01) },
    },
    accuracy: 0.93,
  },
};

for (const [name, { job, accuracy }] of Object.entries(CLASSIFIED)) {
  test(`${name} is learned above ${accuracy}`, async () => {
    const observed = await drive(
      resolve({ ...job, dataset: { name, ...job.dataset }, training: { seed: 1, ...job.training } }),
    );
    assert.equal(observed.finished.outcome, 'succeeded');
    assert.ok(
      (observed.finished.summary.valAccuracy ?? 0) > accuracy,
      `validation accuracy ${observed.finished.summary.valAccuracy}`,
    );
    assert.equal(observed.series('valAccuracy').steps.length, job.training.epochs);
  });
}

for (const name of ['absolute', 'sine']) {
  test(`${name} is learned to a mean squared error below 0.01`, async () => {
    const observed = await drive(
      resolve({
        dataset: { name, samples: 1000 },
        model: { layers: wide },
        training: { seed: 1, epochs: 25, optimizer: adam(0.01) },
      }),
    );
    assert.ok((observed.finished.summary.valLoss ?? 1) < 0.01, `validation loss ${observed.finished.summary.valLoss}`);
    assert.equal(observed.finished.summary.valAccuracy, undefined);
  });
}
