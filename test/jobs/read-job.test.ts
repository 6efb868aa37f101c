import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJob } from '../../src/jobs/index.ts';
import { LIMITS, type DatasetInfo, type JobSpec } from '../../src/vocabulary/index.ts';

const minimal = { dataset: { name: 'xor' }, model: { layers: [{ type: 'dense', units: 8 }] } };
const inline = {
  inputs: [
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  targets: [0, 1, 2],
  task: 'classification',
};

function specOf(body: unknown, uploaded: DatasetInfo | null = null): JobSpec {
  const resolved = readJob(body, { uploaded, drawSeed: () => 7 });
  if ('details' in resolved) assert.fail(JSON.stringify(resolved.details));
  return resolved.spec;
}

/** Path -> message of every invalid field. */
function wrongs(body: unknown): Record<string, string> {
  const resolved = readJob(body);
  assert.ok('details' in resolved, 'the job was accepted');
  return Object.fromEntries(resolved.details.map(({ path, message }) => [path, message]));
}

const lossOf = (dataset: unknown) => specOf({ ...minimal, dataset }).training.loss;

describe('a job with few fields', () => {
  it('gets every default', () => {
    assert.deepEqual(specOf(minimal), {
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
        clipNorm: null,
        classWeights: null,
        threads: 'auto',
        stopping: null,
        optimizer: { type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
        schedule: { type: 'constant', warmupSteps: 0 },
      },
      telemetry: { metricsEverySteps: 'auto', snapshotsPerSecond: 10, checkpointEverySeconds: 30, keepCheckpoints: 1 },
      engine: 'auto',
      priority: 0,
    });
  });

  it('gets a random 31-bit seed, which the data set shares', () => {
    const resolved = readJob(minimal);
    assert.ok('spec' in resolved);
    const { seed } = resolved.spec.training;
    assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31);
    assert.equal(resolved.spec.dataset.seed, seed);
  });

  it('gets the kernel initializer that fits each activation', () => {
    const layers = ['relu', 'mish', 'selu', 'tanh', 'linear'].map((activation) => ({
      type: 'dense',
      units: 2,
      activation,
    }));
    const kernels = specOf({ ...minimal, model: { layers } }).model.layers.map(
      (layer) => layer.type === 'dense' && layer.kernelInitializer.type,
    );
    assert.deepEqual(kernels, ['heNormal', 'heNormal', 'lecunNormal', 'glorotUniform', 'glorotUniform']);
  });

  it('takes the activation layer after a dense layer as its activation', () => {
    const layers = [
      { type: 'dense', units: 4 },
      { type: 'batchNormalization' },
      { type: 'activation', activation: 'leakyRelu' },
    ];
    const [dense, , activation] = specOf({ ...minimal, model: { layers } }).model.layers;
    assert.deepEqual(dense, {
      type: 'dense',
      units: 4,
      activation: { type: 'linear' },
      kernelInitializer: { type: 'heNormal' },
      biasInitializer: { type: 'zeros' },
    });
    assert.deepEqual(activation, { type: 'activation', activation: { type: 'leakyRelu', alpha: 0.01 } });
  });

  it('may set the initializers of the output layer, both or one', () => {
    const outputOf = (output: object) => specOf({ ...minimal, model: { ...minimal.model, output } }).model.output;
    assert.deepEqual(outputOf({ kernelInitializer: 'orthogonal' }), {
      activation: 'linear',
      kernelInitializer: { type: 'orthogonal', gain: 1 },
      biasInitializer: { type: 'zeros' },
    });
    assert.deepEqual(outputOf({ biasInitializer: { type: 'constant', value: 2 } }), {
      activation: 'linear',
      kernelInitializer: { type: 'glorotUniform' },
      biasInitializer: { type: 'constant', value: 2 },
    });
    assert.deepEqual(outputOf({}), specOf(minimal).model.output);
  });

  it('gets the loss of its task', () => {
    assert.equal(lossOf({ name: 'sine' }), 'meanSquaredError');
    assert.equal(lossOf(inline), 'softmaxCrossEntropy');
    assert.equal(
      lossOf({
        inputs: [[1], [2]],
        targets: [
          [0, 1],
          [1, 1],
        ],
        task: 'multilabel',
      }),
      'sigmoidCrossEntropy',
    );
  });

  it('may stop early: by the validation loss and any improvement, unless it says otherwise', () => {
    const { stopping } = specOf({ ...minimal, training: { stopping: { patience: 4 } } }).training;
    assert.deepEqual(stopping, { metric: 'valLoss', patience: 4, minDelta: 0 });
    assert.equal(specOf({ ...minimal, training: { stopping: null } }).training.stopping, null);
  });

  it('may have no hidden layers', () => {
    assert.equal(specOf({ ...minimal, model: { layers: [] } }).name, 'xor without hidden layers');
  });
});

