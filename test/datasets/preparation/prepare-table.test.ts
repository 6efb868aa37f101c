import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset, type LoadedDataset } from '../../../src/datasets/load.ts';
import { prepareRows } from '../../../src/datasets/preparation/prepare-rows.ts';
import { packInlineData, storedShape, shapeOf } from '../../../src/jobs/index.ts';
import type { TableDataset } from '../../../src/schemas/index.ts';
import {
  inputNames,
  type DatasetSpec,
  type Fill,
  type InlineData,
  type SPLIT_OPTIONS,
} from '../../../src/vocabulary/index.ts';
import { copyOf, datasetOf, type TableSource } from '../../support/tables.ts';

type Options = Partial<Pick<DatasetSpec, keyof typeof SPLIT_OPTIONS>>;
const options = { seed: 1, limit: null, validationSplit: 0, normalize: 'none', normalizeTargets: 'none' } as const;
const load = (dataset: TableDataset, changes: Options = {}): LoadedDataset =>
  loadDataset({ id: 'data_1', version: 1, ...options, ...changes }, copyOf(dataset));
const rowsOf = ({ data: { inputs, featureCount } }: LoadedDataset) =>
  Array.from({ length: inputs.length / featureCount }, (_, row) => [
    ...inputs.subarray(row * featureCount, (row + 1) * featureCount),
  ]);

const near = (actual: number[], expected: number[]) =>
  actual.forEach((value, k) =>
    assert.ok(Math.abs(value - expected[k]!) < 1e-6, `${actual.join()} is not ${expected.join()}`),
  );

const PENGUINS: TableSource = {
  task: 'classification',
  columns: {
    id: { values: [1, 2, 3, 4, 5, 6], role: 'ignored' },
    mass: { values: [3750, null, 3250, 5000, 4000, null], fill: 'mean' },
    sex: { values: ['male', 'female', null, 'male', 'female', 'male'], fill: 'mode' },
    tagged: { values: [true, false, true, null, true, true], fill: 'indicator' },
    seen: {
      values: ['2026-01-04T06:00:00Z', '2026-04-06T18:00:00Z', '2026-07-04', '2026-01-01', '2026-10-01', '2026-01-04'],
      encoding: 'cyclic',
    },
    species: {
      values: ['Adelie', 'Gentoo', 'Adelie', 'Gentoo', 'Adelie', null],
      role: 'target',
      categories: ['Adelie', 'Gentoo'],
    },
  },
};

test('columns become inputs with names, missing values are filled, and rows without a target are left out', () => {
  const loaded = load(datasetOf(PENGUINS));
  const { data, preparation } = loaded;
  assert.deepEqual(inputNames(preparation), [
    'mass',
    'sex=male',
    'sex=female',
    'tagged',
    'tagged is missing',
    'seen (hour, sin)',
    'seen (hour, cos)',
    'seen (weekday, sin)',
    'seen (weekday, cos)',
    'seen (month, sin)',
    'seen (month, cos)',
  ]);
  assert.deepEqual(
    [preparation.outputs, preparation.targets, preparation.ignored],
    [['Adelie', 'Gentoo'], ['species'], ['id']],
  );
  assert.deepEqual(
    [data.sampleCount, data.featureCount, data.outputCount, [...data.targets]],
    [5, 11, 2, [0, 1, 0, 1, 0]],
  );
  const rows = rowsOf(loaded);
  // The mean of the four masses of rows that are used, the commonest sex, and the mean of the tags.
  assert.deepEqual(
    rows.map(([mass]) => mass),
    [3750, 4000, 3250, 5000, 4000],
  );
  assert.deepEqual(
    rows.map((row) => row.slice(1, 3)),
    [
      [1, 0],
      [0, 1],
      [1, 0],
      [1, 0],
      [0, 1],
    ],
  );
  assert.deepEqual(
    rows.map((row) => row.slice(3, 5)),
    [
      [1, 0],
      [0, 0],
      [1, 0],
      [0.75, 1],
      [1, 0],
    ],
  );
  // 06:00 on a Sunday in January; 18:00 on a Monday in April.
  near(rows[0]!.slice(5), [1, 0, 0, 1, 0, 1]);
  near(rows[1]!.slice(5), [-1, 0, Math.sin((2 * Math.PI) / 7), Math.cos((2 * Math.PI) / 7), 1, 0]);
});

