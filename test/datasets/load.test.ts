import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../../src/datasets/load.ts';
import { fitNormalization, measureColumns } from '../../src/datasets/normalize.ts';
import { packInlineData, shapeOf } from '../../src/jobs/index.ts';
import {
  BUILT_IN_DATASETS,
  TARGET_NORMALIZATIONS,
  type BuiltInDataset,
  type DatasetSpec,
  type InlineData,
  type SPLIT_OPTIONS,
} from '../../src/vocabulary/index.ts';

type Source = { name: string; samples?: number; noise?: number } | { id: string; version: number } | InlineData;
const spec = (changes: Source & Partial<Pick<DatasetSpec, keyof typeof SPLIT_OPTIONS>>): DatasetSpec => ({
  seed: 1,
  limit: null,
  validationSplit: 0.1,
  normalize: 'none',
  normalizeTargets: 'none',
  ...changes,
});
const count = (values: Iterable<number>, value: number) => [...values].filter((other) => other === value).length;
const classesOf = (targets: ArrayLike<number>, indices: Int32Array) =>
  Int32Array.from(indices, (sample) => targets[sample] as number);

test('MNIST has 70,000 images with one byte per pixel, and a split of 1/7 validates on the official test images', () => {
  const { data, trainIndices, validationIndices } = loadDataset(
    spec({ name: 'mnist', validationSplit: 1 / 7, normalize: 'standard' }),
    null,
  );
  assert.ok(data.inputs instanceof Uint8Array);
  assert.equal(data.inputs.length, 70_000 * 784);
  assert.deepEqual([...data.targets.subarray(0, 5)], [5, 0, 4, 1, 9]);
  assert.deepEqual([...data.targets.subarray(60_000, 60_005)], [7, 2, 1, 0, 4]);
  // Published counts of the digits 0 to 9 in the training and the test images.
  const training = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
  assert.deepEqual(
    training.map((_, digit) => count(data.targets.subarray(0, 60_000), digit)),
    training,
  );
  assert.deepEqual(
    test.map((_, digit) => count(data.targets.subarray(60_000), digit)),
    test,
  );
  assert.equal(trainIndices.length, 60_000);
  assert.equal(trainIndices.at(-1), 59_999);
  assert.deepEqual([validationIndices[0], validationIndices.length], [60_000, 10_000]);
  // The published mean of the training pixels, 0.1307 of 255.
  const mean = (data.normalization?.shift ?? new Float32Array()).reduce((sum, value) => sum + value, 0) / 784 / 255;
  assert.ok(Math.abs(mean - 0.1307) < 1e-4, `${mean}`);
});

test('a limit reads only the chosen images, the same ones for the same seed', () => {
  const whole = loadDataset(spec({ name: 'mnist' }), null);
  const some = loadDataset(spec({ name: 'mnist', limit: 500 }), null);
  assert.equal(some.data.inputs.byteLength, 500 * 784);
  assert.deepEqual(loadDataset(spec({ name: 'mnist', limit: 500 }), null), some);
  assert.notDeepEqual(loadDataset(spec({ name: 'mnist', limit: 500, seed: 2 }), null).data.inputs, some.data.inputs);
  const rows = new Map(
    Array.from({ length: 70_000 }, (_, i) => [
      Buffer.from(whole.data.inputs.buffer, i * 784, 784).toString('latin1'),
      whole.data.targets[i],
    ]),
  );
  for (let i = 0; i < 500; i++)
    assert.equal(rows.get(Buffer.from(some.data.inputs.buffer, i * 784, 784).toString('latin1')), some.data.targets[i]);
  assert.equal(whole.trainIndices.length, 63_000);
});

test('iris has 50 flowers of each of three species', () => {
  const { data } = loadDataset(spec({ name: 'iris' }), null);
  assert.deepEqual([data.sampleCount, data.featureCount, data.outputCount], [150, 4, 3]);
  assert.deepEqual(
    [0, 1, 2].map((species) => count(data.targets, species)),
    [50, 50, 50],
  );
  assert.deepEqual(
    [...data.inputs.subarray(0, 4)].map((value) => Math.round(value * 10)),
    [51, 35, 14, 2],
  );
});

for (const [name, { kind, samples }] of Object.entries(BUILT_IN_DATASETS)) {
  if (kind !== 'synthetic') continue;
  test(`${name} is generated from its seed, with the requested size and noise`, () => {
    const first = loadDataset(spec({ name }), null);
    assert.equal(first.data.sampleCount, samples);
    assert.deepEqual(loadDataset(spec({ name }), null), first);
    assert.notDeepEqual(loadDataset(spec({ name, seed: 2 }), null).data.inputs, first.data.inputs);
    const small = loadDataset(spec({ name, samples: 41, noise: 0 }), null);
    assert.equal(small.data.inputs.length, 41 * small.data.featureCount);
    assert.notDeepEqual(loadDataset(spec({ name, samples: 41, noise: 0.5 }), null).data, small.data);
    assert.ok(first.data.inputs.every(Number.isFinite) && first.data.targets.every(Number.isFinite));
  });
}