describe('a spec that is submitted again', () => {
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
  const jobs: Record<string, unknown> = {
    minimal,
    'an output activation': {
      dataset: { name: 'sine', normalizeTargets: 'minMax' },
      model: { layers: [], output: { activation: 'sigmoid' } },
    },
    'an output layer': { ...minimal, model: { ...minimal.model, output: { kernelInitializer: 'randomNormal' } } },
    'a real data set': { ...minimal, dataset: { name: 'mnist', limit: 500, normalize: 'minMax' } },
    'inline data': { ...minimal, dataset: inline, training: { classWeights: [1, 2.5, 1e-6] } },
    'balanced classes': { ...minimal, training: { classWeights: 'balanced' } },
    'uploaded data': { ...minimal, dataset: { id: 'data_1', normalizeTargets: 'standard' } },
    'every option': {
      name: 'n',
      experiment: 'e',
      tags: ['a', 'b'],
      notes: 'ü\n😀',
      metadata: { key: 'value' },
      priority: 5,
      engine: 'onnx',
      dataset: { name: 'spirals', samples: 50, noise: 0, seed: 3, limit: 40, validationSplit: 0.5 },
      model: {
        layers: [
          {
            type: 'dense',
            units: 2,
            activation: { type: 'prelu', alpha: 0.1 },
            kernelInitializer: { type: 'orthogonal', gain: 2 },
            biasInitializer: { type: 'constant', value: 0.01 },
          },
          { type: 'dropout', rate: 0.5 },
          { type: 'layerNormalization' },
          { type: 'batchNormalization', momentum: 0.5 },
          { type: 'alphaDropout', rate: 0.1 },
        ],
        initialWeights: {
          kernels: [
            [
              [1, 2],
              [3, 4],
            ],
            [
              [1, 2],
              [3, 4],
            ],
          ],
          biases: [
            [0, 0],
            [0, 0],
          ],
          alphas: [[0.25, 0.25], []],
        },
      },
      training: {
        epochs: 3,
        batchSize: 7,
        seed: 9,
        shuffle: false,
        loss: 'auto',
        optimizer: { type: 'sgd', momentum: 0.9, nesterov: true },
        schedule: { type: 'step', stepSize: 4 },
        clipNorm: 1,
        stopping: { metric: 'valAccuracy', patience: 3, minDelta: 0.01 },
      },
      telemetry: { metricsEverySteps: 1, snapshotsPerSecond: 0, checkpointEverySeconds: 1, keepCheckpoints: 1 },
    },
  };
  for (const [name, job] of Object.entries(jobs)) {
    it(`is the same spec: ${name}`, () => {
      const spec = specOf(job, uploaded);
      assert.deepEqual(specOf(JSON.parse(JSON.stringify(spec)), uploaded), spec);
    });
  }
});

