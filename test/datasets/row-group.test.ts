/** Row groups: every value comes back, from few bytes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeRowGroup, encodeRowGroup, type ColumnValues } from '../../src/datasets/table/row-group.ts';

const encodeOne = (values: ColumnValues, width = 1) =>
  encodeRowGroup({ rows: values.length / width, columns: [{ width, values }] });
const decodeOne = (bytes: Uint8Array) => decodeRowGroup(bytes).columns[0]!.values;
const thousand = (valueAt: (i: number) => number) => Float64Array.from({ length: 1000 }, (_, i) => valueAt(i));
/** Bytes of the data of one column of 1000 values. */
const dataBytes = (values: ColumnValues) => encodeOne(values).length - 24;

describe('a row group', () => {
  const value = fc.oneof(
    fc.double(),
    fc.float(),
    fc.integer(),
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 0, max: 70_000 }),
    fc.nat({ max: 2 ** 32 - 1 }),
    fc.constantFrom(NaN, 0, -0, Infinity, -Infinity, 2 ** 53),
  );
  const columns = fc
    .record({ rows: fc.nat({ max: 40 }), widths: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 }) })
    .chain(({ rows, widths }) =>
      fc.tuple(
        fc.constant(rows),
        fc.tuple(
          ...widths.map((width) =>
            fc
              .constantFrom(value, fc.integer({ min: 0, max: 255 }), fc.constantFrom(NaN, 3), fc.constant(7.5))
              .chain((kind) => fc.array(kind, { minLength: rows * width, maxLength: rows * width }))
              .map((values) => ({ width, values: Float64Array.from(values) })),
          ),
        ),
      ),
    );

  it('gives back every bit of every value', () => {
    fc.assert(
      fc.property(columns, ([rows, columns]) => {
        const decoded = decodeRowGroup(encodeRowGroup({ rows, columns }));
        assert.equal(decoded.rows, rows);
        assert.deepEqual(
          decoded.columns.map(({ width, values }) => ({ width, values: Float64Array.from(values) })),
          columns,
        );
      }),
    );
  });

  it('gives back only the columns that are asked for, from bytes at any address', () => {
    fc.assert(
      fc.property(columns, fc.nat(), fc.nat({ max: 7 }), ([rows, columns], choice, shift) => {
        if (columns.length === 0) return;
        const number = choice % columns.length;
        const group = encodeRowGroup({ rows, columns });
        const moved = Buffer.alloc(group.length + shift);
        moved.set(group, shift);
        const decoded = decodeRowGroup(moved.subarray(shift), [number]);
        assert.deepEqual(
          decoded.columns.map(({ values }) => Float64Array.from(values)),
          [columns[number]!.values],
        );
      }),
    );
  });

  it('throws RangeError for bytes that are not a whole one', () => {
    const group = encodeOne(Float64Array.of(1, 2.5, NaN));
    fc.assert(
      fc.property(fc.nat({ max: group.length - 1 }), (length) => {
        assert.throws(() => decodeRowGroup(group.subarray(0, length)), RangeError);
      }),
    );
    assert.throws(() => decodeRowGroup(new Uint8Array(64)), RangeError);
  });

  it('takes the smallest type that loses nothing', () => {
    assert.equal(dataBytes(thousand((i) => i % 256)), 1000);
    assert.equal(dataBytes(thousand((i) => (i === 5 ? NaN : i % 256))), 1128);
    assert.equal(dataBytes(thousand((i) => i)), 2000);
    assert.equal(dataBytes(thousand((i) => -i)), 4000);
    assert.equal(dataBytes(thousand((i) => i * 3_000_000)), 4000);
    assert.equal(dataBytes(thousand((i) => i / 2)), 4000);
    assert.equal(dataBytes(thousand((i) => i / 10)), 8000);
    assert.equal(dataBytes(thousand(() => 0.1)), 8);
    assert.equal(dataBytes(thousand(() => NaN)), 8);
    assert.ok(decodeOne(encodeOne(thousand((i) => i % 256))) instanceof Uint8Array);
  });
});