test('a row that is sent for a prediction becomes the inputs that it was trained on', () => {
  const { columns } = PENGUINS;
  const loaded = load(datasetOf(PENGUINS));
  const sent = Array.from({ length: 5 }, (_, row) =>
    Object.fromEntries(Object.entries(columns).map(([name, { values }]) => [name, values[row]])),
  );
  assert.deepEqual(prepareRows(loaded.preparation, sent), loaded.data.inputs);
});

test('each fill is fitted on the training rows alone', () => {
  const values = [1, 2, 2, 9, null, 100, null];
  const filled = (fill: Fill, changes: Options = {}, extra: TableSource['columns'] = {}) =>
    load(
      datasetOf({
        task: 'regression',
        columns: { x: { values, fill }, ...extra, y: { values: [0, 1, 2, 3, 4, 5, 6], role: 'target' } },
        ...(extra['part'] && { split: { by: 'column', column: 'part', validation: ['b'] } }),
      }),
      changes,
    );
  const part = { values: ['a', 'a', 'a', 'a', 'a', 'b', 'b'], role: 'split' as const };
  const at = (loaded: LoadedDataset) => rowsOf(loaded).map(([x]) => x);
  assert.deepEqual(at(filled('mean', {}, { part })), [1, 2, 2, 9, 3.5, 100, 3.5]);
  assert.deepEqual(at(filled('median', {}, { part })), [1, 2, 2, 9, 2, 100, 2]);
  assert.deepEqual(at(filled('mode', {}, { part })), [1, 2, 2, 9, 2, 100, 2]);
  assert.deepEqual(at(filled({ value: -1 }, {}, { part })), [1, 2, 2, 9, -1, 100, -1]);
  assert.deepEqual(
    rowsOf(filled('indicator', {}, { part })).map((row) => row.slice(0, 2)),
    [
      [1, 0],
      [2, 0],
      [2, 0],
      [9, 0],
      [3.5, 1],
      [100, 0],
      [3.5, 1],
    ],
  );
  assert.deepEqual(at(filled('drop', {}, { part })), [1, 2, 2, 9, 100]);
  assert.equal(filled('mean').preparation.columns[0]!.fill?.[0], Math.fround(114 / 5));
});

test('a category that is not listed is the one for others, and a row whose class is not listed is left out', () => {
  const loaded = load(
    datasetOf({
      task: 'classification',
      columns: {
        town: { values: ['Rome', 'Oslo', 'Lima', 'Rome'], categories: ['Rome', '(other)'] },
        rank: { values: ['low', 'high', 'mid', 'low'], categories: ['low', 'mid', 'high'], encoding: 'ordered' },
        y: { values: ['no', 'yes', 'perhaps', 'yes'], role: 'target', categories: ['yes', 'no'] },
      },
    }),
  );
  assert.deepEqual(rowsOf(loaded), [
    [1, 0, 0],
    [0, 1, 2],
    [1, 0, 0],
  ]);
  assert.deepEqual([...loaded.data.targets], [1, 0, 0]);
  assert.deepEqual([...prepareRows(loaded.preparation, [{ town: 'Bonn', rank: 'mid' }])], [0, 1, 1]);
});

