/** Runs one step of a program in float64 with plain loops: slow, obvious, and exact enough for finite differences. */
import {
  perOperand,
  type Node,
  type OperationForms,
  type OperationName,
  type PerOperand,
} from '../../src/engine/program/operations.ts';
import type { Program } from '../../src/engine/program/program.ts';
import { concreteShape } from '../../src/engine/program/shapes.ts';

export interface Array64 {
  shape: number[];
  values: Float64Array;
}
export interface StepResult {
  outputs: Record<string, Float64Array>;
  states: Record<string, Float64Array>;
}

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** `inputs`: every input of every role by name. */
export function interpret(
  program: Program,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  batchSize: number,
): StepResult {
  const computed: Array64[] = [];
  for (const node of program.nodes) {
    const shape = concreteShape(node.shape, batchSize);
    const values = compute(node, (id) => computed[id]!, shape, inputs);
    if (values.length !== size(shape))
      throw new RangeError(`${node.op} made ${values.length} values of shape [${shape.join()}]`);
    computed.push({ shape, values: Float64Array.from(values) });
  }
  const named = (entries: [string, number][]): Record<string, Float64Array> =>
    Object.fromEntries(entries.map(([name, id]) => [name, computed[id]!.values]));
  return {
    outputs: named(program.outputs.map(({ name, node }) => [name, node])),
    states: named(
      program.states.flatMap(({ name, next }): [string, number][] => (next === null ? [] : [[name, next]])),
    ),
  };
}

/** Where the element of a result comes from in an operand that was broadcast. */
function sourceIndex(index: number, shape: readonly number[], operand: readonly number[]): number {
  let [rest, stride, source] = [index, 1, 0];
  for (let axis = 1; axis <= shape.length; axis++) {
    const position = rest % shape.at(-axis)!;
    rest = Math.floor(rest / shape.at(-axis)!);
    const length = operand.at(-axis) ?? 1;
    if (axis <= operand.length && length > 1) source += position * stride;
    stride *= length;
  }
  return source;
}

/** What an operation computes from its operands; `shape` is the result's. */
type Rule<N extends OperationName> = (
  operands: PerOperand<OperationForms[N], Array64>,
  node: Node<N>,
  shape: number[],
  inputs: Readonly<Record<string, ArrayLike<number>>>,
) => ArrayLike<number>;

const RULES: { [N in OperationName]: Rule<N> } = {
  input: (_, { name }, _shape, inputs) => inputs[name] ?? missing(name),
  constant: (_, { values }) => values,
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  tanh: unary(Math.tanh),
  relu: unary((x) => Math.max(0, x)),
  cast: unary((x) => x),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  erf: unary(erf),
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  greater: binary((a, b) => Number(a > b)),
  equal: binary((a, b) => Number(a === b)),
  matMul: ([a, b], { transposeA, transposeB }) =>
    multiply(transposeA ? transpose(a) : a, transposeB ? transpose(b) : b),
  reduceSum: ([x], { axes }) => reduce(x, axes, 0, (sum, value) => sum + value),
  reduceMax: ([x], { axes }) => reduce(x, axes, -Infinity, Math.max),
  argMax([
    {
      shape: [rows = 0, columns = 0],
      values,
    },
  ]) {
    return Float64Array.from({ length: rows }, (_, row) => argMax(values.subarray(row * columns, (row + 1) * columns)));
  },
  gather([table, indices], _, shape) {
    const width = size(table.shape.slice(1));
    return Float64Array.from(
      { length: size(shape) },
      (_row, i) => table.values[indices.values[Math.floor(i / width)]! * width + (i % width)]!,
    );
  },
  reshape: ([x]) => x.values,
  slice: ([x], { start, size: length }) => x.values.subarray(start, start + length),
  concat: (parts) => parts.flatMap(({ values }) => [...values]),
  broadcastLike: ([x], _, shape) =>
    Float64Array.from({ length: size(shape) }, (_value, i) => x.values[sourceIndex(i, shape, x.shape)]!),
};

function unary(f: (x: number) => number) {
  return ([x]: readonly [Array64]): Float64Array => x.values.map((value) => f(value));
}

function binary(f: (a: number, b: number) => number) {
  return ([a, b]: readonly [Array64, Array64], _: unknown, shape: number[]): Float64Array =>
    Float64Array.from({ length: size(shape) }, (_value, i) =>
      f(a.values[sourceIndex(i, shape, a.shape)]!, b.values[sourceIndex(i, shape, b.shape)]!),
    );
}

function compute<N extends OperationName>(
  node: Node<N>,
  valueOf: (id: number) => Array64,
  shape: number[],
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): ArrayLike<number> {
  const rule: Rule<N> = RULES[node.op];
  return rule(perOperand(node, valueOf), node, shape, inputs);
}

/** Integral of the normal density by its Taylor series, and by its continued fraction far out. */
export function erf(x: number): number {
  if (Math.abs(x) > 3) {
    let fraction = 0;
    for (let term = 60; term > 0; term--) fraction = term / 2 / (Math.abs(x) + fraction);
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction));
  }
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

function missing(name: string): never {
  throw new RangeError(`no input ${name}`);
}

const transpose = ({ shape: [rows = 0, columns = 0], values }: Array64): Array64 => ({
  shape: [columns, rows],
  values: values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!),
});

function multiply(
  { shape: [m = 0, k = 0], values: a }: Array64,
  { shape: [, n = 0], values: b }: Array64,
): Float64Array {
  return Float64Array.from({ length: m * n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += a[Math.floor(i / n) * k + j]! * b[j * n + (i % n)]!;
    return sum;
  });
}

function reduce(
  { shape, values }: Array64,
  axes: readonly number[],
  initial: number,
  combine: (x: number, y: number) => number,
): Float64Array {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const result = new Float64Array(size(kept)).fill(initial);
  values.forEach((value, index) => {
    const target = sourceIndex(index, shape, kept);
    result[target] = combine(result[target]!, value);
  });
  return result;
}

const argMax = (row: Float64Array): number =>
  row.reduce((best, value, index) => (value > row[best]! ? index : best), 0);
