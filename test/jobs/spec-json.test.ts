/**
 * The spec of a job is stored with its run and submitted again by clients: its JSON, order included, must not drift.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJob } from '../../src/jobs/index.ts';
import type { DatasetInfo } from '../../src/vocabulary/index.ts';

const uploaded: DatasetInfo = {
  object: 'dataset',
  id: 'data_1',
  kind: 'uploaded',
  task: 'regression',
  samples: 10,
  features: 3,
  outputs: 1,
  description: '',
};

const CASES: { name: string; job: unknown; spec: unknown }[] = [
  {
    name: 'a built-in data set and one layer',
    job: { dataset: { name: 'xor' }, model: { layers: [{ type: 'dense', units: 8 }] } },
    spec: {
      name: 'xor 8 relu',
      experiment: '',
      tags: [],
      notes: '',
      metadata: {},
      dataset: {
        name: 'xor',
        samples: 1000,
        noise: 0.1,
        limit: null,
        validationSplit: 0.1,
        normalize: 'standard',
        normalizeTargets: 'none',
        seed: 7,
      },
      model: {
        layers: [
          {
            type: 'dense',
            units: 8,
            activation: { type: 'relu' },
            kernelInitializer: { type: 'heNormal' },
            biasInitializer: { type: 'zeros' },
          },
        ],
        output: {
          activation: 'linear',
          kernelInitializer: { type: 'glorotUniform' },
          biasInitializer: { type: 'zeros' },
        },
      },
      training: {
        epochs: 10,
        batchSize: 32,
        seed: 7,
        shuffle: true,
        loss: 'softmaxCrossEntropy',
        optimizer: { type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
        schedule: { type: 'constant', warmupSteps: 0 },
        clipNorm: null,
        classWeights: null,
        threads: 'auto',
        stopping: null,
      },
      telemetry: { metricsEverySteps: 'auto', snapshotsPerSecond: 10, checkpointEverySeconds: 30, keepCheckpoints: 1 },
      engine: 'auto',
      priority: 0,
    },
  },
  {
    name: 'a real data set, every layer type, and a custom output layer',
    job: {
      name: 'n',
      experiment: 'e',
      tags: ['a'],
      notes: 'ü',
      metadata: { k: 'v' },
      priority: 5,
      engine: 'onnx',
      dataset: { name: 'mnist', limit: 500, normalize: 'minMax', seed: 3 },
      model: {
        layers: [
          { type: 'dense', units: 4, activation: { type: 'prelu', alpha: 0.1 }, kernelInitializer: 'orthogonal' },
          { type: 'batchNormalization', momentum: 0.5 },
          { type: 'layerNormalization' },
          { type: 'dropout', rate: 0.5 },
          { type: 'dense', units: 3, activation: 'linear' },
          { type: 'activation', activation: 'selu' },
          { type: 'alphaDropout', rate: 0.1 },
        ],
        output: { biasInitializer: { type: 'constant', value: 2 } },
      },
      training: {
        epochs: 3,
        batchSize: 7,
        seed: 9,
        shuffle: false,
        optimizer: { type: 'sgd', momentum: 0.9, nesterov: true },
        schedule: { type: 'step', stepSize: 4 },
        clipNorm: 1,
      },
      telemetry: { metricsEverySteps: 1 },
    },
    spec: {
      name: 'n',
      experiment: 'e',
      tags: ['a'],
      notes: 'ü',
      metadata: { k: 'v' },
      dataset: {
        name: 'mnist',
        limit: 500,
        validationSplit: 0.1,
        normalize: 'minMax',
        normalizeTargets: 'none',
        seed: 3,
      },
      model: {
        layers: [
          {
            type: 'dense',
            units: 4,
            activation: { type: 'prelu', alpha: 0.1 },
            kernelInitializer: { type: 'orthogonal', gain: 1 },
            biasInitializer: { type: 'zeros' },
          },
          { type: 'batchNormalization', momentum: 0.5, epsilon: 1e-5 },
          { type: 'layerNormalization', epsilon: 1e-5 },
          { type: 'dropout', rate: 0.5 },
          {
            type: 'dense',
            units: 3,
            activation: { type: 'linear' },
            kernelInitializer: { type: 'lecunNormal' },
            biasInitializer: { type: 'zeros' },
          },
          { type: 'activation', activation: { type: 'selu' } },
          { type: 'alphaDropout', rate: 0.1 },
        ],
        output: {
          activation: 'linear',
          kernelInitializer: { type: 'glorotUniform' },
          biasInitializer: { type: 'constant', value: 2 },
        },
      },
      training: {
        epochs: 3,
        batchSize: 7,
        seed: 9,
        shuffle: false,
        loss: 'softmaxCrossEntropy',
        optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0 },
        schedule: { type: 'step', warmupSteps: 0, stepSize: 4, gamma: 0.1 },
        clipNorm: 1,
        classWeights: null,
        threads: 'auto',
        stopping: null,
      },
      telemetry: { metricsEverySteps: 1, snapshotsPerSecond: 10, checkpointEverySeconds: 30, keepCheckpoints: 1 },
      engine: 'onnx',
      priority: 5,
    },
  },
  {
    name: 'uploaded data, no hidden layer',
    job: {
      dataset: { id: 'data_1', validationSplit: 0 },
      model: { layers: [] },
      training: { loss: 'huber', optimizer: 'rmsprop', schedule: 'reduceOnPlateau' },
    },
    spec: {
      name: 'data_1 without hidden layers',
      experiment: '',
      tags: [],
      notes: '',
      metadata: {},
      dataset: {
        id: 'data_1',
        version: 1,
        limit: null,
        validationSplit: 0,
        normalize: 'standard',
        normalizeTargets: 'none',
        seed: 7,
      },
      model: {
        layers: [],
        output: {
          activation: 'linear',
          kernelInitializer: { type: 'glorotUniform' },
          biasInitializer: { type: 'zeros' },
        },
      },
      training: {
        epochs: 10,
        batchSize: 32,
        seed: 7,
        shuffle: true,
        loss: 'huber',
        optimizer: { type: 'rmsprop', learningRate: 0.01, rho: 0.99, momentum: 0, epsilon: 1e-8, weightDecay: 0 },
        schedule: {
          type: 'reduceOnPlateau',
          warmupSteps: 0,
          factor: 0.1,
          patience: 10,
          minDelta: 0.0001,
          cooldown: 0,
          minLearningRate: 0,
        },
        clipNorm: null,
        classWeights: null,
        threads: 'auto',
        stopping: null,
      },
      telemetry: { metricsEverySteps: 'auto', snapshotsPerSecond: 10, checkpointEverySeconds: 30, keepCheckpoints: 1 },
      engine: 'auto',
      priority: 0,
    },
  },
  {
    name: 'inline data and given weights',
    job: {
      dataset: {
        inputs: [
          [0, 1],
          [1, 0],
          [1, 1],
        ],
        targets: [0, 1, 1],
        task: 'classification',
      },
      model: {
        layers: [{ type: 'dense', units: 1, activation: 'celu' }],
        initialWeights: { kernels: [[[1], [2]], [[1, 2]]], biases: [[0], [0, 0]], alphas: [[]] },
      },
      training: { optimizer: { type: 'adamw', learningRate: 0.01 }, schedule: { type: 'cosine', warmupSteps: 5 } },
    },
    spec: {
      name: 'inline data 1 celu',
      experiment: '',
      tags: [],
      notes: '',
      metadata: {},
      dataset: {
        inputs: [
          [0, 1],
          [1, 0],
          [1, 1],
        ],
        targets: [0, 1, 1],
        task: 'classification',
        limit: null,
        validationSplit: 0.1,
        normalize: 'standard',
        normalizeTargets: 'none',
        seed: 7,
      },
      model: {
        layers: [
          {
            type: 'dense',
            units: 1,
            activation: { type: 'celu', alpha: 1 },
            kernelInitializer: { type: 'heNormal' },
            biasInitializer: { type: 'zeros' },
          },
        ],
        output: {
          activation: 'linear',
          kernelInitializer: { type: 'glorotUniform' },
          biasInitializer: { type: 'zeros' },
        },
        initialWeights: { kernels: [[[1], [2]], [[1, 2]]], biases: [[0], [0, 0]], alphas: [[], []] },
      },
      training: {
        epochs: 10,
        batchSize: 32,
        seed: 7,
        shuffle: true,
        loss: 'softmaxCrossEntropy',
        optimizer: { type: 'adamw', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
        schedule: { type: 'cosine', warmupSteps: 5, minimumFactor: 0 },
        clipNorm: null,
        classWeights: null,
        threads: 'auto',
        stopping: null,
      },
      telemetry: { metricsEverySteps: 'auto', snapshotsPerSecond: 10, checkpointEverySeconds: 30, keepCheckpoints: 1 },
      engine: 'auto',
      priority: 0,
    },
  },
];

describe('the JSON of a spec', () => {
  for (const { name, job, spec } of CASES) {
    it(`stays as it is: ${name}`, () => {
      const read = readJob(job, { uploaded, drawSeed: () => 7 });
      assert.equal(JSON.stringify('spec' in read ? read.spec : read.details), JSON.stringify(spec));
    });
  }
});
