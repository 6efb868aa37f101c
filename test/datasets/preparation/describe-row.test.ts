import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '../../../src/datasets/preparation/column-values.ts';
import { describeRow } from '../../../src/datasets/preparation/describe-row.ts';
import { inputsOf, type PreparedColumn, type SampleValue } from '../../../src/vocabulary/index.ts';

/** Each column with a value as `encode` takes it, and what a person reads. */
const CASES: { column: PreparedColumn; value: number; expected: SampleValue }[] = [
  { column: { name: 'age', kind: 'numeric', width: 1 }, value: 0.1, expected: 0.1 },
  {
    column: { name: 'species', kind: 'categorical', width: 1, encoding: 'oneHot', categories: ['a', 'b', 'c'] },
    value: 2,
    expected: 'c',
  },
  {
    column: { name: 'alone', kind: 'categorical', width: 1, encoding: 'oneHot', categories: ['only'] },
    value: 0,
    expected: 'only',
  },
  {
    column: { name: 'size', kind: 'categorical', width: 1, encoding: 'ordered', categories: ['S', 'M'] },
    value: 1,
    expected: 'M',
  },
  { column: { name: 'paid', kind: 'boolean', width: 1 }, value: 1, expected: 'true' },
  { column: { name: 'sold', kind: 'boolean', width: 1, categories: ['no', 'yes'] }, value: 0, expected: 'no' },
  {
    column: { name: 'seen', kind: 'date', width: 1, encoding: 'number' },
    value: Date.UTC(2026, 0, 31),
    expected: '2026-01-31T00:00:00.000Z',
  },
];

test('a row of inputs reads as the values that it was encoded from', () => {
  const columns = CASES.map(({ column }) => column);
  const inputs = new Float32Array(columns.reduce((sum, column) => sum + inputsOf(column), 0));
  let next = 0;
  for (const { column, value } of CASES) {
    encode(column, value, inputs, next);
    next += inputsOf(column);
  }
  assert.deepEqual(
    describeRow({ columns }, inputs),
    Object.fromEntries(CASES.map(({ column, expected }) => [column.name, expected])),
  );
});

test('a missing value is null where an indicator tells of it; pixels are a list', () => {
  const columns: PreparedColumn[] = [
    { name: 'age', kind: 'numeric', width: 1, fill: [30], hasIndicator: true },
    { name: 'pixels', kind: 'numeric', width: 4, shape: [2, 2] },
    { name: 'tenure', kind: 'numeric', width: 1, fill: [3], hasIndicator: true },
  ];
  assert.deepEqual(describeRow({ columns }, Float32Array.of(30, 1, 0, 255, 7, 8, 5, 0)), {
    age: null,
    pixels: [0, 255, 7, 8],
    tenure: 5,
  });
});
