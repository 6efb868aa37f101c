/**
 * A stretch of neighbouring points of one kind of metrics, as buckets: what a curve needs of a bucket is its extremes,
 * whether something is missing in it, and its mean.
 *
 * In binary, little-endian, for b buckets: int32 lastSteps[b], counts[b]; then for each key int32 leastSteps[b],
 * greatestSteps[b], gapSteps[b], known[b], float64 least[b], greatest[b], sums[b], and the first and the last value of the
 * stretch as float64[2].
 */

/** Points in a bucket of the first level. */
export const BUCKET_POINTS = 64;
/** A bucket of a level covers as many of the level below. */
export const FOLD = 8;

export interface BlockColumn {
  /** The step of the smallest and of the greatest value; -1 where no value is finite. */
  leastSteps: Int32Array;
  greatestSteps: Int32Array;
  /** The first step whose value is not finite; -1 where all are. */
  gapSteps: Int32Array;
  /** How many values are finite. */
  known: Int32Array;
  least: Float64Array;
  greatest: Float64Array;
  /** Over the finite values. */
  sums: Float64Array;
  /** The first and the last value of the stretch. */
  ends: Float64Array;
}

export interface Block {
  /** The last step of each bucket, and its number of points. */
  lastSteps: Int32Array;
  counts: Int32Array;
  columns: BlockColumn[];
}

const SHARED_BYTES = 8;
const COLUMN_BYTES = 40;
const ENDS_BYTES = 16;

/** Where the bytes of the shared columns, or of those of a key, are in a block of so many buckets: SQL over `buckets`. */
export const sharedSlice = `substring(data from 1 for ${SHARED_BYTES} * buckets)`;
export const columnSlice = (place: number): string =>
  `substring(data from 1 + ${SHARED_BYTES} * buckets + ${place} * (${COLUMN_BYTES} * buckets + ${ENDS_BYTES}) for ${COLUMN_BYTES} * buckets + ${ENDS_BYTES})`;

/** Points in order, as a block of the first level. There must be at least one. */
export function blockOf(steps: Int32Array, values: readonly Float64Array[]): Block {
  const buckets = Math.ceil(steps.length / BUCKET_POINTS);
  const block = emptyBlock(buckets, values.length);
  for (let b = 0; b < buckets; b += 1) {
    const start = b * BUCKET_POINTS;
    const end = Math.min(steps.length, start + BUCKET_POINTS);
    block.lastSteps[b] = steps[end - 1]!;
    block.counts[b] = end - start;
    for (const [k, column] of block.columns.entries()) summarise(column, b, { steps, values: values[k]!, start, end });
  }
  for (const [k, column] of block.columns.entries()) column.ends.set([values[k]![0]!, values[k]!.at(-1)!]);
  return block;
}

function summarise(
  column: BlockColumn,
  b: number,
  { steps, values, start, end }: { steps: Int32Array; values: Float64Array; start: number; end: number },
): void {
  for (let i = start; i < end; i += 1) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      if (column.gapSteps[b] === -1) column.gapSteps[b] = steps[i]!;
      continue;
    }
    take(column, b, { step: steps[i]!, value }, { step: steps[i]!, value });
    column.known[b]! += 1;
    column.sums[b]! += value;
  }
}

interface Point {
  step: number;
  value: number;
}

/** The first of equal extremes stays. */
function take(column: BlockColumn, b: number, least: Point, greatest: Point): void {
  const isFirst = column.leastSteps[b] === -1;
  if (isFirst || least.value < column.least[b]!) {
    column.least[b] = least.value;
    column.leastSteps[b] = least.step;
  }
  if (isFirst || greatest.value > column.greatest[b]!) {
    column.greatest[b] = greatest.value;
    column.greatestSteps[b] = greatest.step;
  }
}

/** Neighbouring blocks as one of the next level. */
export function foldBlocks(parts: readonly Block[]): Block {
  const finer = joinBlocks(parts);
  const buckets = Math.ceil(finer.counts.length / FOLD);
  const block = emptyBlock(buckets, finer.columns.length);
  for (let from = 0; from < finer.counts.length; from += 1) {
    const b = Math.floor(from / FOLD);
    block.lastSteps[b] = finer.lastSteps[from]!;
    block.counts[b]! += finer.counts[from]!;
    for (const [k, column] of block.columns.entries()) mergeBucket(column, b, finer.columns[k]!, from);
  }
  for (const [k, column] of block.columns.entries()) column.ends.set(finer.columns[k]!.ends);
  return block;
}

