import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { readCheckpointHeader } from '../../src/schemas/index.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../src/training/checkpoint.ts';
import { wholeCheckpoint } from '../support/whole-checkpoint.ts';

const checkpoint: Checkpoint = {
  ...wholeCheckpoint,
  preprocessing: {
    task: 'classification',
    featureCount: 3,
    outputCount: 2,
    normalization: { shift: Float32Array.of(0.1, -7, 3e-39), scale: Float32Array.of(1 / 3, 1, 1e30) },
    targetNormalization: null,
    preparation: null,
  },
  network: { ...wholeCheckpoint.network, parameters: Float32Array.of(1.5, -0, 3e-39, Number.MAX_VALUE) },
  loop: { ...wholeCheckpoint.loop, window: { ...wholeCheckpoint.loop.window, lossSum: 0.1 + 0.2 } },
};
const withoutNormalization: Checkpoint = {
  ...checkpoint,
  preprocessing: { ...checkpoint.preprocessing, task: 'multilabel', normalization: null },
  judged: null,
};

const ofTargets = { shift: Float32Array.of(2e7, 0), scale: Float32Array.of(1e-5, 1) };
const withTargets: Checkpoint[] = [checkpoint, withoutNormalization].map((other) => ({
  ...other,
  preprocessing: { ...other.preprocessing, task: 'regression', targetNormalization: ofTargets },
}));

test('a checkpoint is read as it was written, bit for bit, from any place in memory', () => {
  for (const written of [checkpoint, withoutNormalization, ...withTargets]) {
    const bytes = encodeCheckpoint(written);
    assert.deepEqual(decodeCheckpoint(bytes), written);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    assert.deepEqual(decodeCheckpoint(shifted.subarray(3)), written);
    assert.deepEqual(decodeCheckpoint(Buffer.from(bytes)), written, 'a Buffer, whose slices share its memory');
  }
});

const named: Checkpoint = {
  ...checkpoint,
  preprocessing: {
    ...checkpoint.preprocessing,
    preparation: {
      columns: [
        { name: 'age', kind: 'numeric', width: 1, fill: [Math.fround(31.4)] },
        { name: 'sex', kind: 'categorical', width: 1, encoding: 'oneHot', categories: ['male', 'female'] },
      ],
      targets: ['species'],
      ignored: ['id'],
      outputs: ['Adélie', 'Gentoo'],
    },
  },
};

test('names and fills are kept, and names that do not fit the network are refused', () => {
  const bytes = encodeCheckpoint(named);
  assert.deepEqual(decodeCheckpoint(bytes), named);
  const { preprocessing } = readCheckpointHeader(bytes);
  assert.deepEqual([preprocessing?.version, preprocessing?.preparation], [3, named.preprocessing.preparation]);
  const { preparation } = named.preprocessing;
  for (const wrong of [
    { ...preparation!, outputs: ['Adélie'] },
    { ...preparation!, columns: preparation!.columns.slice(1) },
  ]) {
    const misfit = encodeCheckpoint({ ...named, preprocessing: { ...named.preprocessing, preparation: wrong } });
    assert.throws(() => decodeCheckpoint(misfit), { code: 'CHECKPOINT_UNREADABLE', message: /do not fit/ });
  }
});

test("the header alone describes the model's inputs and outputs", () => {
  const { preprocessing } = readCheckpointHeader(encodeCheckpoint(checkpoint));
  assert.deepEqual(preprocessing, {
    version: 1,
    task: 'classification',
    inputs: { columns: 3, isNormalized: true },
    outputs: { columns: 2, isNormalized: false },
    preparation: null,
  });
  for (const written of withTargets) {
    const { version, outputs } = readCheckpointHeader(encodeCheckpoint(written)).preprocessing!;
    assert.deepEqual({ version, outputs }, { version: 2, outputs: { columns: 2, isNormalized: true } });
  }
});

