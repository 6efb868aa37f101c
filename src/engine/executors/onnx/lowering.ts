/**
 * Writes one operation as ONNX operators, into a graph that computes the value of one step or, with `allSteps`, those of
 * K steps with K in front.
 */
import type { Shape } from '../../program/operations.ts';
import type { Operator, OperatorName } from '../../program/passes/operators.ts';
import type { GraphWriter } from './graph-writer.ts';
import { ELEMENT_TYPES } from './model-proto.ts';

/** The graph that operators are written to, and the names of their operands in it. */
export interface Scope {
  readonly graph: GraphWriter;
  readonly allSteps: boolean;
  /** The ONNX value of a node of the program, as seen from this graph. */
  readonly value: (id: number) => string;
  readonly node: (id: number) => Operator;
  /** Whether the node's value has the leading K here. */
  readonly hasSteps: (id: number) => boolean;
  /** A vector of ones, [batch]. */
  readonly ones: () => string;
}

/**
 * From this many columns on, a product with a vector of ones sums a batch faster than ReduceSum (6 times for 64 x 256).
 */
const ONES_COLUMNS = 32;

type Lowering<N extends OperatorName> = (node: Operator<N>, scope: Scope) => string;
/** Inputs are given to the graph, not computed in it. */
type Computed = Exclude<OperatorName, 'input'>;

const LOWERINGS: { [N in Computed]: Lowering<N> } = {
  constant: ({ values, shape }, { graph }) => graph.tensor(values, shape.map(Number)),
  neg: elementwise('Neg'),
  abs: elementwise('Abs'),
  sign: elementwise('Sign'),
  exp: elementwise('Exp'),
  log: elementwise('Log'),
  sqrt: elementwise('Sqrt'),
  tanh: elementwise('Tanh'),
  sigmoid: elementwise('Sigmoid'),
  erf: elementwise('Erf'),
  softplus: elementwise('Softplus'),
  relu: elementwise('Relu'),
  add: elementwise('Add'),
  sub: elementwise('Sub'),
  mul: elementwise('Mul'),
  div: elementwise('Div'),
  maximum: elementwise('Max'),
  minimum: elementwise('Min'),
  greater: elementwise('Greater'),
  equal: elementwise('Equal'),
  cast: ({ inputs: [x] }, { graph, value }) => graph.op('Cast', [value(x)], { to: { int: ELEMENT_TYPES.float32 } }),
  matMul: product,
  affine: product,
  reduceSum: (node, scope) => sumOverBatch(node, scope) ?? reduce('ReduceSum', node, scope),
  reduceMax: (node, scope) => reduce('ReduceMax', node, scope),
  sumOfSquares: (node, scope) => reduce('ReduceSumSquare', node, scope),
  softmax: ({ inputs: [logits] }, scope) => softmax(logits, scope),
  scaledSoftmax: ({ inputs: [logits, factor] }, scope) =>
    scope.graph.op('Mul', [softmax(logits, scope), aligned(factor, 2, scope)]),
  argMax({ inputs: [x] }, { graph, value }) {
    const index = graph.op('ArgMax', [value(x)], { axis: { int: -1 }, keepdims: { int: 0 } });
    return graph.op('Cast', [index], { to: { int: ELEMENT_TYPES.int32 } });
  },
  gather: ({ inputs: [table, indices] }, { graph, value }) =>
    graph.op('Gather', [value(table), value(indices)], { axis: { int: 0 } }),
  reshape: ({ inputs: [x], shape }, { graph, value, hasSteps }) =>
    graph.op('Reshape', [value(x), graph.ints(targetShape(shape, hasSteps(x)))]),
  slice: ({ inputs: [x], start, size }, { graph, value }) =>
    graph.op('Slice', [value(x), graph.ints([start]), graph.ints([start + size]), graph.ints([0])]),
  concat: ({ inputs }, { graph, value, allSteps }) =>
    graph.op('Concat', inputs.map(value), { axis: { int: allSteps ? 1 : 0 } }),
  broadcastLike({ inputs: [narrow, like], shape }, { graph, value }) {
    const target = shape.includes('batch') ? graph.op('Shape', [value(like)]) : graph.ints(shape.map(Number));
    return graph.op('Expand', [value(narrow), target]);
  },
};

export function lower<N extends Computed>(node: Operator<N>, scope: Scope): string {
  const lowering: Lowering<N> = LOWERINGS[node.op];
  return lowering(node, scope);
}

function elementwise(opType: string) {
  return ({ inputs, shape }: { inputs: readonly number[]; shape: Shape }, scope: Scope): string =>
    scope.graph.op(
      opType,
      inputs.map((input) => aligned(input, shape.length, scope)),
    );
}

/** Broadcasting aligns shapes at the right: an operand of fewer dimensions needs ones between K and its own. */
function aligned(id: number, rank: number, scope: Scope): string {
  const missing = rank - scope.node(id).shape.length;
  if (!scope.hasSteps(id) || missing === 0) return scope.value(id);
  return scope.graph.op('Unsqueeze', [
    scope.value(id),
    scope.graph.ints(Array.from({ length: missing }, (_, axis) => axis + 1)),
  ]);
}

type Reduction = Operator<'reduceSum' | 'reduceMax' | 'sumOfSquares'>;

function reduce(opType: string, node: Reduction, scope: Scope): string {
  const [input] = node.inputs;
  const steps = scope.hasSteps(input) ? 1 : 0;
  return scope.graph.op(opType, [scope.value(input), scope.graph.ints(node.axes.map((axis) => axis + steps))], {
    keepdims: { int: node.keepDims ? 1 : 0 },
  });
}

function sumOverBatch(node: Reduction, scope: Scope): string | null {
  const [input] = node.inputs;
  const { shape } = scope.node(input);
  const [rows, columns] = shape;
  const isOverBatch =
    !scope.allSteps &&
    shape.length === 2 &&
    rows === 'batch' &&
    node.axes.length === 1 &&
    node.axes[0] === 0 &&
    Number(columns) >= ONES_COLUMNS;
  if (!isOverBatch) return null;
  const sums = scope.graph.op('MatMul', [scope.ones(), scope.value(input)]);
  return node.keepDims ? scope.graph.op('Unsqueeze', [sums, scope.graph.ints([0])]) : sums;
}

function product({ inputs, transposeA, transposeB }: Operator<'matMul' | 'affine'>, scope: Scope): string {
  return scope.graph.op(
    'Gemm',
    inputs.map((input) => scope.value(input)),
    { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } },
  );
}

const softmax = (logits: number, scope: Scope): string =>
  scope.graph.op('Softmax', [scope.value(logits)], { axis: { int: -1 } });

function targetShape(shape: Shape, hasSteps: boolean): number[] {
  if (shape.filter((size) => size === 'batch').length > 1)
    throw new TypeError('ONNX cannot reshape to a shape with two batch dimensions.');
  // In ONNX's Reshape, 0 keeps a dimension and -1 takes what is left.
  return [...(hasSteps ? [0] : []), ...shape.map((size) => (size === 'batch' ? -1 : size))];
}
