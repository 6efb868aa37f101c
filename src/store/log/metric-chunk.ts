/**
 * Metric columns in binary, little-endian: int32 steps[n], then float64[n] for each key in order. NaN stands for null.
 */
import type { MetricColumns } from '../../vocabulary/index.ts';

export interface MetricChunk {
  keys: string[];
  data: Uint8Array;
}

const BYTES_PER_STEP = 4;
const BYTES_PER_VALUE = 8;

export function encodeChunk({ steps, values }: MetricColumns): MetricChunk {
  const keys = Object.keys(values);
  const stepBytes = steps.length * BYTES_PER_STEP;
  const data = new Uint8Array(stepBytes + keys.length * steps.length * BYTES_PER_VALUE);
  data.set(new Uint8Array(Int32Array.from(steps).buffer));
  for (const [i, key] of keys.entries()) {
    const column = Float64Array.from(values[key] ?? [], (value) => value ?? NaN);
    if (column.length !== steps.length)
      throw new RangeError(`There are ${column.length} values of ${key} for ${steps.length} steps.`);
    data.set(new Uint8Array(column.buffer), stepBytes + i * steps.length * BYTES_PER_VALUE);
  }
  return { keys, data };
}

export function decodeChunk({ keys, data }: MetricChunk): MetricColumns {
  const count = data.length / (BYTES_PER_STEP + keys.length * BYTES_PER_VALUE);
  const stepBytes = count * BYTES_PER_STEP;
  const columnBytes = count * BYTES_PER_VALUE;
  const column = (i: number): Float64Array =>
    asValues(data.subarray(stepBytes + i * columnBytes, stepBytes + (i + 1) * columnBytes));
  return {
    steps: Array.from(asSteps(data.subarray(0, stepBytes))),
    values: Object.fromEntries(keys.map((key, i) => [key, withNulls(column(i))])),
  };
}

/** The steps of neighbouring chunks with so many keys, and the values of each key. */
export function decodeColumns(chunks: readonly Uint8Array[], keys: number): [Int32Array, ...Float64Array[]] {
  const pointsOf = (data: Uint8Array) => data.length / (BYTES_PER_STEP + keys * BYTES_PER_VALUE);
  const points = chunks.reduce((sum, data) => sum + pointsOf(data), 0);
  const steps = new Int32Array(points);
  const values = Array.from({ length: keys }, () => new Float64Array(points));
  let offset = 0;
  for (const data of chunks) {
    const count = pointsOf(data);
    const stepBytes = count * BYTES_PER_STEP;
    const columnBytes = count * BYTES_PER_VALUE;
    steps.set(asSteps(data.subarray(0, stepBytes)), offset);
    for (const [k, column] of values.entries())
      column.set(asValues(data.subarray(stepBytes + k * columnBytes, stepBytes + (k + 1) * columnBytes)), offset);
    offset += count;
  }
  return [steps, ...values];
}

// Copies, because typed arrays need aligned bytes.
export const asSteps = (bytes: Uint8Array): Int32Array => new Int32Array(Uint8Array.from(bytes).buffer);
export const asValues = (bytes: Uint8Array): Float64Array => new Float64Array(Uint8Array.from(bytes).buffer);

/** A value that JSON can express: null for NaN and infinities. */
const withNulls = (column: Float64Array): (number | null)[] =>
  Array.from(column, (value) => (Number.isFinite(value) ? value : null));