const drawn = (name: BuiltInDataset) => loadDataset(spec({ name, noise: 0, samples: 400 }), null).data;

test('points and curves follow their definitions', () => {
  const points = (name: BuiltInDataset) => {
    const { inputs, targets } = drawn(name);
    return Array.from(targets, (target, i) => ({ x: inputs[2 * i] as number, y: inputs[2 * i + 1] as number, target }));
  };
  for (const { x, y, target } of points('xor')) assert.equal(x * y > 0, target === 1);
  for (const { x, y, target } of points('circles'))
    assert.ok(Math.abs(Math.hypot(x, y) - (target === 0 ? 1 : 0.5)) < 1e-6);
  for (const { x, y, target } of points('moons'))
    assert.ok(Math.abs((target === 0 ? Math.hypot(x, y) : Math.hypot(1 - x, 0.5 - y)) - 1) < 1e-6);
  for (const { x, y, target } of points('spirals')) {
    const turns = Math.atan2(y, x) / Math.PI - 3.5 * Math.hypot(x, y) - target;
    assert.ok(Math.abs(turns / 2 - Math.round(turns / 2)) < 1e-5);
  }
  assert.deepEqual(
    new Set(points('gaussians').map(({ x, y, target }) => `${target}: ${x} ${y}`)),
    new Set(['0: -1 -1', '1: 1 -1', '2: -1 1', '3: 1 1']),
  );
  const { inputs, targets } = drawn('absolute');
  assert.deepEqual(
    targets,
    inputs.map((x) => Math.abs(x)),
  );
  assert.ok(Math.max(...inputs) <= Math.sqrt(3) && Math.max(...inputs) > 1.6);
  const sine = drawn('sine');
  assert.deepEqual(
    sine.targets,
    sine.inputs.map((x) => Math.sin(x)),
  );
});

test('the split is stratified, complete, seeded, and as large as the shape announces', () => {
  for (const validationSplit of [0, 0.1, 0.25, 0.5, 0.9]) {
    const chosen = spec({ name: 'iris', validationSplit });
    const { data, trainIndices, validationIndices } = loadDataset(chosen, null);
    const shape = shapeOf(chosen, null);
    assert.deepEqual([trainIndices.length, validationIndices.length], [shape.trainingSamples, shape.validationSamples]);
    assert.deepEqual(
      [...trainIndices, ...validationIndices].sort((a, b) => a - b),
      Array.from({ length: 150 }, (_, i) => i),
    );
    const perSpecies = [0, 1, 2].map((species) => count(classesOf(data.targets, validationIndices), species));
    assert.ok(Math.max(...perSpecies) - Math.min(...perSpecies) <= 1, perSpecies.join());
    assert.deepEqual(loadDataset(chosen, null).trainIndices, trainIndices);
  }
  const unequal = packInlineData({
    task: 'classification',
    inputs: Array.from({ length: 100 }, (_, i) => [i]),
    targets: Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : i < 99 ? 1 : 2)),
  });
  const { data, trainIndices, validationIndices } = loadDataset(
    spec({ id: 'data_1', version: 1, validationSplit: 0.2 }),
    unequal,
  );
  assert.deepEqual(
    [0, 1, 2].map((index) => count(classesOf(data.targets, validationIndices), index)),
    [16, 4, 0],
  );
  assert.equal(trainIndices.length, 80);
});

test('neither part of a requested split is empty, and tiny data sets still load', () => {
  const two = { task: 'regression' as const, inputs: [[1], [2]], targets: [1, 2] };
  assert.equal(loadDataset(spec({ ...two, validationSplit: 0.01 }), null).validationIndices.length, 1);
  assert.equal(loadDataset(spec({ ...two, validationSplit: 0.99 }), null).trainIndices.length, 1);
  const one = loadDataset(spec({ task: 'regression', inputs: [[3]], targets: [1], normalize: 'standard' }), null);
  assert.deepEqual([one.trainIndices.length, one.validationIndices.length], [1, 0]);
  assert.deepEqual(one.data.normalization, { shift: Float32Array.of(3), scale: Float32Array.of(1) });
});