function mergeBucket(column: BlockColumn, b: number, finer: BlockColumn, from: number): void {
  if (column.gapSteps[b] === -1) column.gapSteps[b] = finer.gapSteps[from]!;
  if (finer.known[from] === 0) return;
  take(
    column,
    b,
    { step: finer.leastSteps[from]!, value: finer.least[from]! },
    { step: finer.greatestSteps[from]!, value: finer.greatest[from]! },
  );
  column.known[b]! += finer.known[from]!;
  column.sums[b]! += finer.sums[from]!;
}

function joinBlocks(parts: readonly Block[]): Block {
  const block = emptyBlock(
    parts.reduce((sum, { counts }) => sum + counts.length, 0),
    parts[0]?.columns.length ?? 0,
  );
  let offset = 0;
  for (const part of parts) {
    block.lastSteps.set(part.lastSteps, offset);
    block.counts.set(part.counts, offset);
    for (const [k, column] of block.columns.entries())
      for (const name of PER_BUCKET) column[name].set(part.columns[k]![name], offset);
    offset += part.counts.length;
  }
  for (const [k, column] of block.columns.entries())
    column.ends.set([parts[0]!.columns[k]!.ends[0]!, parts.at(-1)!.columns[k]!.ends[1]!]);
  return block;
}

const STEPS_PER_BUCKET = ['leastSteps', 'greatestSteps', 'gapSteps', 'known'] as const;
const VALUES_PER_BUCKET = ['least', 'greatest', 'sums'] as const;
const PER_BUCKET = [...STEPS_PER_BUCKET, ...VALUES_PER_BUCKET] as const;

function emptyBlock(buckets: number, keys: number): Block {
  const column = (): BlockColumn => ({
    leastSteps: new Int32Array(buckets).fill(-1),
    greatestSteps: new Int32Array(buckets).fill(-1),
    gapSteps: new Int32Array(buckets).fill(-1),
    known: new Int32Array(buckets),
    least: new Float64Array(buckets).fill(NaN),
    greatest: new Float64Array(buckets).fill(NaN),
    sums: new Float64Array(buckets),
    ends: new Float64Array(2),
  });
  return {
    lastSteps: new Int32Array(buckets),
    counts: new Int32Array(buckets),
    columns: Array.from({ length: keys }, column),
  };
}

export function encodeBlock({ lastSteps, counts, columns }: Block): Buffer {
  const arrays = [
    lastSteps,
    counts,
    ...columns.flatMap((column) => [...PER_BUCKET.map((name) => column[name]), column.ends]),
  ];
  return Buffer.concat(
    arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}

/** From the slices of the shared columns and of each key. */
export function decodeBlock(shared: Uint8Array, columns: readonly Uint8Array[]): Block {
  const buckets = shared.length / SHARED_BYTES;
  const [lastSteps, counts] = int32s(shared, 0, buckets, 2);
  return { lastSteps: lastSteps!, counts: counts!, columns: columns.map((bytes) => decodeColumn(bytes, buckets)) };
}

/** The whole of a block of so many keys. */
export function decodeWholeBlock(data: Uint8Array, keys: number): Block {
  const buckets = (data.length - keys * ENDS_BYTES) / (SHARED_BYTES + keys * COLUMN_BYTES);
  const length = COLUMN_BYTES * buckets + ENDS_BYTES;
  const start = SHARED_BYTES * buckets;
  return decodeBlock(
    data.subarray(0, start),
    Array.from({ length: keys }, (_, k) => data.subarray(start + k * length, start + (k + 1) * length)),
  );
}

function decodeColumn(bytes: Uint8Array, buckets: number): BlockColumn {
  const [leastSteps, greatestSteps, gapSteps, known] = int32s(bytes, 0, buckets, STEPS_PER_BUCKET.length);
  const offset = STEPS_PER_BUCKET.length * buckets * 4;
  // Copied, because typed arrays need aligned bytes.
  const values = new Float64Array(Uint8Array.from(bytes.subarray(offset)).buffer);
  const [least, greatest, sums] = VALUES_PER_BUCKET.map((_, i) => values.subarray(i * buckets, (i + 1) * buckets));
  return {
    leastSteps: leastSteps!,
    greatestSteps: greatestSteps!,
    gapSteps: gapSteps!,
    known: known!,
    least: least!,
    greatest: greatest!,
    sums: sums!,
    ends: values.subarray(VALUES_PER_BUCKET.length * buckets),
  };
}

function int32s(bytes: Uint8Array, offset: number, length: number, count: number): Int32Array[] {
  const all = new Int32Array(Uint8Array.from(bytes.subarray(offset, offset + count * length * 4)).buffer);
  return Array.from({ length: count }, (_, i) => all.subarray(i * length, (i + 1) * length));
}