test('damaged checkpoints are refused with an error that says what to do', () => {
  const bytes = encodeCheckpoint(checkpoint);
  for (let length = 0; length < bytes.length; length += 7)
    assert.throws(() => decodeCheckpoint(bytes.subarray(0, length)), {
      code: 'CHECKPOINT_UNREADABLE',
      message: /Submit the job again/,
    });
  for (let i = 0; i < bytes.length; i += 5) {
    const damaged = bytes.slice();
    damaged[i] = (damaged[i] as number) ^ 1;
    assert.throws(() => decodeCheckpoint(damaged), { name: 'RunFailure' }, `byte ${i}`);
  }
});

/** The checkpoint with another header and the right checksum. */
function withHeader(change: (header: Record<string, unknown>) => unknown): Uint8Array {
  const bytes = encodeCheckpoint(checkpoint);
  const end = 12 + new DataView(bytes.buffer).getUint32(8, true);
  const header = JSON.parse(Buffer.from(bytes.subarray(12, end)).toString()) as Record<string, unknown>;
  return sealed(JSON.stringify(change(header)), bytes.subarray(end));
}

function sealed(header: string, data: Uint8Array): Uint8Array {
  const json = Buffer.from(header.padEnd(Math.ceil(header.length / 4) * 4));
  const bytes = Buffer.concat([Buffer.from('RLC2'), Buffer.alloc(8), json, data]);
  bytes.writeUInt32LE(json.length, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

test('a header that does not fit its checkpoint is refused, although the checksum is right', () => {
  const { preprocessing } = readCheckpointHeader(encodeCheckpoint(checkpoint));
  assert.deepEqual(decodeCheckpoint(withHeader((header) => header)), checkpoint);
  assert.deepEqual(
    decodeCheckpoint(withHeader((header) => ({ ...header, columns: ['a', 'b', 'c'] }))),
    checkpoint,
    'a field that a later release adds',
  );
  assert.deepEqual(
    decodeCheckpoint(
      withHeader((header) => ({ ...header, preprocessing: { ...preprocessing, outputs: { columns: 2 } } })),
    ),
    checkpoint,
    'a header from before targets could be normalised',
  );
  const cases: [Uint8Array, RegExp][] = [
    [sealed('{"version":2', new Uint8Array()), /not valid JSON/],
    [sealed('[]', new Uint8Array()), /not a JSON object/],
    [withHeader((header) => ({ ...header, version: 3 })), /version 3/],
    [withHeader((header) => ({ ...header, version: 1 })), /version 1/],
    [withHeader((header) => ({ ...header, parameters: 5 })), /announces/],
    [withHeader((header) => ({ ...header, slots: -1 })), /lengths/],
    [withHeader((header) => ({ ...header, step: '123' })), /lengths/],
    [withHeader(({ loop: _loop, ...header }) => header), /loop state/],
    [withHeader(({ preprocessing: _preprocessing, ...header }) => header), /no preprocessing/],
    ...[
      { ...preprocessing, task: 'ranking' },
      { ...preprocessing, inputs: { columns: 3 } },
      { ...preprocessing, inputs: { columns: 0, isNormalized: true } },
      { ...preprocessing, outputs: null },
      { ...preprocessing, version: 2, outputs: { columns: 2 } },
    ].map((changed): [Uint8Array, RegExp] => [
      withHeader((header) => ({ ...header, preprocessing: changed })),
      /incomplete/,
    ]),
    [withHeader((header) => ({ ...header, preprocessing: { ...preprocessing, version: 4 } })), /does not know/],
    [
      withHeader((header) => ({
        ...header,
        preprocessing: { ...preprocessing, inputs: { columns: 3, isNormalized: false } },
      })),
      /announces/,
    ],
  ];
  for (const [bytes, message] of cases)
    assert.throws(() => decodeCheckpoint(bytes), { code: 'CHECKPOINT_UNREADABLE', message });
});
