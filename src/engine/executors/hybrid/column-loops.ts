/** Reductions over the rows of matrices as SIMD loops: one pass over each matrix, whatever is wanted of it. */
import { f32x4, i32, ModuleWriter, v128, type Code, type FunctionWriter } from '../wasm/encoder.ts';
import { compile, instantiate, type Memory } from '../wasm/runtime.ts';
import type { Reduced, ReductionKind } from './column-reductions.ts';

/** A row-major matrix, and what is wanted of it. Addresses are in bytes. */
export interface ReducedMatrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly reductions: readonly ReductionPlaces[];
}
export interface ReductionPlaces {
  readonly kind: ReductionKind;
  readonly of: Reduced;
  /** One number for each column, rounded up to whole vectors: neutral before and after. */
  readonly work: number;
  /** One number for each column: where the results go. */
  readonly result: number;
  /** Whether they are joined to what is there. */
  readonly isJoined: boolean;
}

/** What changes nothing when it is joined. */
export const NEUTRAL: Record<ReductionKind, number> = { sum: 0, maximum: -Infinity };
/** NaN stays NaN in both. */
const JOIN: Record<ReductionKind, (a: Code, b: Code) => Code> = { sum: f32x4.add, maximum: f32x4.max };

const one = (mask: Code): Code => v128.and(mask, f32x4.const(1));
const REDUCED: Record<Reduced, (x: Code) => Code> = {
  value: (x) => x,
  negated: f32x4.neg,
  absolute: f32x4.abs,
  positive: (x) => one(f32x4.gt(x, f32x4.const(0))),
  nonZero: (x) => one(f32x4.gt(f32x4.abs(x), f32x4.const(0))),
};

const LANES = 4;
const VECTOR_BYTES = 16;
/** Rows that are joined in registers before the result goes to memory. */
const ROWS = 8;

/** A function that makes the reductions of all matrices. */
export function compileColumnReductions(matrices: readonly ReducedMatrix[], memory: Memory): () => void {
  const module = new ModuleWriter();
  const writer = module.function([], 'reduce');
  for (const matrix of matrices) {
    const groups = Math.floor(matrix.rows / ROWS);
    const rest = matrix.rows % ROWS;
    if (groups > 0) writeGroups(writer, matrix, groups);
    if (rest > 0) writeRows(writer, matrix, i32.const(groups * ROWS * 4 * matrix.columns), rest);
    for (const reduction of matrix.reductions) writeResult(writer, reduction, matrix.columns);
  }
  return instantiate(compile(module.encode()), memory, 'reduce');
}

function writeGroups(writer: FunctionWriter, matrix: ReducedMatrix, groups: number): void {
  const bytes = ROWS * 4 * matrix.columns;
  const group = writer.local('i32');
  writer.loop(group, i32.const(0), i32.const(groups * bytes), bytes, () => writeRows(writer, matrix, group.get, ROWS));
}

/** Joins up to ROWS rows to the work places. What lies behind the last column has no meaning there. */
function writeRows(
  writer: FunctionWriter,
  { address, columns, reductions }: ReducedMatrix,
  start: Code,
  rows: number,
): void {
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
      for (const { kind, of, work } of reductions) {
        const joined = values
          .map((value) => REDUCED[of](value.get))
          .reduce((result, value) => JOIN[kind](result, value), v128.load(column.get, work));
        writer.emit(v128.store(column.get, work, joined));
      }
    },
    [[place, VECTOR_BYTES]],
  );
}

function writeResult(writer: FunctionWriter, { kind, work, result, isJoined }: ReductionPlaces, columns: number): void {
  const whole = Math.floor(columns / LANES) * VECTOR_BYTES;
  const neutral = f32x4.const(NEUTRAL[kind]);
  const place = writer.local('i32');
  const resultAt = (at: Code, offset: number): Code => {
    const joined = v128.load(at, work + offset);
    return isJoined ? JOIN[kind](v128.load(at, result + offset), joined) : joined;
  };
  if (whole > 0)
    writer.loop(place, i32.const(0), i32.const(whole), VECTOR_BYTES, () =>
      writer.emit(v128.store(place.get, result, resultAt(place.get, 0)), v128.store(place.get, work, neutral)),
    );
  if (columns % LANES === 0) return;
  const rest = writer.let('v128', resultAt(i32.const(0), whole));
  for (let lane = 0; lane < columns % LANES; lane++)
    writer.emit(v128.storeLane(i32.const(0), result + whole + 4 * lane, rest.get, lane));
  writer.emit(v128.store(i32.const(0), work + whole, neutral));
}