test('numbers can be classes, in their order, and several columns of 0 and 1 are labels', () => {
  const digits = load(
    datasetOf({
      task: 'classification',
      columns: { x: { values: [1, 2, 3, 4] }, y: { values: [10, 9, 2, 10], role: 'target' } },
    }),
  );
  assert.deepEqual(
    [digits.preparation.outputs, [...digits.data.targets]],
    [
      ['2', '9', '10'],
      [2, 1, 0, 2],
    ],
  );
  const labels = load(
    datasetOf({
      task: 'multilabel',
      columns: {
        x: { values: [1, 2, 3] },
        warm: { values: [1, 0, 1], role: 'target' },
        wet: { values: [true, true, false], role: 'target' },
      },
    }),
  );
  assert.deepEqual(
    [labels.preparation.outputs, [...labels.data.targets]],
    [
      ['warm', 'wet'],
      [1, 1, 0, 1, 1, 0],
    ],
  );
});

const xOf = (loaded: LoadedDataset, indices: Int32Array) => [...indices].map((row) => loaded.data.inputs[row]!);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k);
const counts = (loaded: LoadedDataset) =>
  [loaded.trainIndices, loaded.validationIndices, loaded.testIndices].map(({ length }) => length);
const many = (count: number, of: (row: number) => number) => Array.from({ length: count }, (_, row) => of(row));

test('a fixed split goes by files, by a column or by time, and every limit keeps its proportions', () => {
  const columns = {
    x: { values: many(100, (row) => row) },
    when: { values: many(100, (row) => (row * 37) % 100), role: 'ignored' as const },
    fold: { values: many(100, (row) => row % 5), role: 'split' as const },
    y: { values: many(100, (row) => row % 2), role: 'target' as const },
  };
  const parts = [
    { name: 'train' as const, rows: 60 },
    { name: 'validation' as const, rows: 30 },
    { name: 'test' as const, rows: 10 },
  ];
  const table = { task: 'classification' as const, columns, parts };
  const partsOf = (loaded: LoadedDataset) =>
    [loaded.trainIndices, loaded.validationIndices, loaded.testIndices].map((indices) => xOf(loaded, indices));

  const byFile = datasetOf({ ...table, split: { by: 'file' } });
  assert.deepEqual(partsOf(load(byFile)), [range(0, 60), range(60, 90), range(90, 100)]);
  const byColumn = datasetOf({ ...table, split: { by: 'column', column: 'fold', validation: ['3'], test: ['4'] } });
  const [train, validation, test] = partsOf(load(byColumn));
  assert.deepEqual(
    [train!.every((x) => x % 5 < 3), validation!.every((x) => x % 5 === 3), test!.every((x) => x % 5 === 4)],
    [true, true, true],
  );
  const byTime = load(datasetOf({ ...table, split: { by: 'time', column: 'when', validation: 0.2, test: 0.1 } }));
  const moments = partsOf(byTime).map((xs) => xs.map((x) => (x * 37) % 100).sort((a, b) => a - b));
  assert.deepEqual(moments, [range(0, 70), range(70, 90), range(90, 100)]);

  const limited = load(byFile, { limit: 20 });
  assert.deepEqual(counts(limited), [12, 6, 2]);
  assert.deepEqual(partsOf(load(byFile, { limit: 20 })), partsOf(limited));
  assert.ok(xOf(limited, limited.testIndices).every((x) => x >= 90));

  // The split of a job is for a data set without a validation part of its own.
  assert.deepEqual(counts(load(byFile, { validationSplit: 0.5 })), [60, 30, 10]);
  const onlyTest = datasetOf({ ...table, split: { by: 'column', column: 'fold', validation: [], test: ['4'] } });
  const held = load(onlyTest, { validationSplit: 0.25 });
  assert.deepEqual(counts(held), [60, 20, 20]);
  assert.ok(xOf(held, held.validationIndices).every((x) => x % 5 < 4));
  for (const [dataset, changes] of [
    [byFile, {}],
    [byFile, { limit: 20 }],
    [byFile, { limit: 2 }],
    [byTime, {}],
    [onlyTest, { validationSplit: 0.25, limit: 33 }],
  ] as const) {
    if (!('rowGroups' in dataset)) continue;
    const loaded = load(dataset, changes);
    const shape = shapeOf({ id: 'data_1', version: 1, ...options, ...changes }, storedShape(dataset));
    assert.deepEqual(counts(loaded), [shape.trainingSamples, shape.validationSamples, shape.testSamples]);
  }
});

