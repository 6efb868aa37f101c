import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../../src/datasets/load.ts';
import { exportModel, predict } from '../../src/questions/trained-model.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/training/checkpoint.ts';
import { OLD_DATASET, OLD_PREDICTION, oldSpec, readOldCheckpoint, readOldExport } from '../support/old-checkpoint.ts';
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
  const { task, featureCount, outputCount, normalization } = loadDataset(spec.dataset, OLD_DATASET).data;
  const preprocessing = { task, featureCount, outputCount, normalization, targetNormalization: null };
  const same = encodeCheckpoint({ ...state, preprocessing });
  const resume = (checkpoint: Uint8Array): Promise<Observed> =>
    drive(spec, { attempt: 2, dataset: OLD_DATASET, checkpoint });
  const [fromOld, fromNew] = [await resume(old), await resume(same)];
  assert.equal(fromOld.finished.outcome, 'succeeded', JSON.stringify(fromOld.finished));
  assert.equal(fromOld.final.network.step, 36);
  assert.deepEqual(fromOld.final.network, fromNew.final.network);
  assert.deepEqual(fromOld.final.preprocessing, preprocessing);
});
