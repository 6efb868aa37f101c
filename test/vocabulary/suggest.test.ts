/** Suggestions for a job that was written for another library. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJob } from '../../src/jobs/index.ts';

const base = { dataset: { name: 'xor' }, model: { layers: [{ type: 'dense', units: 4 }] } };
const training = (more: object) => ({ ...base, training: more });
const optimizer = (more: object) => training({ optimizer: { type: 'sgd', ...more } });
const layer = (more: object) => ({ ...base, model: { layers: [{ type: 'dense', units: 4, ...more }] } });
const dataset = (more: object) => ({ ...base, dataset: { name: 'xor', ...more } });

function messageAt(path: string, body: unknown): string {
  const read = readJob(body);
  assert.ok('details' in read, 'the job was accepted');
  return read.details.find((detail) => detail.path === path)?.message ?? JSON.stringify(read.details);
}

describe('a name from another library', () => {
  const cases: [path: string, body: unknown, meant: string][] = [
    ['modle', { dataset: base.dataset, modle: {} }, 'model'],
    ['data', { ...base, data: {} }, 'dataset'],
    ['model.hiddenLayers', { ...base, model: { ...base.model, hiddenLayers: [] } }, 'layers'],
    ['model.layers[0].hidden_units', layer({ hidden_units: 3 }), 'units'],
    ['model.layers[0].activation', layer({ activation: 'swish' }), 'silu'],
    ['model.layers[0].activation', layer({ activation: 'identity' }), 'linear'],
    ['model.layers[0].kernelInitializer', layer({ kernelInitializer: 'xavier' }), 'glorotUniform'],
    ['model.layers[0].kernelInitializer', layer({ kernelInitializer: 'xavier_normal' }), 'glorotNormal'],
    ['model.layers[0].kernelInitializer', layer({ kernelInitializer: 'kaiming_uniform' }), 'heUniform'],
    ['model.layers[0].kernelInitializer', layer({ kernelInitializer: 'kaiming_normal' }), 'heNormal'],
    ['model.layers[0].type', { ...base, model: { layers: [{ type: 'Linear' }] } }, 'dense'],
    ['model.layers[0].type', { ...base, model: { layers: [{ type: 'BatchNorm1d' }] } }, 'batchNormalization'],
    ['training.batch_size', training({ batch_size: 8 }), 'batchSize'],
    ['training.bs', training({ bs: 8 }), 'batchSize'],
    ['training.nepochs', training({ nepochs: 8 }), 'epochs'],
    ['training.random_state', training({ random_state: 8 }), 'seed'],
    ['training.max_grad_norm', training({ max_grad_norm: 8 }), 'clipNorm'],
    ['training.class_weight', training({ class_weight: 'balanced' }), 'classWeights'],
    ['training.pos_weight', training({ pos_weight: [2] }), 'classWeights'],
    ['training.loss', training({ loss: 'crossentropy' }), 'softmaxCrossEntropy'],
    ['training.loss', training({ loss: 'mse' }), 'meanSquaredError'],
    ['training.loss', training({ loss: 'BCEWithLogitsLoss' }), 'sigmoidCrossEntropy'],
    ['training.schedule', training({ schedule: 'ReduceLROnPlateau' }), 'reduceOnPlateau'],
    ['training.optimizer.lr', optimizer({ lr: 1 }), 'learningRate'],
    ['training.optimizer.learning_rate', optimizer({ learning_rate: 1 }), 'learningRate'],
    ['training.optimizer.wd', optimizer({ wd: 1 }), 'weightDecay'],
    ['training.optimizer.l2', optimizer({ l2: 1 }), 'weightDecay'],
    ['dataset.val_split', dataset({ val_split: 0.2 }), 'validationSplit'],
    ['dataset.normalize', dataset({ normalize: 'StandardScaler' }), 'standard'],
    ['dataset.normalize_y', dataset({ normalize_y: true }), 'normalizeTargets'],
  ];
  for (const [path, body, meant] of cases) {
    it(`${path} gets the suggestion ${meant}`, () => {
      assert.match(messageAt(path, body), new RegExp(`did you mean "${meant}"\\?$`));
    });
  }
});

describe('an option in the wrong place', () => {
  const cases: [path: string, body: unknown, message: RegExp][] = [
    ['training.learningRate', training({ learningRate: 1 }), /; it belongs in training\.optimizer$/],
    ['training.lr', training({ lr: 1 }), /; did you mean "learningRate" in training\.optimizer\?$/],
    ['learning_rate', { ...base, learning_rate: 1 }, /; did you mean "learningRate" in training\.optimizer\?$/],
    ['training.momentum', training({ momentum: 0.9 }), /; it belongs in training\.optimizer$/],
    ['training.warmupSteps', training({ warmupSteps: 5 }), /; it belongs in training\.schedule$/],
    ['epochs', { ...base, epochs: 5 }, /; it belongs in training$/],
    ['layers', { ...base, layers: [] }, /; it belongs in model$/],
    ['training.validationSplit', training({ validationSplit: 0.5 }), /; it belongs in dataset$/],
    ['training.engine', training({ engine: 'onnx' }), /; it belongs in the job itself$/],
    [
      'model.layers[0].rate',
      layer({ rate: 0.5 }),
      /; it is an option of dropout, alphaDropout, and those here are units, /,
    ],
    [
      'model.outputActivation',
      { ...base, model: { ...base.model, outputActivation: 'sigmoid' } },
      /; did you mean "activation" in model\.output\?$/,
    ],
    [
      'model.output.activation',
      { ...base, model: { ...base.model, output: { activation: 'softmax' } } },
      /; of classification and multilabel it follows from the task: softmax or sigmoid$/,
    ],
  ];
  for (const [path, body, message] of cases) {
    it(`${path} is referred to its proper place`, () => {
      assert.match(messageAt(path, body), message);
    });
  }
});

describe('an unknown name', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'zzz']) {
    it(`${name} gets no suggestion`, () => {
      const body = JSON.parse(`{"dataset":{"name":"xor"},"model":{"layers":[]},"${name}":1}`) as unknown;
      assert.equal(messageAt(name, body), 'is not a known property');
    });
  }
});

describe('a body with only unknown keys', () => {
  it('is not compared further once there are enough details', () => {
    const names = Array.from({ length: 200_000 }, (_, i) => [`unknownProperty${i}`, 1] as const);
    const body = { ...base, ...Object.fromEntries(names) };
    const began = performance.now();
    const read = readJob(body);
    const elapsedMs = performance.now() - began;
    assert.ok('details' in read && read.details.length === 50);
    // Comparing each key takes more than ten times as long as the limit allows on a busy machine.
    assert.ok(elapsedMs < 3000, `${elapsedMs} ms`);
  });

  it('is answered immediately even if its keys are very long', () => {
    const names = Array.from({ length: 50 }, (_, i) => [`${'x'.repeat(1_000_000)}${i}`, 1] as const);
    const body = { ...base, ...Object.fromEntries(names) };
    const began = performance.now();
    const read = readJob(body);
    assert.ok('details' in read && read.details.every(({ path }) => path.length < 60));
    assert.ok(performance.now() - began < 2000);
  });
});
