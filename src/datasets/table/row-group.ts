/**
 * Rows of a table as bytes, column by column, each in the smallest type that loses nothing.
 *
 * Little-endian: "RLG1", uint32 rows, uint32 columns; per column uint8 coding, uint8 0 or 1 for a bitmap, uint16 0,
 * uint32 width; then the data of the columns in order, each at a multiple of 8 bytes: the values, padded to a multiple of
 * 8, and the bitmap if there is one, padded too. A bit of it is 1 where the value is missing, lowest bit first.
 */

/** [rows * width] numbers, NaN where missing; or codes of a dictionary, 0 where missing. */
export type ColumnValues = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export interface RowGroupColumn {
  width: number;
  values: ColumnValues;
}
export interface RowGroup {
  rows: number;
  columns: RowGroupColumn[];
}

const MAGIC = 0x31474c52; // "RLG1"
const HEAD_BYTES = 12;
/**
 * Of all constant columns, whose lengths are only announced: more than any writer puts into a group, and at most 128 MiB
 * of memory.
 */
const MOST_CONSTANTS = 2 ** 24;
const COLUMN_BYTES = 8;

/** The number of a coding is its place. `constant` is one float64 for all values. */
const CODINGS = [
  Uint8Array,
  Uint16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
] as const satisfies readonly (new (buffer: ArrayBuffer, offset: number, length: number) => ColumnValues)[];
const U8 = 0,
  U16 = 1,
  U32 = 2,
  I32 = 3,
  F32 = 4,
  F64 = 5,
  CONSTANT = 6;

