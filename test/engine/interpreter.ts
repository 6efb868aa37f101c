/** Runs one step of a program in float64 with plain loops: slow, obvious, and exact enough for finite differences. */
import type { Node } from '../../src/engine/program/operations.ts';
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
    const values = compute(
      node,
      node.inputs.map((id) => computed[id]!),
      shape,
      inputs,
    );
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

const UNARY: Record<string, (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  relu: (x) => Math.max(0, x),
  cast: (x) => x,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf,
};
const BINARY: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  greater: (a, b) => Number(a > b),
  equal: (a, b) => Number(a === b),
};

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

function compute(
  node: Node,
  operands: Array64[],
  shape: number[],
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): ArrayLike<number> {
  const [a, b] = operands;
  const unary = UNARY[node.op];
  if (unary) return a!.values.map((x) => unary(x));
  const binary = BINARY[node.op];
  if (binary)
    return Float64Array.from({ length: size(shape) }, (_, i) =>
      binary(a!.values[sourceIndex(i, shape, a!.shape)]!, b!.values[sourceIndex(i, shape, b!.shape)]!),
    );
  switch (node.op) {
    case 'input':
      return inputs[node.name] ?? missing(node.name);
    case 'constant':
      return node.values;
    case 'matMul':
      return multiply(node.transposeA ? transpose(a!) : a!, node.transposeB ? transpose(b!) : b!);
    case 'reduceSum':
      return reduce(a!, node.axes, 0, (x, y) => x + y);
    case 'reduceMax':
      return reduce(a!, node.axes, -Infinity, Math.max);
    case 'argMax':
      return Float64Array.from({ length: shape[0]! }, (_, row) =>
        argMax(a!.values.subarray(row * a!.shape[1]!, (row + 1) * a!.shape[1]!)),
      );
    case 'gather': {
      const width = size(a!.shape.slice(1));
      return Float64Array.from(
        { length: size(shape) },
        (_, i) => a!.values[b!.values[Math.floor(i / width)]! * width + (i % width)]!,
      );
    }
    case 'reshape':
      return a!.values;
    case 'slice':
      return a!.values.subarray(node.start, node.start + node.size);
    case 'concat':
      return Float64Array.from(operands.flatMap(({ values }) => [...values]));
    case 'broadcastLike':
      return Float64Array.from({ length: size(shape) }, (_, i) => a!.values[sourceIndex(i, shape, a!.shape)]!);
    default:
      throw new TypeError(`no rule for ${node.op}`);
  }
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
