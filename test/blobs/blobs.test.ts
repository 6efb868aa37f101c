import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepApart } from '../../src/blobs/keep-apart.ts';
import { PART_BYTES, packRows, packWeights } from '../../src/blobs/pack.ts';
import { unpackRows, unpackWeights, withWeights } from '../../src/blobs/unpack.ts';
import { writeLists } from '../../src/blobs/write-json.ts';
import { readJob } from '../../src/jobs/index.ts';
import type { Blob } from '../../src/schemas/index.ts';
import type { InlineData } from '../../src/vocabulary/index.ts';

/** The lists of a blob as JSON, read part by part. */
async function written({ content, parts }: Blob): Promise<unknown> {
  let text = '';
  async function* later() {
    yield* parts;
  }
  for await (const piece of writeLists(content, later())) text += piece;
  return JSON.parse(`{${text}}`);
}

const kernel = (rows: number, columns: number, at: number) =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => Math.cos(at + i * columns + j)));

const jobWith = (rows: number) => {
  const inputs = Array.from({ length: rows }, (_, i) => [i, i]);
  const read = readJob({
    dataset: { inputs, targets: inputs.map(([x]) => x), task: 'regression' },
    model: { layers: [] },
  });
  assert.ok('spec' in read);
  return read.spec;
};

const KINDS: Record<string, { numbers: string; values: number[] }> = {
  bytes: { numbers: 'uint8', values: [0, 1, 255] },
  'short integers': { numbers: 'int16', values: [-32_768, 32_767, 256] },
  integers: { numbers: 'int32', values: [-(2 ** 31), 2 ** 31 - 1, 16_777_217] },
  'singles, and a zero below zero': { numbers: 'float32', values: [0.5, -0, 2 ** 40, 1.5e-45 * 0] },
  'doubles that no single holds': { numbers: 'float64', values: [0.1, 2 ** 31 + 1, 1e-300, -0] },
};

for (const [name, { numbers, values }] of Object.entries(KINDS))
  test(`${name} are kept as ${numbers}, and come back exactly as they were`, async () => {
    const inputs = values.map((value) => [value, 0]);
    const blob = packRows({ inputs, targets: values, task: 'regression' }, 1);
    assert.equal(blob.content.lists.inputs.numbers, numbers);
    const { inputs: back, targets } = (await written(blob)) as InlineData;
    // deepEqual tells -0 from 0.
    assert.deepEqual([back, targets], [inputs, values]);
    const packed = unpackRows(blob);
    assert.deepEqual(packed.inputs, Float32Array.from(inputs.flat()));
    assert.deepEqual(packed.targets, Float32Array.from(values));
  });

test('lists longer than a part come back, at whatever place in a part they begin', async () => {
  const inputs = Array.from({ length: 50_001 }, (_, i) => [Math.sin(i), i / 7, i]);
  const targets = inputs.map((_, i) => [i % 2, (i % 3) % 2]);
  const blob = packRows({ inputs, targets, task: 'multilabel' }, 2);
  assert.ok(blob.parts.length > 1 && inputs.length * 24 > PART_BYTES);
  assert.deepEqual(await written(blob), { inputs, targets });
  assert.deepEqual([...unpackRows(blob).targets], targets.flat());
});

test('weights of every shape come back, without the slopes, which stay in the job', async () => {
  const lists = {
    kernels: [kernel(3, 5, 0), kernel(5, 1, 50)],
    biases: [[0, 1, 2, 3, 4], [-0.25]],
    normalizations: [{ gamma: [1, 1, 1, 1, 1], beta: [0, 0, 0, 0, 0.5] }],
  };
  const blob = packWeights({ ...lists, alphas: [[0.1, 0.2, 0.3, 0.4, 0.5], []] });
  assert.deepEqual(await written(blob), lists);
  assert.deepEqual(unpackWeights(blob), lists);
  const kept = { hash: blob.hash, values: blob.content.values, alphas: [[0.5]] };
  assert.deepEqual(withWeights({ layers: [], initialWeights: kept }, blob).initialWeights, {
    ...lists,
    alphas: [[0.5]],
  });
});

test('the same numbers have the same hash, and any other have another one', () => {
  const data: InlineData = {
    inputs: [
      [1, 2],
      [3, 4],
    ],
    targets: [0, 1],
    task: 'classification',
  };
  const { hash } = packRows(data, 2);
  assert.equal(packRows(structuredClone(data), 2).hash, hash);
  const others: InlineData[] = [
    {
      ...data,
      inputs: [
        [1, 2],
        [3, 5],
      ],
    },
    { ...data, inputs: [[1], [2]] },
    { ...data, targets: [1, 0] },
    { ...data, task: 'regression' },
  ];
  assert.equal(new Set([hash, ...others.map((other) => packRows(other, 2).hash)]).size, 5);
});

test('numbers that are not complete are not taken for others', async () => {
  const blob = packRows(
    { inputs: Array.from({ length: 200_000 }, (_, i) => [i + 0.1]), targets: [], task: 'regression' },
    1,
  );
  const cut = { ...blob, parts: blob.parts.slice(0, 1) };
  assert.throws(() => unpackRows(cut), RangeError);
  await assert.rejects(written(cut), RangeError);
});

test('a job keeps few numbers, and names many by their hash', () => {
  const few = jobWith(2730);
  assert.deepEqual(keepApart(few), { spec: few, blobs: [] });
  const { spec, blobs } = keepApart(jobWith(2731));
  assert.equal(spec.dataset.inputs, undefined);
  assert.deepEqual([spec.dataset.hash, spec.dataset.samples, spec.dataset.features], [blobs[0]!.hash, 2731, 2]);
});
