/** Test rows of an uploaded data set: neither trained nor validated on, and measured once at the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../../src/datasets/load.ts';
import { predict } from '../../src/questions/trained-model.ts';
import type { JobSpec } from '../../src/vocabulary/index.ts';
import { copyOf, datasetOf, type TableSource } from '../support/tables.ts';
import { dense, drive, resolve, type Observed } from './drive.ts';

const many = (count: number, of: (row: number) => number) => Array.from({ length: count }, (_, row) => of(row));
/** 60 training, 20 validation and 20 test rows of two noisy classes. */
const source: TableSource = {
  task: 'classification',
  split: { by: 'file' },
  parts: [
    { name: 'train', rows: 60 },
    { name: 'validation', rows: 20 },
    { name: 'test', rows: 20 },
  ],
  columns: {
    x: { values: many(100, (row) => Math.sin(row * 1.7) + (row % 2)) },
    y: { values: many(100, (row) => row % 2).map((index) => (index === 0 ? 'no' : 'yes')), role: 'target' },
  },
};
const dataset = datasetOf(source);
const job = {
  dataset: { id: 'data_1' },
  model: { layers: [dense(8)] },
  training: {
    epochs: 12,
    batchSize: 10,
    seed: 3,
    optimizer: { type: 'adam', learningRate: 0.1 },
    stopping: { metric: 'valAccuracy', patience: 100 },
  },
  telemetry: { snapshotsPerSecond: 0 },
};
const train = (spec: JobSpec, stored = dataset): Promise<Observed> => drive(spec, { dataset: copyOf(stored) });

test('test rows are measured once at the end, with the final and with the best weights', async () => {
  const spec = resolve(job, dataset);
  const observed = await train(spec);
  const { summary, evaluation } = observed.finished;
  assert.equal(observed.finished.outcome, 'succeeded', JSON.stringify(observed.finished));
  assert.equal(evaluation?.part, 'validation');
  const { test: scores } = evaluation;
  assert.deepEqual([scores?.part, scores?.samples, summary.testAccuracy], ['test', 20, scores?.accuracy]);
  assert.deepEqual(
    scores?.classes?.map(({ name, samples }) => [name, samples]),
    [
      ['no', 10],
      ['yes', 10],
    ],
  );

  // The same from predictions for the test rows.
  const { data, testIndices } = loadDataset(spec.dataset, copyOf(dataset));
  const inputs = Float32Array.from(testIndices, (row) => data.inputs[row]!);
  const accuracyOf = async (checkpoint: Uint8Array) => {
    const { outputs } = await predict({ spec, checkpoint, data: null, inputs });
    const right = [...testIndices].filter(
      (row, k) => Number(outputs[2 * k + 1]! > outputs[2 * k]!) === data.targets[row],
    );
    return right.length / testIndices.length;
  };
  assert.equal(await accuracyOf(observed.checkpoint!), summary.testAccuracy);
  const best = observed.bestState;
  assert.ok(best);
  assert.equal(await accuracyOf(best), summary.bestTestAccuracy);
  assert.equal(observed.final.network.step, 72);
});

test('test rows change nothing of the training, and a stopped run is measured like one that never stopped', async () => {
  const spec = resolve(job, dataset);
  const whole = await train(spec);
  const withoutTest = datasetOf({
    ...source,
    parts: source.parts!.slice(0, 2),
    columns: Object.fromEntries(
      Object.entries(source.columns).map(([name, column]) => [name, { ...column, values: column.values.slice(0, 80) }]),
    ),
  });
  const bare = await train(resolve(job, withoutTest), withoutTest);
  assert.deepEqual(bare.final.network, whole.final.network);
  assert.equal(bare.finished.evaluation?.test, null);
  assert.equal(bare.finished.summary.testLoss, undefined);

  const { best } = whole.final.loop;
  assert.ok(best?.best && best.best.step < 72, 'the best epoch is not the last one');
  const stopAt = best.best.step + 6;
  const first = await drive(spec, {
    dataset: copyOf(dataset),
    onReport: (report, mailbox) => {
      if (report.type === 'metrics' && report.values['valLoss'] && report.steps[0]! >= stopAt)
        mailbox.push({ type: 'pause' });
    },
  });
  assert.equal(first.finished.outcome, 'paused');
  assert.equal(first.finished.summary.testLoss, undefined);
  const second = await drive(spec, { attempt: 2, dataset: copyOf(dataset), ...first.order, best: first.bestState });
  const { trainingSeconds: _a, samplesPerSecond: _b, ...resumed } = second.finished.summary;
  const { trainingSeconds: _c, samplesPerSecond: _d, ...once } = whole.finished.summary;
  assert.deepEqual(resumed, once);
  assert.deepEqual(second.finished.evaluation, whole.finished.evaluation);
});
