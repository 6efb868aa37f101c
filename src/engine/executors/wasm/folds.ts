/** What the four lanes of vectors come to: sums and maxima, four samples at a time, made one number each. */
import type { Node } from '../../program/operations.ts';
import { f32x4, v128, type Code, type FunctionWriter, type Local } from './encoder.ts';

export type Join = (a: Code, b: Code) => Code;

/** How values of `operand` are joined over the batch, and what is made of the result. */
export interface BatchSum {
  operand: number;
  neutral: number;
  join: Join;
  total: (sum: Code) => Code;
}

/** How a reduction joins two values, and with what it begins. */
export function joinOf({ op }: Node): { join: Join; neutral: number } {
  return op === 'reduceMax' ? { join: f32x4.max, neutral: -Infinity } : { join: f32x4.add, neutral: 0 };
}

/** One vector with the sum (or maximum) of each of up to four vectors. */
export function fold(f: FunctionWriter, parts: readonly Local[], join: Join): Code {
  const of = (index: number): Code => (parts[index] ?? parts[0])?.get ?? f32x4.const(0);
  const pair = (x: Code, y: Code): Local => {
    const [a, b] = [f.let('v128', x), f.let('v128', y)];
    const low = v128.shuffle(a.get, b.get, [0, 4, 1, 5]);
    return f.let('v128', join(low, v128.shuffle(a.get, b.get, [2, 6, 3, 7])));
  };
  const p = pair(of(0), of(1));
  if (parts.length <= 2) return join(p.get, v128.shuffle(p.get, p.get, [2, 3, 0, 1]));
  const q = pair(of(2), of(3));
  return join(v128.shuffle(p.get, q.get, [0, 1, 4, 5]), v128.shuffle(p.get, q.get, [2, 3, 6, 7]));
}

/** The sum (or maximum) of a vector's lanes, in all lanes. */
export function foldLanes(f: FunctionWriter, vector: Local, join: Join): Local {
  const half = f.let('v128', join(vector.get, v128.shuffle(vector.get, vector.get, [2, 3, 0, 1])));
  return f.let('v128', join(half.get, v128.shuffle(half.get, half.get, [1, 0, 3, 2])));
}

/** Stores the first `lanes` of four. */
export function storeLanes(f: FunctionWriter, base: Code, address: number, value: Local, lanes: number): void {
  if (lanes >= 4) f.emit(v128.store(base, address, value.get));
  else if (lanes >= 2) f.emit(v128.storePair(base, address, value.get, 0));
  if (lanes === 1 || lanes === 3) f.emit(v128.storeLane(base, address + 4 * (lanes - 1), value.get, lanes - 1));
}
