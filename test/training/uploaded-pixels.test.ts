/** Pixels train the same whether they are built in or were uploaded, as one image per row or as a column per pixel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../../src/datasets/load.ts';
import { copyOf, datasetOf, type TableSource } from '../support/tables.ts';
import { dense, drive, resolve, type Observed } from './drive.ts';

const SAMPLES = 300;
const job = (dataset: object) => ({
  dataset: { validationSplit: 0.2, seed: 7, ...dataset },
  model: { layers: [dense(12)] },
  training: { epochs: 2, batchSize: 16, seed: 3, optimizer: { type: 'adam', learningRate: 0.01 } },
  telemetry: { metricsEverySteps: 1, snapshotsPerSecond: 0 },
});
const resultOf = (observed: Observed) => {
  assert.equal(observed.finished.outcome, 'succeeded', JSON.stringify(observed.finished));
  return { loss: observed.series('loss'), valLoss: observed.series('valLoss'), network: observed.final.network };
};

test('uploaded digits have the losses and the weights of the built-in ones, bit for bit', async () => {
  const builtIn = resolve(job({ name: 'mnist', limit: SAMPLES }));
  const { inputs, targets } = loadDataset(builtIn.dataset, null).data;
  const images = Array.from({ length: SAMPLES }, (_, row) => [...inputs.subarray(row * 784, (row + 1) * 784)]);
  const y = { values: [...targets], role: 'target' as const };
  const expected = resultOf(await drive(builtIn));
  const pixels = Object.fromEntries(
    Array.from({ length: 784 }, (_, k) => [`pixel${k}`, { values: images.map((image) => image[k]!) }]),
  );
  const forms: TableSource['columns'][] = [
    { image: { values: images, shape: [28, 28] }, y },
    { ...pixels, y },
  ];
  for (const columns of forms) {
    const dataset = datasetOf({ task: 'classification', columns, rowsPerGroup: 64 });
    const uploaded = resolve(job({ id: 'data_1' }), dataset);
    assert.deepEqual(resultOf(await drive(uploaded, { dataset: copyOf(dataset) })), expected);
  }
  const inline = resolve(job({ inputs: images, targets: [...targets], task: 'classification' }));
  assert.deepEqual(resultOf(await drive(inline)), expected);
});
