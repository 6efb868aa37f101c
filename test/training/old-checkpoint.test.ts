import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../../src/datasets/load.ts';
import { exportModel, predict } from '../../src/questions/trained-model.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/training/checkpoint.ts';
import {
  OLD_DATASET,
  OLD_PREDICTION,
  oldSpec,
  readOldCheckpoint,
  readOldExport,
  UNNAMED,
} from '../support/old-checkpoint.ts';
import { drive, Observed } from './drive.ts';

const spec = oldSpec('data_1');
const old = await readOldCheckpoint();
const data = { spec: spec.dataset, stored: OLD_DATASET };

test('a checkpoint of format RLC1 is read, without a normalisation', () => {
  const { preprocessing, network, loop } = decodeCheckpoint(old);
  assert.equal(preprocessing, null);
  assert.deepEqual(
    [network.step, network.parameters.length, network.slots.length, network.statistics.length, loop.epochsEnded],
    [18, 46, 92, 8, 3],
  );
});

test('with its data set, an RLC1 checkpoint gives the exports and predictions of the release that wrote it', async () => {
  const { bytes } = await exportModel({ spec, checkpoint: old, data, file: 'json' });
  assert.deepEqual(Buffer.from(bytes), await readOldExport());
  const { step, outputs } = await predict({
    spec,
    checkpoint: old,
    data,
    inputs: Float32Array.from(OLD_PREDICTION.inputs.flat()),
  });
  assert.equal(step, 18);
  for (const [index, expected] of OLD_PREDICTION.outputs.flat().entries())
    assert.ok(Math.abs(outputs[index]! - expected) < 1e-5, `${outputs[index]} is not ${expected}`);
});

test('without its data set, an RLC1 checkpoint is refused', async () => {
  const refused = { code: 'CHECKPOINT_UNREADABLE', message: /no normalisation/ };
  await assert.rejects(exportModel({ spec, checkpoint: old, data: null, file: 'json' }), refused);
});

test('a run that resumes from RLC1 writes RLC2, and trains as it would from the same state in RLC2', async () => {
  const { preprocessing: _none, ...state } = decodeCheckpoint(old);
  const { data: fitted, preparation } = loadDataset(spec.dataset, OLD_DATASET);
  const { task, featureCount, outputCount, normalization } = fitted;
  const preprocessing = { task, featureCount, outputCount, normalization, targetNormalization: null, preparation };
  const same = encodeCheckpoint({ ...state, preprocessing });
  const resume = (checkpoint: Uint8Array): Promise<Observed> =>
    drive(spec, { attempt: 2, dataset: OLD_DATASET, checkpoint });
  const [fromOld, fromNew] = [await resume(old), await resume(same)];
  assert.equal(fromOld.finished.outcome, 'succeeded', JSON.stringify(fromOld.finished));
  assert.equal(fromOld.final.network.step, 36);
  assert.deepEqual(fromOld.final.network, fromNew.final.network);
  assert.deepEqual(fromOld.final.preprocessing, preprocessing);
});

test('a checkpoint without names gives the exports and predictions of the release that wrote it, and takes no rows by name', async () => {
  const { spec: job, prediction } = UNNAMED;
  const checkpoint = await UNNAMED.readCheckpoint();
  const model = { spec: job, checkpoint, data: null };
  assert.equal(decodeCheckpoint(checkpoint).preprocessing?.preparation, null);
  const { bytes } = await exportModel({ ...model, file: 'json' });
  assert.deepEqual(Buffer.from(bytes), await UNNAMED.readExport());
  const { outputs } = await predict({ ...model, inputs: Float32Array.from(prediction.inputs) });
  for (const [index, expected] of prediction.outputs.entries())
    assert.ok(Math.abs(outputs[index]! - expected) < 1e-2, `${outputs[index]} is not ${expected}`);
  await assert.rejects(predict({ ...model, rows: [{ x1: 1, x2: 2 }] }), {
    code: 'INVALID_REQUEST',
    message: /earlier release/,
  });
});

test('a run that resumes from a checkpoint without names gets those of its data set, and the same weights', async () => {
  const checkpoint = await UNNAMED.readCheckpoint();
  const state = decodeCheckpoint(checkpoint);
  const { preparation } = loadDataset(UNNAMED.spec.dataset, null);
  const same = encodeCheckpoint({ ...state, preprocessing: { ...state.preprocessing!, preparation } });
  const fromOld = await drive(UNNAMED.spec, { attempt: 2, checkpoint });
  const fromNew = await drive(UNNAMED.spec, { attempt: 2, checkpoint: same });
  assert.equal(fromOld.finished.outcome, 'succeeded', JSON.stringify(fromOld.finished));
  assert.deepEqual(fromOld.final.network, fromNew.final.network);
  assert.deepEqual(fromOld.final.preprocessing, fromNew.final.preprocessing);
  assert.deepEqual(fromOld.final.preprocessing?.preparation?.outputs, ['y1', 'y2']);
});