/** Every column has `rows * width` values. */
export function encodeRowGroup({ rows, columns }: RowGroup): Uint8Array<ArrayBuffer> {
  const plans = columns.map(({ values }) => planCoding(values));
  const bytes = plans.map((plan, i) => dataBytes(plan, columns[i]!.values.length));
  const start = padded(HEAD_BYTES + COLUMN_BYTES * columns.length);
  const group = new Uint8Array(start + bytes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(group.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, rows, true);
  view.setUint32(8, columns.length, true);

  let offset = start;
  for (const [i, { width, values }] of columns.entries()) {
    const { coding, hasMissing } = plans[i]!;
    const head = HEAD_BYTES + COLUMN_BYTES * i;
    view.setUint8(head, coding);
    view.setUint8(head + 1, hasMissing ? 1 : 0);
    view.setUint32(head + 4, width, true);
    if (coding === CONSTANT) view.setFloat64(offset, values[0] ?? 0, true);
    else {
      const Coding = CODINGS[coding]!;
      // NaN becomes 0 in the integer codings; the bitmap says where.
      new Coding(group.buffer, offset, values.length).set(values);
      if (hasMissing) markMissing(values, group, offset + padded(values.length * Coding.BYTES_PER_ELEMENT));
    }
    offset += bytes[i]!;
  }
  return group;
}

/**
 * The columns as they were encoded; values may have a smaller type than before. Columns without missing values are views
 * on `group`. `chosen`: the numbers of the columns to decode, in this order; default all. Throws RangeError if the bytes
 * are not a row group.
 */
export function decodeRowGroup(group: Uint8Array, chosen?: readonly number[]): RowGroup {
  // Typed arrays want their own alignment.
  const aligned = group.byteOffset % 8 === 0 ? group : new Uint8Array(group);
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  if (aligned.length < HEAD_BYTES || view.getUint32(0, true) !== MAGIC)
    throw new RangeError('These bytes are not a row group.');
  const rows = view.getUint32(4, true),
    count = view.getUint32(8, true);
  let offset = padded(HEAD_BYTES + COLUMN_BYTES * count);
  let constants = 0;
  if (offset > aligned.length) throw new RangeError('The row group ends within its header.');

  const places = Array.from({ length: count }, (_, i) => {
    const head = HEAD_BYTES + COLUMN_BYTES * i;
    const place = {
      coding: view.getUint8(head),
      hasMissing: view.getUint8(head + 1) === 1,
      width: view.getUint32(head + 4, true),
      offset,
    };
    if (place.coding > CONSTANT) throw new RangeError(`Column ${i} of the row group has an unknown coding.`);
    if (place.coding === CONSTANT) constants += rows * place.width;
    if (constants > MOST_CONSTANTS)
      throw new RangeError(`The constant columns of the row group have more than ${MOST_CONSTANTS} values.`);
    offset += dataBytes(place, rows * place.width);
    return place;
  });
  if (offset !== aligned.length)
    throw new RangeError(`The row group has ${aligned.length} bytes, but its header announces ${offset}.`);

  const columns = (chosen?.map((number) => places[number]!) ?? places).map(({ coding, hasMissing, width, offset }) => {
    const length = rows * width;
    if (coding === CONSTANT)
      return { width, values: constantValues(length === 0 ? 0 : view.getFloat64(offset, true), length) };
    const Coding = CODINGS[coding]!;
    const values = new Coding(aligned.buffer as ArrayBuffer, aligned.byteOffset + offset, length);
    const bitmap = offset + padded(length * Coding.BYTES_PER_ELEMENT);
    return { width, values: hasMissing ? withMissing(values, aligned, bitmap) : values };
  });
  return { rows, columns };
}

interface Plan {
  coding: number;
  hasMissing: boolean;
}

const padded = (bytes: number) => Math.ceil(bytes / 8) * 8;
const dataBytes = ({ coding, hasMissing }: Plan, length: number) =>
  coding === CONSTANT
    ? 8
    : padded(length * CODINGS[coding]!.BYTES_PER_ELEMENT) + (hasMissing ? padded(Math.ceil(length / 8)) : 0);

/** One pass over the values: the smallest coding from which each comes back, the sign of zero included. */
function planCoding(values: ColumnValues): Plan {
  if (values instanceof Uint8Array) return { coding: U8, hasMissing: false };
  let minimum = Infinity,
    maximum = -Infinity,
    missing = 0,
    areIntegers = true,
    areSingles = true,
    isConstant = true;
  const first = values[0] ?? 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (isConstant && !Object.is(value, first)) isConstant = false;
    if (Number.isNaN(value)) {
      missing++;
      continue;
    }
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    if (areIntegers && (!Number.isInteger(value) || (value === 0 && 1 / value < 0))) areIntegers = false;
    if (areSingles && Math.fround(value) !== value) areSingles = false;
  }
  if (isConstant) return { coding: CONSTANT, hasMissing: false };
  const hasMissing = missing > 0;
  if (areIntegers) {
    if (minimum >= 0 && maximum <= 0xff) return { coding: U8, hasMissing };
    if (minimum >= 0 && maximum <= 0xffff) return { coding: U16, hasMissing };
    // Four bytes hold NaN as well where float32 does, without a bitmap.
    if (hasMissing && areSingles) return { coding: F32, hasMissing: false };
    if (minimum >= 0 && maximum <= 0xffff_ffff) return { coding: U32, hasMissing };
    if (minimum >= -0x8000_0000 && maximum <= 0x7fff_ffff) return { coding: I32, hasMissing };
  }
  return { coding: areSingles ? F32 : F64, hasMissing: false };
}

function markMissing(values: ColumnValues, group: Uint8Array, bitmap: number): void {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) group[bitmap + (i >> 3)]! |= 1 << (i & 7);
}

/** A copy as floats, with NaN where the bitmap says so. float32 holds every 16-bit integer. */
function withMissing(values: ColumnValues, group: Uint8Array, bitmap: number): Float32Array | Float64Array {
  const floats = values.BYTES_PER_ELEMENT <= 2 ? Float32Array.from(values) : Float64Array.from(values);
  for (let i = 0; i < floats.length; i++) if ((group[bitmap + (i >> 3)]! >> (i & 7)) & 1) floats[i] = NaN;
  return floats;
}

const constantValues = (value: number, length: number): ColumnValues =>
  Number.isInteger(value) && value >= 0 && value <= 0xff && !Object.is(value, -0)
    ? new Uint8Array(length).fill(value)
    : new Float64Array(length).fill(value);
