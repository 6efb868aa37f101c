import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../../../src/datasets/load.ts';
import { RecipeMeasurement } from '../../../src/datasets/preparation/measure-recipe.ts';
import type { DatasetSpec } from '../../../src/vocabulary/index.ts';
import { datasetOf } from '../../support/tables.ts';

const spec: DatasetSpec = {
  id: 'data_1',
  version: 1,
  seed: 1,
  limit: null,
  validationSplit: 0,
  normalize: 'none',
  normalizeTargets: 'none',
};

test('what a recipe is said to make of a table is what loading makes of it', () => {
  const dataset = datasetOf({
    task: 'classification',
    rowsPerGroup: 4,
    split: { by: 'column', column: 'fold', validation: ['b'], test: ['c'] },
    columns: {
      size: { values: [1, 2, null, 4, 5, 6, 7, 8, 9, 10] },
      town: { values: ['Rome', 'Oslo', 'Rome', 'Lima', null, 'Oslo', 'Rome', 'Oslo', 'Lima', 'Rome'], fill: 'mode' },
      fold: { values: ['a', 'b', 'a', 'c', 'a', 'a', null, 'b', 'a', 'a'], role: 'split' },
      kind: { values: ['x', 'y', 'x', 'x', 'y', null, 'x', 'y', 'x', 'y'], role: 'target' },
    },
  });
  const measurement = new RecipeMeasurement(dataset);
  for (const group of dataset.rowGroups) measurement.add(group);
  const counts = measurement.finish();
  assert.deepEqual(counts, {
    samples: 7,
    features: 4,
    outputs: 2,
    classes: [
      { name: 'x', count: 3 },
      { name: 'y', count: 4 },
    ],
    parts: { training: 4, validation: 2, test: 1 },
  });
  const { data, trainIndices, validationIndices, testIndices } = loadDataset(spec, dataset);
  assert.deepEqual([data.sampleCount, data.featureCount, data.outputCount], [7, 4, 2]);
  assert.deepEqual([trainIndices.length, validationIndices.length, testIndices.length], [4, 2, 1]);
  assert.deepEqual(
    [0, 1].map((index) => [...data.targets].filter((target) => target === index).length),
    counts.classes?.map(({ count }) => count),
  );
});
