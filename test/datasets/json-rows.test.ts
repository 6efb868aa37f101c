/** Rows that are uploaded as JSON train as they were sent, whatever they hold and whatever they are called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadDataset } from '../../src/datasets/load.ts';
import { measureRecipe } from '../../src/datasets/preparation/measure-recipe.ts';
import { readRows } from '../../src/datasets/read-rows.ts';
import { readUpload, readWishes } from '../../src/jobs/index.ts';
import type { TableDataset } from '../../src/schemas/index.ts';
import { packUpload } from '../../src/jobs/json-rows.ts';
import type { InlineData, Task } from '../../src/vocabulary/index.ts';

type Upload = InlineData & { featureNames?: string[]; classNames?: string[] };

/** Checked, packed, read and guessed as the service does it. */
async function store(body: Upload): Promise<TableDataset> {
  const upload = readUpload(body);
  if ('details' in upload) throw new Error(JSON.stringify(upload.details));
  const { rows, wishes } = packUpload(upload);
  const rowGroups: Uint8Array[] = [];
  const table = await readRows(
    rows,
    { bytes: 0, values: 1e9 },
    {
      onProgress: () => undefined,
      onRowGroup(bytes) {
        rowGroups.push(bytes);
        return Promise.resolve();
      },
    },
  );
  const read = readWishes(table, wishes);
  if ('details' in read) throw new Error(JSON.stringify(read.details));
  return { table, recipe: read.recipe, counts: measureRecipe({ table, recipe: read.recipe }, rowGroups), rowGroups };
}

const options = {
  seed: 3,
  limit: null,
  validationSplit: 0.25,
  normalize: 'standard',
  normalizeTargets: 'none',
} as const;

/** The same rows in the job itself are the measure. */
async function assertTrainsAsSent(body: Upload): Promise<TableDataset> {
  const dataset = await store(body);
  const { inputs, targets, task } = body;
  const sent = loadDataset({ inputs, targets, task, ...options }, null);
  const { table, recipe, counts, rowGroups } = dataset;
  const uploaded = loadDataset(
    { id: 'data_1', version: 1, ...options },
    { table, recipe, counts, rowGroups: [...rowGroups] },
  );
  assert.deepEqual(uploaded.data, sent.data);
  assert.deepEqual([uploaded.trainIndices, uploaded.validationIndices], [sent.trainIndices, sent.validationIndices]);
  return dataset;
}

const edges = [0, -0, 1, 255, 256, -1, 1e-40, -1e-45, 1e38, -3.4e38, 16_777_217, 0.1, 1 / 3];
const anyNumber = fc.oneof(
  fc.constantFrom(...edges),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -3e38, max: 3e38 }),
  fc.integer({ min: -5, max: 300 }),
);
const strangeNames = fc.constantFrom(
  '01',
  '1',
  '1.0',
  '2026-01-31',
  'NA',
  '',
  ' ',
  'true',
  'x1',
  'y',
  'target',
  'id',
  '"',
  ',',
  'é',
  '(other)',
);
const names = (count: number) =>
  fc.uniqueArray(fc.oneof(strangeNames, fc.string({ minLength: 1, maxLength: 5 })), {
    minLength: count,
    maxLength: count,
  });

const list = (value: fc.Arbitrary<number>, count: number) => fc.array(value, { minLength: count, maxLength: count });

