import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJob } from '../../src/jobs/index.ts';
import { activationOf, hiddenLayers } from '../../src/model/blocks.ts';
import {
  denseLayers,
  outlineLayers,
  outlineModel,
  slopesOf,
  tensorsOf,
  valuesPerSample,
} from '../../src/model/outline.ts';
import { DEFAULT_OUTPUT, type LayerSpec } from '../../src/vocabulary/index.ts';

function layersOf(layers: unknown[]): LayerSpec[] {
  const read = readJob({ dataset: { name: 'spirals' }, model: { layers }, training: { seed: 1 } });
  assert.ok('spec' in read, JSON.stringify(read));
  return read.spec.model.layers;
}

const EVERY_KIND = [
  { type: 'dropout', rate: 0.1 },
  { type: 'dense', units: 5 },
  { type: 'batchNormalization' },
  { type: 'activation', activation: 'prelu' },
  { type: 'alphaDropout', rate: 0.2 },
  { type: 'dense', units: 4, activation: 'prelu' },
  { type: 'dropout', rate: 0 },
  { type: 'layerNormalization' },
  { type: 'dense', units: 3, activation: 'linear' },
];

test('every layer states its inputs, its outputs and what it learns', () => {
  const outline = outlineModel({ layers: layersOf(EVERY_KIND) }, [2], 3);
  assert.deepEqual(
    outline.layers.map(({ type, source, inputShape, outputShape }) => [type, source, ...inputShape, ...outputShape]),
    [
      ['dropout', 0, 2, 2],
      ['dense', 1, 2, 5],
      ['batchNormalization', 2, 5, 5],
      ['activation', 3, 5, 5],
      ['alphaDropout', 4, 5, 5],
      ['dense', 5, 5, 4],
      ['activation', 5, 4, 4],
      ['layerNormalization', 7, 4, 4],
      ['dense', 8, 4, 3],
      ['dense', null, 3, 3],
    ],
  );
  assert.deepEqual(
    outline.tensors.map(({ kind, layer, shape }) => `${layer} ${kind} ${shape.join('x')}`),
    [
      'dense_1 kernel 2x5',
      'dense_1 bias 5',
      'batch_normalization_1 gamma 5',
      'batch_normalization_1 beta 5',
      'dense_1 alpha 5',
      'dense_2 kernel 5x4',
      'dense_2 bias 4',
      'dense_2 alpha 4',
      'layer_normalization_1 gamma 4',
      'layer_normalization_1 beta 4',
      'dense_3 kernel 4x3',
      'dense_3 bias 3',
      'output kernel 3x3',
      'output bias 3',
    ],
  );
});

test('tensors fill the parameter vector without gaps, and running statistics theirs', () => {
  const outline = outlineModel({ layers: layersOf(EVERY_KIND) }, [2], 3);
  let next = 0;
  for (const { offset, size, shape } of outline.layers.flatMap(tensorsOf)) {
    assert.equal(offset, next);
    assert.equal(
      size,
      shape.reduce((product, length) => product * length, 1),
    );
    next += size;
  }
  assert.equal(outline.parameterCount, next);
  const normalization = outline.layers.find(({ type }) => type === 'batchNormalization');
  assert.ok(normalization?.type === 'batchNormalization');
  assert.deepEqual([normalization.mean, normalization.variance, outline.statisticCount], [0, 5, 10]);
});

test('hidden layers are watched with the activation of their neurons', () => {
  const { watched, watchedUnits, layers } = outlineModel({ layers: layersOf(EVERY_KIND) }, [2], 3);
  assert.deepEqual(
    watched.map(({ name, units, positions, activation }) => [name, units, positions, activation.type]),
    [
      ['dense_1', 5, 1, 'prelu'],
      ['dense_2', 4, 1, 'prelu'],
      ['dense_3', 3, 1, 'linear'],
    ],
  );
  assert.equal(watchedUnits, 12);
  assert.deepEqual(
    [0, 1, 2].map((k) => slopesOf({ layers }, k)?.size ?? null),
    [5, 4, null],
  );
  assert.deepEqual(
    denseLayers({ layers }).map(({ name, watched: position, fanIn, fanOut }) => [name, position, fanIn, fanOut]),
    [
      ['dense_1', 0, 2, 5],
      ['dense_2', 1, 5, 4],
      ['dense_3', 2, 4, 3],
      ['output', null, 3, 3],
    ],
  );
});

test('an activation in the dense layer or in the next layer gives the same outline', () => {
  const own = outlineModel({ layers: layersOf([{ type: 'dense', units: 4, activation: 'elu' }]) }, [2], 1);
  const behind = outlineModel(
    {
      layers: layersOf([
        { type: 'dense', units: 4 },
        { type: 'activation', activation: 'elu' },
      ]),
    },
    [2],
    1,
  );
  const withoutSource = (outline: typeof own) => outline.layers.map(({ source: _source, ...layer }) => layer);
  assert.deepEqual(withoutSource(own), withoutSource(behind));
  assert.deepEqual(own.watched, behind.watched);
});

test("a linear activation layer does not hide the activation behind it, and belongs to its own dense layer's block", () => {
  const layers = layersOf([
    { type: 'dense', units: 4 },
    { type: 'activation', activation: 'linear' },
    { type: 'activation', activation: 'tanh' },
    { type: 'dense', units: 3, activation: 'linear' },
    { type: 'dense', units: 2 },
  ]);
  assert.deepEqual(
    hiddenLayers(layers).map(({ activation, activationAt }) => [activation.type, activationAt]),
    [
      ['tanh', 2],
      ['linear', null],
      ['relu', 4],
    ],
  );
  assert.equal(activationOf(layers, 3)?.type, 'linear');
  const activations = outlineLayers(layers, [2]).flatMap((layer) => (layer.type === 'activation' ? layer : []));
  assert.deepEqual(
    activations.map(({ activation, watched }) => [activation.type, watched]),
    [
      ['linear', null],
      ['tanh', 0],
      ['relu', 2],
    ],
  );
});

test('the values of one sample count each layer of the spec once', () => {
  const layers = layersOf([{ type: 'dense', units: 10 }, { type: 'batchNormalization' }, { type: 'dense', units: 7 }]);
  assert.equal(valuesPerSample(outlineModel({ layers }, [784], 4)), 784 + 10 + 10 + 7 + 4);
});

test("the output layer's activation comes last, is not watched, and is no activation of a linear layer before it", () => {
  const layers = layersOf([{ type: 'dense', units: 2, activation: 'linear' }]);
  const outline = outlineModel({ layers, output: { ...DEFAULT_OUTPUT, activation: 'softplus' } }, [3], 4);
  assert.deepEqual(
    outline.layers.map((layer) => (layer.type === 'dense' ? layer.name : layer.type)),
    ['dense_1', 'output', 'activation'],
  );
  assert.deepEqual(outline.layers.at(-1), {
    type: 'activation',
    source: null,
    inputShape: [4],
    outputShape: [4],
    units: 4,
    activation: { type: 'softplus' },
    alpha: null,
    watched: null,
  });
  assert.deepEqual(outlineModel({ layers, output: DEFAULT_OUTPUT }, [3], 4), outlineModel({ layers }, [3], 4));
});

test('without hidden layers there is only the output layer', () => {
  const outline = outlineModel({ layers: [] }, [6], 2);
  assert.deepEqual(
    outline.layers.map((layer) => (layer.type === 'dense' ? layer.name : layer.type)),
    ['output'],
  );
  assert.deepEqual([outline.parameterCount, outline.watchedUnits, outlineLayers([], [6]).length], [14, 0, 0]);
});
