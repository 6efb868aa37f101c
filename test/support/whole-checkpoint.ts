/** A checkpoint with everything in it that one can have. */
import { openWindow } from '../../src/neurons/index.ts';
import type { Checkpoint } from '../../src/training/checkpoint.ts';

export const wholeCheckpoint: Checkpoint = {
  preprocessing: {
    task: 'regression',
    featureCount: 3,
    outputCount: 2,
    normalization: { shift: Float32Array.of(0.1, -7, 3), scale: Float32Array.of(1 / 3, 1, 1e30) },
    targetNormalization: { shift: Float32Array.of(2e7, 0), scale: Float32Array.of(1e-5, 1) },
    preparation: {
      columns: [
        { name: 'age', kind: 'numeric', width: 1, fill: [0.5] },
        { name: 'sex', kind: 'categorical', width: 1, encoding: 'oneHot', categories: ['male', 'female'] },
        { name: 'size', kind: 'numeric', width: 1, fill: [1] },
      ],
      targets: ['a', 'b'],
      ignored: ['id'],
      outputs: [],
    },
  },
  network: {
    step: 123,
    parameters: Float32Array.of(1.5, -0, 3, 4),
    slots: Float32Array.of(0.1, 0.2),
    statistics: new Float32Array(),
  },
  loop: {
    epochsEnded: 2,
    scheduler: { rate: 0.1, best: null, badEpochs: 1, cooldown: 0 },
    window: { count: 3, lossSum: 0.1, accuracySum: 1, gradientNormSum: 1 / 3, learningRate: 0.01 },
    epochLoss: { sum: Math.PI, correct: 60, samples: 96 },
    summary: { loss: 0.5, valLoss: null },
  },
  judged: {
    step: 100,
    weights: Float32Array.of(1 / 7, -0, 2),
    state: { window: openWindow(100), stepChanges: [0.5, null], looks: { watched: 7, quiet: [3] } },
  },
};