/** 64 pixels per image; the first one is set in a single image. */
const image = (row: number) => many(64, (k) => (k === 0 ? (row === 3 ? 255 : 0) : (row * 31 + k * 7) % 256));
const labels = many(40, (row) => row % 2);

test('pixels share one scale however they came, and are the same numbers as a built-in image has', () => {
  const wide = load(
    datasetOf({
      task: 'classification',
      columns: {
        pixels: { values: many(40, (row) => row).map(image), shape: [8, 8] },
        y: { values: labels, role: 'target' },
      },
    }),
    { normalize: 'standard', validationSplit: 0.25 },
  );
  assert.ok(wide.data.inputs instanceof Uint8Array);
  assert.equal(new Set(wide.data.normalization!.scale).size, 1);
  assert.equal(inputNames(wide.preparation)[9], 'pixels[1,1]');

  const columns = load(
    datasetOf({
      task: 'classification',
      columns: {
        ...Object.fromEntries(many(64, (k) => k).map((k) => [`x${k}`, { values: many(40, (row) => image(row)[k]!) }])),
        y: { values: labels, role: 'target' },
      },
    }),
    { normalize: 'standard', validationSplit: 0.25 },
  );
  const inline: InlineData = { task: 'classification', inputs: many(40, (row) => row).map(image), targets: labels };
  const packed = loadDataset(
    { id: 'data_1', version: 1, ...options, normalize: 'standard', validationSplit: 0.25 },
    packInlineData(inline),
  );
  for (const other of [columns, packed]) {
    assert.deepEqual(other.data, wide.data);
    assert.deepEqual([other.trainIndices, other.validationIndices], [wide.trainIndices, wide.validationIndices]);
  }
});

test('pixels beside other columns share one scale, the others have their own', () => {
  const { data } = load(
    datasetOf({
      task: 'regression',
      columns: {
        age: { values: many(40, (row) => 20 + row / 3) },
        pixels: { values: many(40, (row) => row).map(image), shape: [8, 8] },
        y: { values: many(40, (row) => row), role: 'target' },
      },
    }),
    { normalize: 'standard' },
  );
  const { scale } = data.normalization!;
  assert.equal(new Set(scale.subarray(1)).size, 1);
  assert.notEqual(scale[0], scale[1]);
});

test('wrong rows are refused with the path and what was expected', () => {
  const { preparation } = load(datasetOf(PENGUINS));
  const good = { mass: 4000, sex: 'male', tagged: true, seen: '2026-01-04' };
  const refusal = (row: unknown) => {
    try {
      prepareRows(preparation, [good, row]);
    } catch (error) {
      const { code, details } = error as { code: string; details: { path: string; message: string }[] };
      assert.equal(code, 'INVALID_REQUEST');
      return details.map(({ path, message }) => `${path} ${message}`);
    }
    return [];
  };
  assert.deepEqual(refusal({ ...good, id: 7, species: 'Adelie' }), []);
  assert.deepEqual(refusal({ ...good, mass: '4000', sex: 'unknown' }), [
    'rows[1].mass must be a number, but is "4000"',
    'rows[1].sex must be one of male, female, but is "unknown"',
  ]);
  assert.deepEqual(refusal({ ...good, weight: 1 }), ['rows[1].weight is not a column of the data set']);
  assert.deepEqual(refusal({ ...good, seen: null }), [
    'rows[1].seen is missing, and rows without it were left out of the training',
  ]);
  assert.deepEqual(refusal({ ...good, mass: 1e300 }), ['rows[1].mass must be a number, but is 1e+300']);
  assert.deepEqual(refusal([1, 2]), ['rows[1] must be an object, but is a list of 2']);
});
