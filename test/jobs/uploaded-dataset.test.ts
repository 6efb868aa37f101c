/** Jobs on uploaded data sets: by id or name, in a version, with a split of their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasetRefOf, readJob } from '../../src/jobs/index.ts';
import type { DatasetInfo, JobSpec } from '../../src/vocabulary/index.ts';

const penguins: DatasetInfo = {
  object: 'dataset',
  id: 'data_1',
  name: 'penguins',
  kind: 'uploaded',
  version: 3,
  hash: 'sha256:abc',
  task: 'classification',
  samples: 300,
  features: 9,
  outputs: 3,
  description: '',
};
const fixed: DatasetInfo = { ...penguins, trainingSamples: 200, validationSamples: 50, testSamples: 50 };

const read = (dataset: object, uploaded: DatasetInfo | null, training: object = {}) =>
  readJob(
    { dataset, model: { layers: [] }, training: { epochs: 1, batchSize: 10, seed: 1, ...training } },
    { uploaded },
  );
function specOf(dataset: object, uploaded: DatasetInfo): { spec: JobSpec; steps: number } {
  const job = read(dataset, uploaded);
  if ('details' in job) throw new Error(JSON.stringify(job.details));
  return job;
}
function problemsOf(dataset: object, uploaded: DatasetInfo | null, training: object = {}): string[] {
  const job = read(dataset, uploaded, training);
  return 'details' in job ? job.details.map(({ path, message }) => `${path} ${message}`) : [];
}

test('a data set is meant by its id or its name; a built-in name comes first', () => {
  assert.deepEqual(datasetRefOf({ dataset: { id: 'data_1', version: 2 } }), { id: 'data_1', version: 2 });
  assert.deepEqual(datasetRefOf({ dataset: { name: 'penguins' } }), { name: 'penguins' });
  assert.equal(datasetRefOf({ dataset: { name: 'iris' } }), null);
  for (const nothing of [null, {}, { dataset: 'xor' }, { dataset: { inputs: [] } }])
    assert.equal(datasetRefOf(nothing), null);
});

test('the spec names the version and its hash, and submitting it again gives the same spec', () => {
  const { spec } = specOf({ name: 'penguins' }, penguins);
  const { id, version, hash } = spec.dataset;
  assert.deepEqual([id, version, hash, spec.name], ['data_1', 3, 'sha256:abc', 'penguins without hidden layers']);
  assert.deepEqual(specOf({ id: 'data_1' }, penguins).spec, spec);
  assert.deepEqual(specOf(spec.dataset, penguins).spec, spec);
});

test('another version, other content and versions of built-in data are refused', () => {
  assert.deepEqual(problemsOf({ id: 'data_1', version: 4 }, penguins), [
    'dataset.version is 4, but the newest version of this data set is 3',
  ]);
  assert.match(
    problemsOf({ id: 'data_1', hash: 'sha256:def' }, penguins).join(),
    /^dataset.hash is not that of version 3/,
  );
  assert.match(
    problemsOf({ name: 'iris', version: 1 }, null).join(),
    /^dataset.version is for uploaded data sets only/,
  );
  assert.match(problemsOf({ name: 'penguin' }, null).join(), /^dataset.name must be a known data set/);
  assert.match(problemsOf({ id: 'data_1', task: 'regression' }, penguins).join(), /^dataset.task/);
});

test('a data set with parts of its own decides what is trained on, and the spec says the share that is held out', () => {
  const { spec, steps } = specOf({ id: 'data_1', validationSplit: 0 }, fixed);
  assert.deepEqual([spec.dataset.validationSplit, steps], [0.2, 20]);
  assert.deepEqual(specOf(spec.dataset, fixed).spec, spec);
  assert.equal(specOf({ id: 'data_1', limit: 60 }, fixed).steps, 4);
  // Without a validation part, the job's share is taken out of the training part.
  const onlyTest = { ...fixed, trainingSamples: 250, validationSamples: 0 };
  const held = specOf({ id: 'data_1', validationSplit: 0.2 }, onlyTest);
  assert.deepEqual([held.spec.dataset.validationSplit, held.steps], [0.2, 20]);
  assert.deepEqual(problemsOf({ id: 'data_1' }, { ...fixed, trainingSamples: 0, validationSamples: 250 }), [
    'dataset has no rows to train on: its split puts all of them in other parts',
  ]);
  assert.match(
    problemsOf({ id: 'data_1' }, { ...penguins, samples: 0 }).join(),
    /^dataset has no rows that can be used/,
  );
  const stopping = { stopping: { metric: 'valLoss', patience: 3 } };
  assert.deepEqual(problemsOf({ id: 'data_1', validationSplit: 0 }, fixed, stopping), []);
});