const shapes = fc.record({ samples: fc.integer({ min: 4, max: 40 }), features: fc.constantFrom(1, 2, 5, 64, 300) });
const uploads: fc.Arbitrary<Upload> = fc
  .tuple(shapes, fc.constantFrom<Task>('classification', 'multilabel', 'regression'), fc.integer({ min: 2, max: 4 }))
  .chain(([{ samples, features }, task, outputs]) => {
    const rows = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: samples, maxLength: samples });
    const targets: Record<Task, fc.Arbitrary<number[] | number[][]>> = {
      // Every class has a sample, as the service wants it.
      classification: rows(fc.nat(outputs - 1)).map((drawn) => drawn.map((one, row) => (row < outputs ? row : one))),
      multilabel: rows(list(fc.nat(1), outputs)),
      regression: fc.oneof(rows(anyNumber), rows(list(anyNumber, outputs))),
    };
    const pixels = list(fc.nat(255), features);
    return fc
      .record({
        inputs: fc.oneof(rows(list(anyNumber, features)), rows(pixels)),
        targets: targets[task],
        task: fc.constant(task),
        all: names(features + outputs),
        areNamed: fc.tuple(fc.boolean(), fc.boolean()),
      })
      .map(({ inputs, targets, task, all, areNamed: [hasFeatures, hasClasses] }) => ({
        inputs,
        targets,
        task,
        ...(hasFeatures && { featureNames: all.slice(outputs).map((name) => name || '-') }),
        ...(hasClasses && task !== 'regression' && { classNames: all.slice(0, outputs).map((name) => name || '--') }),
      }));
  })
  .filter(
    ({ featureNames = [], classNames = [] }) =>
      new Set([...featureNames, ...classNames]).size === featureNames.length + classNames.length,
  );

test('any rows train bit for bit as if they had come with the job', () =>
  fc.assert(
    fc.asyncProperty(uploads, async (body) => {
      const { recipe, counts } = await assertTrainsAsSent(body);
      if (body.classNames)
        assert.deepEqual(
          counts.classes?.map(({ name }) => name),
          body.classNames,
        );
      if (body.featureNames)
        assert.deepEqual(
          recipe.columns.filter(({ role }) => role === 'input').map(({ name }) => name),
          body.featureNames,
        );
    }),
    { numRuns: 150 },
  ));

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

for (const classes of [257, 1500, 16_384])
  for (const isNamed of [false, true])
    test(`${classes} classes ${isNamed ? 'with' : 'without'} names are as many outputs, in their order`, async () => {
      // One sample of each, and not in their order.
      const targets = times(classes, (i) => (i * 7919) % classes);
      const classNames = times(classes, (i) => `0${i}`);
      const { counts, recipe } = await assertTrainsAsSent({
        inputs: targets.map((target) => [target / 7, target]),
        targets,
        task: 'classification',
        ...(isNamed && { classNames }),
      });
      assert.equal(counts.outputs, classes);
      assert.deepEqual(
        counts.classes,
        times(classes, (i) => ({ name: isNamed ? `0${i}` : String(i), count: 1 })),
      );
      assert.equal(recipe.columns.at(-1)?.kind, 'categorical');
    });

test('a label that no sample has, or that all have, stays an output', async () => {
  const { counts } = await assertTrainsAsSent({
    inputs: times(8, (i) => [i]),
    targets: times(8, (i) => [0, 1, i % 2]),
    task: 'multilabel',
  });
  assert.deepEqual(
    counts.classes?.map(({ count }) => count),
    [0, 8, 4],
  );
});

const wideRows = (features: number): InlineData => ({
  inputs: times(8, (row) => times(features, (i) => row * i)),
  targets: times(8, (row) => row % 2),
  task: 'classification',
});

test('more than 256 inputs without names are one column', async () => {
  const { recipe, table } = await assertTrainsAsSent(wideRows(257));
  assert.deepEqual(
    recipe.columns.map(({ name, width, role }) => [name, width, role]),
    [
      ['x', 257, 'input'],
      ['y', 1, 'target'],
    ],
  );
  assert.deepEqual(table.columns[0]?.shape, [257]);
  assert.equal((await store(wideRows(256))).recipe.columns.length, 257);
});

test('generated names give way to given ones', async () => {
  const labelled = await store({
    inputs: times(8, (i) => [i, -i]),
    targets: times(8, (i) => [i % 2, 1]),
    task: 'multilabel',
    classNames: ['x1', 'input2'],
  });
  assert.deepEqual(
    labelled.recipe.columns.map(({ name }) => name),
    ['input_1', 'input_2', 'x1', 'input2'],
  );
  const several = await store({
    inputs: times(8, (i) => [i, -i]),
    targets: times(8, (i) => [i, 1]),
    task: 'regression',
    featureNames: ['y2', 'y'],
  });
  assert.deepEqual(
    several.recipe.columns.map(({ name }) => name),
    ['y2', 'y', 'target1', 'target2'],
  );
});
