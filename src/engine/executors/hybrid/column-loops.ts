/** Sums over the rows of matrices as SIMD loops: one pass over each matrix, whatever is summed of it. */
import { f32x4, i32, ModuleWriter, v128, type Code, type FunctionWriter } from '../wasm/encoder.ts';
import { compile, instantiate, type Memory } from '../wasm/runtime.ts';
import type { Summand } from './column-sums.ts';

/** A row-major matrix, and what is summed of it. Addresses are in bytes. */
export interface SummedMatrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly sums: readonly SumPlaces[];
}
export interface SumPlaces {
  readonly summand: Summand;
  /** One number for each column, rounded up to whole vectors, zero before and after. */
  readonly work: number;
  /** One number for each column: where the sums go. */
  readonly total: number;
  /** Whether they are added to what is there. */
  readonly isAdded: boolean;
}

const SUMMANDS: Record<Summand, (x: Code) => Code> = {
  value: (x) => x,
  absolute: f32x4.abs,
  positive: (x) => v128.and(f32x4.gt(x, f32x4.const(0)), f32x4.const(1)),
};

const LANES = 4;
const VECTOR_BYTES = 16;
/** Rows that are added up in registers before their sum goes to memory. */
const ROWS = 8;

/** A function that makes the sums of all matrices. */
export function compileColumnSums(matrices: readonly SummedMatrix[], memory: Memory): () => void {
  const module = new ModuleWriter();
  const writer = module.function([], 'sum');
  for (const matrix of matrices) {
    const groups = Math.floor(matrix.rows / ROWS);
    const rest = matrix.rows % ROWS;
    if (groups > 0) writeGroups(writer, matrix, groups);
    if (rest > 0) writeRows(writer, matrix, i32.const(groups * ROWS * 4 * matrix.columns), rest);
    for (const sum of matrix.sums) writeTotal(writer, sum, matrix.columns);
  }
  return instantiate(compile(module.encode()), memory, 'sum');
}

function writeGroups(writer: FunctionWriter, matrix: SummedMatrix, groups: number): void {
  const bytes = ROWS * 4 * matrix.columns;
  const group = writer.local('i32');
  writer.loop(group, i32.const(0), i32.const(groups * bytes), bytes, () => writeRows(writer, matrix, group.get, ROWS));
}

/** Adds up to ROWS rows to the work places. What lies behind the last column has no meaning there. */
function writeRows(writer: FunctionWriter, { address, columns, sums }: SummedMatrix, start: Code, rows: number): void {
  const column = writer.local('i32');
  const place = writer.let('i32', start);
  const end = Math.ceil(columns / LANES) * VECTOR_BYTES;
  writer.loop(
    column,
    i32.const(0),
    i32.const(end),
    VECTOR_BYTES,
    () => {
      const values = Array.from({ length: rows }, (_, row) =>
        writer.let('v128', v128.load(place.get, address + row * 4 * columns)),
      );
      for (const { summand, work } of sums) {
        const sum = values
          .map((value) => SUMMANDS[summand](value.get))
          .reduce((total, value) => f32x4.add(total, value), v128.load(column.get, work));
        writer.emit(v128.store(column.get, work, sum));
      }
    },
    [[place, VECTOR_BYTES]],
  );
}

function writeTotal(writer: FunctionWriter, { work, total, isAdded }: SumPlaces, columns: number): void {
  const whole = Math.floor(columns / LANES) * VECTOR_BYTES;
  const place = writer.local('i32');
  const totalAt = (at: Code, offset: number): Code => {
    const sum = v128.load(at, work + offset);
    return isAdded ? f32x4.add(v128.load(at, total + offset), sum) : sum;
  };
  if (whole > 0)
    writer.loop(place, i32.const(0), i32.const(whole), VECTOR_BYTES, () =>
      writer.emit(v128.store(place.get, total, totalAt(place.get, 0)), v128.store(place.get, work, f32x4.const(0))),
    );
  if (columns % LANES === 0) return;
  const rest = writer.let('v128', totalAt(i32.const(0), whole));
  for (let lane = 0; lane < columns % LANES; lane++)
    writer.emit(v128.storeLane(i32.const(0), total + whole + 4 * lane, rest.get, lane));
  writer.emit(v128.store(i32.const(0), work + whole, f32x4.const(0)));
}
