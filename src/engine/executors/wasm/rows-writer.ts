/** Turns rows of a table, one after another, into a panel, four rows by four columns at a time. */
import type { DataType } from '../../program/operations.ts';
import { f32x4, i32, i32x4, v128, type Code, type FunctionWriter, type Local } from './encoder.ts';
import { LANES, VECTOR_BYTES, type Batch } from './layout.ts';

export interface RowsSource {
  readonly dtype: DataType;
  /** Elements of a row. */
  readonly columns: number;
  /** Address of the first row. */
  readonly table: Code;
  /** Address of the numbers of the rows, int32 [batch]; null if the rows are taken in order. */
  readonly indices: Code | null;
}

export function writeRows(f: FunctionWriter, batch: Batch, source: RowsSource, panel: number): void {
  const { columns, indices } = source;
  const bytes = source.dtype === 'uint8' ? 1 : 4;
  const table = f.let('i32', source.table);
  const numbers = indices && f.let('i32', indices);
  const sample = f.local('i32');
  const rows = [0, 1, 2, 3].map(() => f.local('i32'));
  const target = f.local('i32');
  const column = f.local('i32');
  /** `count` rows from the sample on; behind the last row it is repeated. */
  const transpose = (count: number): void => {
    rows.forEach((row, lane) => {
      const offset = 4 * Math.min(lane, count - 1);
      const number = numbers
        ? i32.load(i32.add(numbers.get, sample.get), offset)
        : i32.add(i32.shrU(sample.get, i32.const(2)), i32.const(offset / 4));
      f.emit(row.set(i32.add(table.get, i32.mul(number, i32.const(columns * bytes)))));
    });
    // The sample's bytes in a row of the panel are as many as those of its index.
    f.emit(target.set(sample.get));
    const whole = columns - (columns % LANES);
    const block = (): void => writeBlock(f, batch, source.dtype, rows, target, panel);
    const advance = [...rows.map((row) => [row, LANES * bytes] as const), [target, LANES * batch.stride] as const];
    if (whole > 0) f.loop(column, i32.const(0), i32.const(whole), LANES, block, advance);
    for (let rest = 0; rest < columns - whole; rest++)
      f.emit(v128.store(target.get, panel + rest * batch.stride, gatherLanes(source.dtype, rows, rest * bytes)));
  };
  const full = batch.tail > 0 ? batch.vectors - 1 : batch.vectors;
  if (full > 0) f.loop(sample, i32.const(0), i32.const(VECTOR_BYTES * full), VECTOR_BYTES, () => transpose(LANES));
  if (batch.tail === 0) return;
  f.emit(sample.set(i32.const(VECTOR_BYTES * full)));
  transpose(batch.tail);
}

function writeBlock(
  f: FunctionWriter,
  { stride }: Batch,
  dtype: DataType,
  rows: readonly Local[],
  target: Local,
  panel: number,
): void {
  const loaded = rows.map((row) => f.let('v128', dtype === 'uint8' ? fourBytes(row.get) : v128.load(row.get)));
  const pair = (first: number, lanes: [number, number, number, number]): Local => {
    const [a, b] = [loaded[first], loaded[first + 1]];
    if (!a || !b) throw new TypeError('A block has four rows.');
    return f.let('v128', v128.shuffle(a.get, b.get, lanes));
  };
  const [low, high] = [
    [0, 4, 1, 5] as [number, number, number, number],
    [2, 6, 3, 7] as [number, number, number, number],
  ];
  [low, high].forEach((lanes, half) => {
    const [p, q] = [pair(0, lanes), pair(2, lanes)];
    f.emit(v128.store(target.get, panel + 2 * half * stride, v128.shuffle(p.get, q.get, [0, 1, 4, 5])));
    f.emit(v128.store(target.get, panel + (2 * half + 1) * stride, v128.shuffle(p.get, q.get, [2, 3, 6, 7])));
  });
}

/** uint8 as float32. */
const fourBytes = (address: Code): Code =>
  f32x4.convertI32x4(i32x4.extendLowI16x8U(i32x4.extendLowI8x16U(v128.loadSplat(address))));

/** One element of each of four rows. */
function gatherLanes(dtype: DataType, rows: readonly Local[], offset: number): Code {
  const [first, ...others] = rows;
  if (!first) throw new TypeError('A block has four rows.');
  if (dtype !== 'uint8')
    return others.reduce<Code>(
      (vector, row, index) => v128.loadLane(row.get, offset, vector, index + 1),
      v128.loadSplat(first.get, offset),
    );
  return f32x4.convertI32x4(
    others.reduce<Code>(
      (vector, row, index) => i32x4.replaceLane(vector, index + 1, i32.loadByte(row.get, offset)),
      i32x4.splat(i32.loadByte(first.get, offset)),
    ),
  );
}
