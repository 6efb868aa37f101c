/** Changes of a job in words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  changesBetween,
  DEFAULT_KERNEL_INITIALIZER,
  fieldName,
  layersInWords,
  wordsOf,
  type Change,
  type LayerSpec,
} from '../../src/vocabulary/index.ts';

const inLines = (change: readonly Change[]) => wordsOf(change).map(({ what, from, to }) => `${what}: ${from} -> ${to}`);
const dense = (units: number, type: 'relu' | 'leakyRelu' | 'linear' = 'relu'): LayerSpec => ({
  type: 'dense',
  units,
  activation: type === 'leakyRelu' ? { type, alpha: 0.3 } : { type },
  kernelInitializer: DEFAULT_KERNEL_INITIALIZER[type],
  biasInitializer: { type: 'zeros' },
});

describe('a change in words', () => {
  it('names the field, the value before and the value after', () => {
    assert.deepEqual(
      inLines([
        { path: 'training.optimizer.learningRate', from: 0.1, to: 0.003 },
        { path: 'dataset.normalizeTargets', from: 'none', to: 'standard' },
        { path: 'training.clipNorm', from: null, to: 1 },
        { path: 'training.optimizer.nesterov', from: false, to: true },
        { path: 'dataset.limit', from: null, to: 500 },
        { path: 'training.classWeights', from: null, to: [1, 2.5] },
        { path: 'training.stopping', from: null, to: { metric: 'valLoss', patience: 5, minDelta: 0 } },
      ]),
      [
        'learning rate: 0.1 -> 0.003',
        'normalize targets: none -> standard',
        'clip norm: none -> 1',
        'nesterov: off -> on',
        'samples, at most: all -> 500',
        'class weights: none -> 1, 2.5',
        'early stopping: none -> metric valLoss, patience 5, min delta 0',
      ],
    );
  });

  it('is one line for several layers that change alike', () => {
    const before = { model: { layers: [dense(2), dense(2), dense(2), dense(4)] } };
    const after = { model: { layers: [dense(16), dense(16, 'leakyRelu'), dense(16), dense(4, 'leakyRelu')] } };
    assert.deepEqual(inLines(changesBetween(before, after)), [
      'units of layers 1 to 3: 2 -> 16',
      'activation of layers 2 and 4: relu -> leakyRelu (alpha 0.3)',
    ]);
    assert.deepEqual(inLines([{ path: 'model.layers[1].kernelInitializer.stddev', from: 1, to: 0.05 }]), [
      'stddev of the kernel of layer 2: 1 -> 0.05',
    ]);
    assert.deepEqual(
      inLines([
        { path: 'model.layers[0]', from: { type: 'dropout', rate: 0.5 }, to: { type: 'alphaDropout', rate: 0.5 } },
      ]),
      ['layer 1: dropout 0.5 -> alphaDropout 0.5'],
    );
  });

  it('names another choice with the options that are not at their default', () => {
    assert.deepEqual(
      inLines([
        {
          path: 'training.optimizer',
          from: { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0 },
          to: { type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
        },
        {
          path: 'training.schedule',
          from: { type: 'constant', warmupSteps: 0 },
          to: { type: 'cosine', warmupSteps: 40, minimumFactor: 0 },
        },
      ]),
      [
        'optimizer: sgd (learning rate 0.1, momentum 0.9) -> adam (learning rate 0.001)',
        'learning rate schedule: constant -> cosine (warmup steps 40)',
      ],
    );
  });

  it('shows layers that came in between', () => {
    const block: LayerSpec[] = [
      dense(8, 'linear'),
      { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-5 },
      { type: 'activation', activation: { type: 'relu' } },
    ];
    const before = { model: { layers: [dense(8), dense(8), dense(8)] } };
    const after = { model: { layers: [...block, ...block, ...block] } };
    assert.deepEqual(inLines(changesBetween(before, after)), [
      'layers: 3 × dense 8 relu -> 3 × (dense 8 linear, batchNormalization, activation relu)',
    ]);
  });

  it('says that data has changed even if its size has not', () => {
    assert.deepEqual(inLines([{ path: 'dataset.targets', from: '500 values', to: '500 values' }]), [
      'targets: 500 values -> 500 values, changed',
    ]);
  });
});

it('fields have the names of the form', () => {
  assert.deepEqual(
    ['training.epochs', 'training.batchSize', 'model.layers.2.activation', 'model.layers[0].biasInitializer'].map(
      fieldName,
    ),
    ['epochs', 'batch size', 'activation', 'bias'],
  );
});

it('layers are grouped where they repeat, and say what is not the default', () => {
  assert.equal(layersInWords([]), 'none');
  assert.equal(layersInWords([dense(2), dense(2), dense(3)]), '2 × dense 2 relu, dense 3 relu');
  const glorot = { ...dense(2), kernelInitializer: { type: 'glorotUniform' } };
  assert.equal(
    layersInWords([glorot, { type: 'dropout', rate: 0.2 }]),
    'dense 2 relu kernel glorotUniform, dropout 0.2',
  );
});
