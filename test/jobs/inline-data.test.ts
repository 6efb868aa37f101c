import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkInlineData, packInlineData, readUpload } from '../../src/jobs/index.ts';
import { LIMITS, type InlineData } from '../../src/vocabulary/index.ts';

const paths = (data: InlineData) => checkInlineData(data).map((detail) => detail.path);
/** The message about a value among the inputs. */
const messageOf = (value: unknown) =>
  checkInlineData({ task: 'regression', inputs: [[value as number]], targets: [1] })[0]?.message;
const inputs = [
  [0, 1],
  [2, 3],
  [4, 5],
];

test('valid data has no problems and is packed row-major', () => {
  assert.deepEqual(checkInlineData({ task: 'regression', inputs, targets: [1, 2, 3] }), []);
  assert.deepEqual(
    checkInlineData({
      task: 'regression',
      inputs,
      targets: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    }),
    [],
  );
  assert.deepEqual(checkInlineData({ task: 'classification', inputs, targets: [0, 2, 1] }), []);
  assert.deepEqual(
    checkInlineData({
      task: 'multilabel',
      inputs,
      targets: [
        [0, 1],
        [1, 1],
        [0, 0],
      ],
    }),
    [],
  );

  const packed = packInlineData({ task: 'classification', inputs, targets: [0, 2, 1] });
  assert.deepEqual(packed, {
    task: 'classification',
    samples: 3,
    features: 2,
    outputs: 3,
    inputs: Float32Array.of(0, 1, 2, 3, 4, 5),
    targets: Float32Array.of(0, 2, 1),
  });
  assert.deepEqual(
    packInlineData({
      task: 'regression',
      inputs,
      targets: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    }).targets,
    Float32Array.of(1, 2, 3, 4, 5, 6),
  );
});

test('ragged rows are reported one by one', () => {
  assert.deepEqual(paths({ task: 'regression', inputs: [[0, 1], [2], [4, 5, 6]], targets: [1, 2, 3] }), [
    'dataset.inputs[1]',
    'dataset.inputs[2]',
  ]);
  assert.deepEqual(paths({ task: 'regression', inputs: [[], [], []], targets: [1, 2, 3] }), ['dataset.inputs[0]']);
  assert.deepEqual(paths({ task: 'regression', inputs, targets: [[1, 2], [3], [5, 6]] }), ['dataset.targets[1]']);
  assert.deepEqual(paths({ task: 'regression', inputs, targets: [[1], 2, [3]] as number[][] }), ['dataset.targets[1]']);
  assert.deepEqual(paths({ task: 'regression', inputs, targets: [1, [2], 3] as number[] }), ['dataset.targets[1]']);
});

test('numbers that float32 cannot hold are refused', () => {
  assert.deepEqual(
    paths({
      task: 'regression',
      inputs: [
        [0, Number.NaN],
        [1e39, 1],
        [2, 2],
      ],
      targets: [1, Number.POSITIVE_INFINITY, 3],
    }),
    ['dataset.inputs[0][1]', 'dataset.inputs[1][0]', 'dataset.targets[1]'],
  );
});

test('classes are integers from 0 without gaps, at least two', () => {
  assert.deepEqual(paths({ task: 'classification', inputs, targets: [0, 1.5, -1] }), [
    'dataset.targets[1]',
    'dataset.targets[2]',
    'dataset.targets',
  ]);
  assert.match(
    checkInlineData({ task: 'classification', inputs, targets: [0, 1, 3] })[0]?.message ?? '',
    /has no sample of class 2, but some of class 3/,
  );
  assert.deepEqual(paths({ task: 'classification', inputs, targets: [0, 0, 0] }), ['dataset.targets']);
  assert.deepEqual(paths({ task: 'classification', inputs, targets: [[0], [1], [0]] }).slice(0, 3), [
    'dataset.targets[0]',
    'dataset.targets[1]',
    'dataset.targets[2]',
  ]);
  assert.deepEqual(paths({ task: 'classification', inputs, targets: [0, 1, 1e12] }), ['dataset.targets[2]']);
});

test('labels are rows of 0 and 1', () => {
  assert.deepEqual(
    paths({
      task: 'multilabel',
      inputs,
      targets: [
        [0, 2],
        [1, 0.5],
        [0, 0],
      ],
    }),
    ['dataset.targets[0][1]', 'dataset.targets[1][1]'],
  );
  assert.deepEqual(paths({ task: 'multilabel', inputs, targets: [0, 1, 1] }), [
    'dataset.targets[0]',
    'dataset.targets[1]',
    'dataset.targets[2]',
  ]);
});

test('there must be as many targets as rows, and at most twenty problems are reported', () => {
  assert.deepEqual(paths({ task: 'regression', inputs, targets: [1, 2] }), ['dataset.targets']);
  assert.deepEqual(paths({ task: 'regression', inputs: [], targets: [] }), ['dataset.inputs']);
  assert.equal(
    paths({
      task: 'regression',
      inputs: Array.from({ length: 1000 }, () => [Number.NaN]),
      targets: Array.from({ length: 1000 }, () => 0),
    }).length,
    20,
  );
});

test('an invalid value is reported with its type', () => {
  assert.equal(messageOf('1'), 'must be a finite number, but is the string "1"');
  assert.equal(messageOf(null), 'must be a finite number, but is null');
  assert.equal(messageOf(1e39), 'is 1e+39, which is too large for a 32-bit number');
});

test('data that is too large is not referred to an upload, which has the same limit', () => {
  const row = Array<number>(LIMITS.features).fill(0);
  const rows = Array<number[]>(LIMITS.inlineValues / LIMITS.features + 1).fill(row);
  const upload = readUpload({ inputs: rows, targets: rows.map(() => 0), task: 'regression' });
  assert.deepEqual(upload, {
    details: [{ path: 'inputs', message: 'has 20100000 values', expected: 'at most 20000000 values' }],
  });
});
