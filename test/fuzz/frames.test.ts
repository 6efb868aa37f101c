/** Bytes of our own formats that are damaged, or made to harm: an error that is documented, and nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { decodeRowGroup, encodeRowGroup } from '../../src/datasets/table/row-group.ts';
import { readCheckpointHeader } from '../../src/schemas/index.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/training/checkpoint.ts';
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_FIELDS } from '../../src/vocabulary/index.ts';
import { wholeCheckpoint } from '../support/whole-checkpoint.ts';
import { damage, STRANGE_SIZES, tries } from './damage.ts';

/** Anything that JSON can say, or a number at which counters end. */
const anyJson = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(...STRANGE_SIZES, 1e308, 0.5));

/** A snapshot whose data is as long as its header says, and lies within the bytes; or a RangeError or SyntaxError. */
const readOrRefuseFrame = (bytes: Uint8Array): void => {
  try {
    const { header, data, next } = decodeSnapshot(bytes);
    assert.equal(data.length, header.layers.reduce((sum, { units }) => sum + units, 0) * header.fields.length);
    assert.ok(next > 8 && next <= bytes.length, 'the next frame is behind this one');
  } catch (error) {
    assert.ok(error instanceof RangeError || error instanceof SyntaxError, String(error));
  }
};

const readOrRefuseCheckpoint = (bytes: Uint8Array): void => {
  for (const read of [decodeCheckpoint, readCheckpointHeader])
    try {
      read(bytes);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'CHECKPOINT_UNREADABLE', String(error));
    }
};
/** As a program would write it that means harm: with the right checksum. */
const sealed = (bytes: Buffer): Buffer => {
  if (bytes.length < 12) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(crc32(copy.subarray(8)), 4);
  return copy;
};

describe('a snapshot frame', () => {
  const layers = [
    { name: 'dense_1', units: 3, activation: 'relu' as const },
    { name: 'dense_2', units: 2, activation: 'tanh' as const },
  ];
  const header = { seq: 1, step: 2, epoch: 0, samples: 100, layers, fields: SNAPSHOT_FIELDS };
  const frame = Buffer.from(encodeSnapshot({ header, data: new Float32Array(15) }));

  it('that is damaged is refused, or read within its bytes', () => {
    fc.assert(
      fc.property(damage, (change) => readOrRefuseFrame(change(frame))),
      tries(2000),
    );
  });

  it('whose header says anything is refused, or read within its bytes', () => {
    const strangeHeader = fc.oneof(
      anyJson,
      fc.record({
        layers: fc.oneof(anyJson, fc.array(fc.oneof(anyJson, fc.record({ units: anyJson })))),
        fields: anyJson,
      }),
      fc.record({
        layers: fc.array(fc.record({ units: fc.constantFrom<unknown>(...STRANGE_SIZES, 0.5, '2') })),
        fields: fc.constant(SNAPSHOT_FIELDS),
      }),
    );
    fc.assert(
      fc.property(strangeHeader, (strange) => {
        const json = Buffer.from(JSON.stringify(strange) ?? 'null');
        const padded = Buffer.concat([json, Buffer.alloc((4 - (json.length % 4)) % 4, ' ')]);
        const head = Buffer.alloc(8);
        head.write('RLM1', 'latin1');
        head.writeUInt32LE(padded.length, 4);
        readOrRefuseFrame(Buffer.concat([head, padded, Buffer.alloc(64)]));
      }),
      tries(2000),
    );
  });
});

describe('a checkpoint', () => {
  const whole = Buffer.from(encodeCheckpoint(wholeCheckpoint));
  it('that is damaged is refused', () => {
    fc.assert(
      fc.property(damage, (change) => readOrRefuseCheckpoint(change(whole))),
      tries(2000),
    );
  });

  it('that is damaged and has the right checksum is read, or refused', () => {
    fc.assert(
      fc.property(damage, (change) => readOrRefuseCheckpoint(sealed(change(whole)))),
      tries(2000),
    );
  });

  it('whose header says anything is read, or refused', () => {
    const end = 12 + whole.readUInt32LE(8);
    const plain = JSON.parse(whole.toString('utf8', 12, end)) as Record<string, unknown>;
    const strange = fc.oneof(
      anyJson,
      fc.tuple(fc.constantFrom(...Object.keys(plain)), anyJson).map(([key, value]) => ({ ...plain, [key]: value })),
      fc.tuple(fc.constantFrom(...Object.keys(plain['preprocessing'] as object)), anyJson).map(([key, value]) => ({
        ...plain,
        preprocessing: { ...(plain['preprocessing'] as object), [key]: value },
      })),
    );
    fc.assert(
      fc.property(strange, (header) => {
        const json = Buffer.from(JSON.stringify(header) ?? 'null');
        const padded = Buffer.concat([json, Buffer.alloc((4 - (json.length % 4)) % 4, ' ')]);
        const head = Buffer.from(whole.subarray(0, 12));
        head.writeUInt32LE(padded.length, 8);
        readOrRefuseCheckpoint(sealed(Buffer.concat([head, padded, whole.subarray(end)])));
      }),
      tries(2000),
    );
  });
});

describe('a row group', () => {
  const columns = [
    { width: 1, values: Float64Array.of(0.5, NaN, 3) },
    { width: 2, values: Float64Array.of(1, 2, 3, 4, 5, 6) },
    { width: 1, values: Float64Array.of(7, 7, 7) },
  ];
  const whole = Buffer.from(encodeRowGroup({ rows: 3, columns }));

  it('that is damaged is read within its bytes, or refused', () => {
    fc.assert(
      fc.property(damage, (change) => {
        try {
          const { rows, columns } = decodeRowGroup(change(whole));
          for (const { width, values } of columns) assert.equal(values.length, rows * width);
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }),
      tries(2000),
    );
  });

  it('of a few bytes does not take more memory than a data set may have', () => {
    for (const rows of [2 ** 31, 2 ** 32 - 1]) {
      const bomb = Buffer.alloc(32);
      bomb.write('RLG1', 'latin1');
      bomb.writeUInt32LE(rows, 4);
      bomb.writeUInt32LE(1, 8);
      bomb.writeUInt8(6, 12);
      bomb.writeUInt32LE(1, 16);
      bomb.writeDoubleLE(0.5, 24);
      assert.throws(() => decodeRowGroup(bomb), RangeError);
    }
  });
});
