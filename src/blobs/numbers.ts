/** Lists of numbers in the smallest type that holds each of them exactly. */
import type { NumberType, PackedList } from '../schemas/index.ts';

export type Numbers =
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

const ARRAYS = {
  uint8: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Record<NumberType, unknown>;

/** Lists begin at multiples of this many bytes, so that each can be viewed in its type. */
export const ALIGNMENT = 8;

export const countOf = ({ shape: [rows, columns = 1] }: PackedList): number => rows * columns;
export const bytesOf = (list: PackedList): number => countOf(list) * ARRAYS[list.numbers].BYTES_PER_ELEMENT;
export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** A view of `count` numbers; `offset` in bytes. */
export const viewOf = (type: NumberType, buffer: ArrayBuffer, offset: number, count: number): Numbers =>
  new ARRAYS[type](buffer, offset, count);

export const bytesPerNumber = (type: NumberType): number => ARRAYS[type].BYTES_PER_ELEMENT;

/** The numbers of rows, one row after another, in the smallest type. */
export function packNumbers(rows: readonly (readonly number[])[]): { numbers: NumberType; values: Numbers } {
  const type = smallestType(rows);
  const values = new ARRAYS[type](rows.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const row of rows) {
    values.set(row, offset);
    offset += row.length;
  }
  return { numbers: type, values };
}

function smallestType(rows: readonly (readonly number[])[]): NumberType {
  let low = 0,
    high = 0,
    isWhole = true,
    isSingle = true;
  for (const row of rows) {
    for (const value of row) {
      if (value < low) low = value;
      else if (value > high) high = value;
      // -0 is a number of its own.
      if (isWhole && (value !== (value | 0) || (value === 0 && 1 / value < 0))) isWhole = false;
      if (isSingle && Math.fround(value) !== value) isSingle = false;
    }
    if (!isWhole && !isSingle) return 'float64';
  }
  if (isWhole && low >= 0 && high <= 255) return 'uint8';
  if (isWhole && low >= -32_768 && high <= 32_767) return 'int16';
  if (isWhole) return 'int32';
  return isSingle ? 'float32' : 'float64';
}