test('normalisation is fitted on the training samples alone, by the formulas', () => {
  const inputs = [
      [1, 7, -2],
      [2, 7, 2],
      [3, 7, -2],
      [6, 7, 2],
    ],
    targets = [0, 1, 2, 3];
  const fitted = (normalize: DatasetSpec['normalize']) =>
    loadDataset(spec({ task: 'regression', inputs, targets, validationSplit: 0, normalize }), null).data.normalization;
  assert.equal(fitted('none'), null);
  assert.deepEqual(fitted('center'), { shift: Float32Array.of(3, 7, 0), scale: Float32Array.of(1, 1, 1) });
  assert.deepEqual(fitted('standard'), {
    shift: Float32Array.of(3, 7, 0),
    scale: Float32Array.of(1 / Math.sqrt(3.5), 1, 0.5),
  });
  assert.deepEqual(fitted('minMax'), { shift: Float32Array.of(1, 7, -2), scale: Float32Array.of(0.2, 1, 0.25) });

  const { data, trainIndices } = loadDataset(
    spec({ task: 'regression', inputs, targets, validationSplit: 0.5, normalize: 'center' }),
    null,
  );
  const mean = trainIndices.reduce((sum, sample) => sum + (inputs[sample]?.[0] ?? 0), 0) / 2;
  assert.equal(data.normalization?.shift[0], mean);
});

test('targets are normalised by the training samples alone, each output on its own, from any source', () => {
  const inputs = [[0], [1], [2], [3]],
    targets = [
      [2e7 + 2e5, 7, 0],
      [2e7 - 2e5, 7, 1],
      [2e7 + 2e5, 7, 2],
      [2e7 - 2e5, 7, 3],
    ];
  const uploaded = packInlineData({ task: 'regression', inputs, targets });
  const fitted = (normalizeTargets: DatasetSpec['normalizeTargets']) =>
    [
      loadDataset(spec({ task: 'regression', inputs, targets, validationSplit: 0, normalizeTargets }), null),
      loadDataset(spec({ id: 'data_1', version: 1, validationSplit: 0, normalizeTargets }), uploaded),
    ].map(({ data }) => {
      assert.deepEqual(data.targets, uploaded.targets, 'the data keep their raw targets');
      return data.targetNormalization;
    });
  const expected = {
    none: null,
    standard: { shift: Float32Array.of(2e7, 7, 1.5), scale: Float32Array.of(5e-6, 1, 1 / Math.sqrt(1.25)) },
    minMax: { shift: Float32Array.of(2e7 - 2e5, 7, 0), scale: Float32Array.of(2.5e-6, 1, 1 / 3) },
  };
  for (const kind of TARGET_NORMALIZATIONS) assert.deepEqual(fitted(kind), [expected[kind], expected[kind]], kind);

  const { data, trainIndices } = loadDataset(spec({ name: 'sine', normalizeTargets: 'standard' }), null);
  const mean = trainIndices.reduce((sum, sample) => sum + data.targets[sample]! / trainIndices.length, 0);
  assert.ok(Math.abs(data.targetNormalization!.shift[0]! - mean) < 1e-6);
  assert.ok(data.sampleCount > trainIndices.length);
});

test('each pixel is centred on its own mean, and all share one scale', () => {
  const pixels = Uint8Array.from({ length: 2000 }, (_, i) =>
    i % 2 === 0 ? (i === 14 ? 255 : 0) : i % 4 === 1 ? 100 : 200,
  );
  const rows = Int32Array.from({ length: 1000 }, (_, i) => i);
  const both = [{ start: 0, end: 2 }];
  const { shift, scale } = fitNormalization(measureColumns(pixels, 2, rows), both, 'standard') ?? assert.fail();
  assert.deepEqual(shift, Float32Array.of(0.255, 150));
  assert.deepEqual(scale, new Float32Array(2).fill(1 / Math.sqrt((0.255 * (255 - 0.255) + 50 ** 2) / 2)));
  assert.deepEqual(fitNormalization(measureColumns(pixels, 2, rows), both, 'minMax'), {
    shift: new Float32Array(2),
    scale: new Float32Array(2).fill(1 / 255),
  });
});

test('features that hardly vary or are far from zero never become infinite or NaN', () => {
  const inputs = [
    [1e-42, 1e8, 3e38],
    [2e-42, 1e8 + 8, -3e38],
  ];
  const { data } = loadDataset(
    spec({ task: 'regression', inputs, targets: [0, 1], validationSplit: 0, normalize: 'standard' }),
    null,
  );
  assert.ok(data.normalization?.scale.every((value) => Number.isFinite(value)));
  assert.equal(data.normalization?.scale[1], 0.25);
});

test('a deleted data set is named in the error', () => {
  assert.throws(() => loadDataset(spec({ id: 'data_9', version: 1 }), null), {
    code: 'DATASET_UNAVAILABLE',
    message: /data_9/,
  });
});