const normalized = (normalizations: unknown) => ({
  dataset: { name: 'xor' },
  model: {
    layers: [{ type: 'dense', units: 3 }, { type: 'batchNormalization' }],
    initialWeights: {
      kernels: [
        [
          [1, 1, 1],
          [1, 1, 1],
        ],
        [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      ],
      normalizations,
    },
  },
});
const weights = (initialWeights: unknown) => ({
  dataset: { name: 'xor' },
  model: { layers: [{ type: 'dense', units: 3, activation: 'prelu' }], initialWeights },
});

describe('invalid fields of a job', () => {
  it('are all reported at once, with what was expected', () => {
    const resolved = readJob({
      dataset: { name: 'mnist', limit: 1 },
      model: {
        layers: [
          { type: 'dense', units: 0 },
          { type: 'dense', units: 8, activation: 'rellu' },
        ],
      },
      training: { epochs: 1.5, optimizer: { type: 'adam', learningRate: '0.1' } },
    });
    assert.deepEqual(resolved, {
      details: [
        {
          path: 'training.epochs',
          message: 'must be an integer from 1 to 1000000, but is 1.5',
          expected: 'an integer from 1 to 1000000',
        },
        {
          path: 'training.optimizer.learningRate',
          message: 'must be a finite number from 0 to 1000000, but is the string "0.1"',
          expected: 'a finite number from 0 to 1000000',
        },
        {
          path: 'dataset.limit',
          message: 'must be an integer from 2 to 1000000, but is 1',
          expected: 'an integer from 2 to 1000000',
        },
        {
          path: 'model.layers[0].units',
          message: 'must be an integer from 1 to 16384, but is 0',
          expected: 'an integer from 1 to 16384',
        },
        {
          path: 'model.layers[1].activation',
          message: 'must be a known activation, but is "rellu"; did you mean "relu"?',
          expected:
            'one of relu, leakyRelu, prelu, elu, selu, gelu, geluTanh, silu, mish, softplus, celu, tanh, sigmoid, linear',
        },
      ],
    });
  });

  const dense = (more: object) => ({ ...minimal, model: { layers: [{ type: 'dense', units: 8, ...more }] } });
  const training = (more: object) => ({ ...minimal, training: more });
  const dataset = (value: unknown) => ({ ...minimal, dataset: value });
  const output = (value: unknown) => ({ ...minimal, model: { ...minimal.model, output: value } });
  const kernels = [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ];

  const cases: [name: string, body: unknown, path: string, message: RegExp][] = [
    ['no object', [], '', /must be a JSON object, but is a list of 0/],
    ['null', null, '', /must be a JSON object, but is null/],
    ['no model', { dataset: { name: 'xor' } }, 'model', /is required/],
    ['no data set', { model: { layers: [] } }, 'dataset', /is required/],
    ['an unknown property', { ...minimal, nmae: 'x' }, 'nmae', /is not a known property; did you mean "name"\?/],
    [
      'an option of another optimizer',
      training({ optimizer: { type: 'adam', momentum: 0.9 } }),
      'training.optimizer.momentum',
      /is not a known property; it is an option of sgd, rmsprop, and those here are learningRate, beta1, beta2, epsilon, weightDecay$/,
    ],
    [
      'a property in the wrong place',
      training({ learningRate: 0.1 }),
      'training.learningRate',
      /belongs in training\.optimizer/,
    ],
    [
      '__proto__ as data',
      JSON.parse('{"dataset":{"name":"xor"},"model":{"layers":[]},"__proto__":{"x":1}}'),
      '__proto__',
      /is not a known property/,
    ],
    ['a property of Object.prototype', { ...minimal, constructor: 1 }, 'constructor', /is not a known property/],
    [
      'another writing of a name',
      dense({ activation: 'LeakyReLU' }),
      'model.layers[0].activation',
      /did you mean "leakyRelu"/,
    ],
    [
      'an unknown layer type',
      { ...minimal, model: { layers: [{ type: 'conv2d' }] } },
      'model.layers[0].type',
      /must be a known type, but is "conv2d"$/,
    ],
    [
      'a layer without a type',
      { ...minimal, model: { layers: [{ units: 4 }] } },
      'model.layers[0].type',
      /is required: one of dense, activation/,
    ],
    [
      'a layer that is a name',
      { ...minimal, model: { layers: ['dense'] } },
      'model.layers[0]',
      /must be an object whose "type" is one of dense/,
    ],
    [
      'an initializer that needs options',
      dense({ kernelInitializer: 'constant' }),
      'model.layers[0].kernelInitializer.value',
      /is required/,
    ],
    ['too many units', dense({ units: 16_385 }), 'model.layers[0].units', /must be an integer from 1 to 16384/],
    [
      'too many layers',
      { ...minimal, model: { layers: Array.from({ length: 201 }, () => ({ type: 'dense', units: 1 })) } },
      'model.layers',
      /at most 200, but is a list of 201/,
    ],
    [
      'too many parameters',
      {
        ...minimal,
        model: {
          layers: [
            { type: 'dense', units: 10_000 },
            { type: 'dense', units: 10_000 },
          ],
        },
      },
      'model.layers',
      /100,060,002 parameters.*at most 20,000,000/,
    ],
    [
      'a batch that is too large for memory',
      { ...dense({ units: 16_384 }), training: { batchSize: 65_536 }, dataset: { name: 'mnist' } },
      'training.batchSize',
      /activations per step/,
    ],
    [
      '1e999',
      training({ optimizer: JSON.parse('{"type":"adam","learningRate":1e999}') }),
      'training.optimizer.learningRate',
      /finite number.*Infinity/,
    ],
    [
      'more than float32 holds',
      dense({ biasInitializer: { type: 'constant', value: 1e39 } }),
      'model.layers[0].biasInitializer.value',
      /finite number/,
    ],
    ['NaN', training({ clipNorm: Number.NaN }), 'training.clipNorm', /finite number above 0.*NaN/],
    ['a negative seed', training({ seed: -1 }), 'training.seed', /integer from 0 to 2147483647/],
    [
      'nesterov without momentum',
      training({ optimizer: { type: 'sgd', nesterov: true } }),
      'training.optimizer.nesterov',
      /needs training.optimizer.momentum/,
    ],
    [
      'a loss of another task',
      training({ loss: 'meanSquaredError' }),
      'training.loss',
      /the data set's task is classification/,
    ],
    ['an unknown loss', training({ loss: 'hinge' }), 'training.loss', /must be a known loss, but is "hinge"$/],
    [
      'too many steps',
      { ...minimal, dataset: { name: 'mnist' }, training: { epochs: 1_000_000, batchSize: 1 } },
      'training.epochs',
      /63000000000 steps at 63000 per epoch/,
    ],
    ['a step schedule without its size', training({ schedule: 'step' }), 'training.schedule.stepSize', /is required/],
    [
      'minval above maxval',
      dense({ kernelInitializer: { type: 'randomUniform', minval: 1, maxval: 0 } }),
      'model.layers[0].kernelInitializer.minval',
      /must not be above maxval/,
    ],
    [
      'an orthogonal bias',
      dense({ biasInitializer: 'orthogonal' }),
      'model.layers[0].biasInitializer',
      /a bias is a vector/,
    ],
    [
      'batch normalization of single samples',
      { ...minimal, model: { layers: [{ type: 'batchNormalization' }] }, training: { batchSize: 1 } },
      'training.batchSize',
      /at least 2/,
    ],
    [
      'an output activation of a classification',
      output({ activation: 'relu' }),
      'model.output.activation',
      /^cannot be relu: the data set's task is classification, from which the output activation follows$/,
    ],
    ['an unknown part of the output layer', output({ units: 3 }), 'model.output.units', /follows from the data set/],
    [
      'an output layer that is not an object',
      output('heNormal'),
      'model.output',
      /must be an object, but is the string "heNormal"/,
    ],
    [
      'an unknown initializer of the output layer',
      output({ kernelInitializer: 'heNormall' }),
      'model.output.kernelInitializer',
      /did you mean "heNormal"/,
    ],
    [
      'minval above maxval in the output layer',
      output({ biasInitializer: { type: 'randomUniform', minval: 1, maxval: 0 } }),
      'model.output.biasInitializer.minval',
      /must not be above maxval/,
    ],
    [
      'an orthogonal bias of the output layer',
      output({ biasInitializer: 'orthogonal' }),
      'model.output.biasInitializer',
      /a bias is a vector/,
    ],
    [
      'an activation layer without a dense layer',
      { ...minimal, model: { layers: [{ type: 'activation', activation: 'relu' }] } },
      'model.layers[0]',
      /needs a dense layer before it/,
    ],
    [
      'two activations of one dense layer',
      {
        ...minimal,
        model: {
          layers: [
            { type: 'dense', units: 2, activation: 'relu' },
            { type: 'activation', activation: 'relu' },
          ],
        },
      },
      'model.layers[1]',
      /already has the activation relu/,
    ],
    ['no source of data', dataset({ limit: 5 }), 'dataset', /needs exactly one of name/],
    ['two sources of data', dataset({ name: 'xor', id: 'data_1' }), 'dataset', /has name and id/],
    ['an unknown data set', dataset({ name: 'minst' }), 'dataset.name', /did you mean "mnist"/],
    ['an unknown uploaded data set', dataset({ id: 'data_1' }), 'dataset.id', /not the id of an uploaded data set/],
    [
      'samples of a real data set',
      dataset({ name: 'iris', samples: 10 }),
      'dataset.samples',
      /synthetic data sets only; use dataset.limit/,
    ],
    [
      'the wrong task',
      dataset({ name: 'iris', task: 'regression' }),
      'dataset.task',
      /is classification for this data set/,
    ],
    [
      'a validation split of 1',
      dataset({ name: 'iris', validationSplit: 1 }),
      'dataset.validationSplit',
      /from 0 and below 1/,
    ],
    ...['relu', 'softplus', 'sigmoid', 'tanh'].map((activation): [string, unknown, string, RegExp] => [
      `standardised targets that ${activation} cannot reach`,
      { dataset: { name: 'sine', normalizeTargets: 'standard' }, model: { layers: [], output: { activation } } },
      'dataset.normalizeTargets',
      /^cannot be standard with the output activation \w+: .*; use minMax or none$/,
    ]),
    [
      'class weights of a regression',
      { ...minimal, dataset: { name: 'sine' }, training: { classWeights: 'balanced' } },
      'training.classWeights',
      /^must be null: the data set's task is regression$/,
    ],
    [
      'too few class weights',
      { ...minimal, training: { classWeights: [1] } },
      'training.classWeights',
      /^must have one number per class: 2, not 1$/,
    ],
    [
      'a class weight of 0',
      { ...minimal, training: { classWeights: [1, 0] } },
      'training.classWeights[1]',
      /^must be a finite number from 0\.000001 to 1000000, but is 0$/,
    ],
    [
      'class weights by another name',
      { ...minimal, training: { classWeights: 'auto' } },
      'training.classWeights',
      /^must be "balanced" or a list of at most \d+ or null, but is the string "auto"$/,
    ],
    [
      'normalised targets of a classification',
      { ...minimal, dataset: { name: 'xor', normalizeTargets: 'standard' } },
      'dataset.normalizeTargets',
      /^cannot be standard: the data set's task is classification, and only regression/,
    ],
    ['inline data without a task', dataset({ inputs: [[1]], targets: [1] }), 'dataset.task', /is required/],
    ['inline data without targets', dataset({ inputs: [[1]], task: 'regression' }), 'dataset.targets', /is required/],
    [
      'inline rows that are no rows',
      dataset({ inputs: [[1], 2], targets: [1, 2], task: 'regression' }),
      'dataset.inputs[1]',
      /must be a row of numbers, but is 2/,
    ],
    [
      'a hole in the inline data',
      dataset({ inputs: [[1], [null]], targets: [1, 2], task: 'regression' }),
      'dataset.inputs[1][0]',
      /null/,
    ],
    [
      'a tag of a wrong type',
      { ...minimal, tags: ['a', 3] },
      'tags[1]',
      /must be a string of 1 to 64 characters, but is 3/,
    ],
    [
      'too much metadata',
      { ...minimal, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, ''])) },
      'metadata',
      /at most 16 entries/,
    ],
    ['metadata that is not a string', { ...minimal, metadata: { a: 1 } }, 'metadata["a"]', /must be a string/],
    [
      'a long metadata key',
      { ...minimal, metadata: { ['k'.repeat(65)]: '' } },
      `the key of metadata["${'k'.repeat(40)}..."]`,
      /at most 64 characters/,
    ],
    ['U+0000 in a text', { ...minimal, notes: 'a\0b' }, 'notes', /U\+0000/],
    ['half of a surrogate pair', { ...minimal, name: '\ud800' }, 'name', /surrogate/],
    ['a name that is too long', { ...minimal, name: 'x'.repeat(201) }, 'name', /at most 200 characters, but has 201/],
    [
      'a missing normalisation layer',
      normalized([]),
      'model.initialWeights.normalizations',
      /must be a list of 1 objects, one per normalisation layer, but is a list of 0/,
    ],
    [
      'a normalisation layer without statistics',
      normalized([{ gamma: [1, 1, 1], beta: [0, 0, 0], mean: [0, 0, 0] }]),
      'model.initialWeights.normalizations[0].variance',
      /is required: a list of 3 numbers/,
    ],
    [
      'a gain for another width',
      normalized([{ gamma: [1], beta: [0, 0, 0], mean: [0, 0, 0], variance: [1, 1, 1] }]),
      'model.initialWeights.normalizations[0].gamma',
      /must be a list of 3 numbers/,
    ],
    [
      'an unknown part of a normalisation layer',
      normalized([{ gamma: [1, 1, 1], beta: [0, 0, 0], mean: [0, 0, 0], variance: [1, 1, 1], sigma: [1, 1, 1] }]),
      'model.initialWeights.normalizations[0].sigma',
      /is not a known property/,
    ],
    ['weights without kernels', weights({}), 'model.initialWeights.kernels', /is required: a list of 2 kernels/],
    [
      'a kernel of a wrong shape',
      weights({ kernels: [kernels[1], kernels[1]] }),
      'model.initialWeights.kernels[0]',
      /a kernel of shape \[2, 3\], but is a list of 3/,
    ],
    [
      'a short kernel row',
      weights({
        kernels: [
          [
            [1, 2, 3],
            [4, 5],
          ],
          kernels[1],
        ],
      }),
      'model.initialWeights.kernels[0][1]',
      /a list of 3 numbers/,
    ],
    [
      'a weight that is not a number',
      weights({
        kernels: [
          [
            [1, 2, 3],
            [4, 5, 'x'],
          ],
          kernels[1],
        ],
      }),
      'model.initialWeights.kernels[0][1][2]',
      /finite float32 number, but is the string "x"/,
    ],
    [
      'a wrong count of biases',
      weights({ kernels, biases: [[0, 0, 0]] }),
      'model.initialWeights.biases',
      /a list of 2 biases/,
    ],
    [
      'slopes of a wrong length',
      weights({ kernels, alphas: [[], []] }),
      'model.initialWeights.alphas[0]',
      /a list of 3 slopes/,
    ],
    [
      'early stopping without patience',
      { ...minimal, training: { stopping: { metric: 'loss' } } },
      'training.stopping.patience',
      /is required: an integer from 1/,
    ],
    [
      'early stopping by a metric that does not exist',
      { ...minimal, training: { stopping: { metric: 'val_los', patience: 1 } } },
      'training.stopping.metric',
      /did you mean "valLoss"/,
    ],
    [
      'early stopping by the words of Keras',
      { ...minimal, training: { earlyStopping: { monitor: 'valLoss', patience: 1 } } },
      'training.earlyStopping',
      /did you mean "stopping"/,
    ],
    [
      'early stopping by validation without a validation part',
      {
        ...minimal,
        dataset: { ...minimal.dataset, validationSplit: 0 },
        training: { stopping: { metric: 'valAccuracy', patience: 1 } },
      },
      'training.stopping.metric',
      /cannot be valAccuracy: dataset.validationSplit is 0/,
    ],
    [
      'early stopping by the accuracy of a regression',
      { ...minimal, dataset: { name: 'sine' }, training: { stopping: { metric: 'valAccuracy', patience: 1 } } },
      'training.stopping.metric',
      /a regression has no accuracy/,
    ],
    [
      'an unknown part of the weights',
      weights({ kernels, slopes: [] }),
      'model.initialWeights.slopes',
      /is not a known property/,
    ],
  ];
  for (const [name, body, path, message] of cases) {
    it(name, () => {
      const found = wrongs(body);
      assert.match(found[path] ?? `${path} is not among ${JSON.stringify(found)}`, message);
    });
  }

  it('are reported once if only one field is wrong', () => {
    for (const [name, body] of cases) {
      const resolved = readJob(body);
      if ('details' in resolved)
        assert.equal(resolved.details.length, 1, `${name}: ${JSON.stringify(resolved.details)}`);
    }
  });

  it('are reported up to fifty', () => {
    const layers = Array.from({ length: 100 }, () => ({ type: 'dense', units: 0 }));
    const resolved = readJob({ ...minimal, model: { layers } });
    assert.ok('details' in resolved && resolved.details.length === 50);
  });

  it('are reported for large inline data within a second or two', () => {
    const inputs = Array.from({ length: 20_000 }, () => Array<number>(100).fill(1));
    inputs[19_999]![99] = Number.NaN;
    const targets = Array<number>(20_000).fill(0.5);
    assert.match(wrongs(dataset({ inputs, targets, task: 'regression' }))['dataset.inputs[19999][99]'] ?? '', /NaN/);
  });

  it('do not include a model with exactly the maximum number of parameters', () => {
    // xor: (2 + 1) * u + (u + 1) * 2 parameters with one hidden layer of u units: far below the limit.
    assert.ok(LIMITS.parameters > 5 * LIMITS.units);
    assert.equal(specOf(dense({ units: LIMITS.units })).model.layers.length, 1);
  });
});
