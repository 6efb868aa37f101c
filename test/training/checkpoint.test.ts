import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../src/training/checkpoint.ts';

const checkpoint: Checkpoint = {
  network: {
    step: 123,
    parameters: Float32Array.of(1.5, -0, 3e-39, Number.MAX_VALUE),
    slots: Float32Array.of(0.1, 0.2),
    statistics: new Float32Array(),
  },
  loop: {
    epochsEnded: 2,
    scheduler: { rate: 0.1, best: null, badEpochs: 1, cooldown: 0 },
    window: { length: 4, count: 3, lossSum: 0.1 + 0.2, accuracySum: 1, gradientNormSum: 1 / 3, learningRate: 0.01 },
    epochLoss: { sum: Math.PI, samples: 96 },
    summary: { loss: 0.5, valLoss: null },
  },
};

test('a checkpoint is read as it was written, bit for bit, from any place in memory', () => {
  const bytes = encodeCheckpoint(checkpoint);
  assert.deepEqual(decodeCheckpoint(bytes), checkpoint);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(decodeCheckpoint(shifted.subarray(3)), checkpoint);
});

test('damaged checkpoints are refused with a failure that says what to do', () => {
  const bytes = encodeCheckpoint(checkpoint);
  for (let length = 0; length < bytes.length; length += 7)
    assert.throws(() => decodeCheckpoint(bytes.subarray(0, length)), {
      code: 'CHECKPOINT_UNREADABLE',
      message: /Submit its spec again/,
    });
  for (let i = 0; i < bytes.length; i += 5) {
    const damaged = bytes.slice();
    damaged[i] = (damaged[i] as number) ^ 1;
    assert.throws(() => decodeCheckpoint(damaged), { name: 'RunFailure' }, `byte ${i}`);
  }
});
