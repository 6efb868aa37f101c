import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveClassWeights } from '../../src/datasets/class-weights.ts';
import { loadDataset } from '../../src/datasets/load.ts';
import { readJob } from '../../src/jobs/index.ts';

const classes = {
  task: 'classification' as const,
  outputCount: 3,
  targets: Int32Array.of(0, 0, 0, 0, 0, 1, 1, 2, 2, 2),
};
const training = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
const labels = {
  task: 'multilabel' as const,
  outputCount: 4,
  targets: Float32Array.from(
    [
      [1, 0, 1, 0],
      [1, 1, 1, 0],
      [0, 0, 1, 0],
      [1, 0, 1, 0],
      [0, 0, 0, 1],
    ].flat(),
  ),
};
const firstFour = Int32Array.of(0, 1, 2, 3);

test('balanced classes weigh n / (classes * count), as in scikit-learn, counted on the training part', () => {
  assert.deepEqual(resolveClassWeights('balanced', classes, training), Float32Array.of(8 / 15, 8 / 6, 8 / 3));
});

test('given weights keep their ratios and get a mean of 1 over the training samples', () => {
  const weights = resolveClassWeights([10, 40, 20], classes, training);
  // (5 * 10 + 2 * 40 + 20) / 8
  assert.deepEqual(
    weights,
    Float32Array.from([10, 40, 20], (weight) => weight / 18.75),
  );
  assert.deepEqual(resolveClassWeights([1, 4, 2], classes, training), weights);
});

test('a class or label without a sample in the training part is taken as one with one', () => {
  const absent = resolveClassWeights('balanced', classes, Int32Array.of(0, 1, 2, 5));
  // 4 / 9, 4 / 3 and 4 / 3, divided by their mean, 2 / 3.
  assert.deepEqual(absent, Float32Array.of(2 / 3, 2, 2));
  assert.deepEqual(resolveClassWeights('balanced', labels, firstFour), Float32Array.of(1 / 3, 3, 1 / 4, 4));
});

test('weights of labels are taken as they are given, and without weights there are none', () => {
  assert.deepEqual(resolveClassWeights([0.5, 1, 2, 3], labels, firstFour), Float32Array.of(0.5, 1, 2, 3));
  assert.equal(resolveClassWeights(null, labels, firstFour), null);
});

test('a loaded data set has the weights that its job asks for', () => {
  const read = readJob({
    dataset: { name: 'iris', seed: 3 },
    model: { layers: [] },
    training: { classWeights: 'balanced' },
  });
  assert.ok('spec' in read);
  const { data, trainIndices } = loadDataset(read.spec.dataset, null, read.spec.training.classWeights);
  assert.deepEqual(data.classWeights, new Float32Array(3).fill(1), 'the split keeps the classes balanced');
  assert.equal(trainIndices.length, 135);
  assert.equal(loadDataset(read.spec.dataset, null).data.classWeights, null);
  assert.equal(read.spec.training.classWeights, 'balanced', 'the spec keeps the word');
});
