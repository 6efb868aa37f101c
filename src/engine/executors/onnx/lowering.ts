/**
 * One operation as ONNX operators, in a graph that computes either one step's value or, `allSteps`, those of K steps
 * with K in front.
 */
import type { OperationName } from '../../program/operations.ts';
import type { Operator } from '../../program/passes/fusion.ts';
import type { GraphWriter } from './graph-writer.ts';
import { ELEMENT_TYPES } from './model-proto.ts';

/** Where operators are written to, and how the operands are called there. */
export interface Scope {
  readonly graph: GraphWriter;
  readonly allSteps: boolean;
  /** The ONNX value of a node of the program, as seen from this graph. */
  value(id: number): string;
  node(id: number): Operator;
  /** Whether the node's value has the leading K here. */
  hasSteps(id: number): boolean;
  /** A vector of ones, [batch]. */
  ones(): string;
}

const ELEMENTWISE: Partial<Record<Operator['op'], string>> = {
  neg: 'Neg',
  abs: 'Abs',
  sign: 'Sign',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  erf: 'Erf',
  softplus: 'Softplus',
  relu: 'Relu',
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  maximum: 'Max',
  minimum: 'Min',
  greater: 'Greater',
  equal: 'Equal',
} satisfies Partial<Record<OperationName, string>>;

/**
 * From this many columns on, a product with a vector of ones sums a batch faster than ReduceSum (6 times for 64 x 256).
 */
const ONES_COLUMNS = 32;

export function lower(node: Operator, scope: Scope): string {
  const { graph } = scope;
  switch (node.op) {
    case 'input':
      throw new TypeError(`input ${node.name} is given, not computed`);
    case 'constant':
      return graph.tensor(node.values, node.shape.map(Number));
    case 'cast':
      return graph.op('Cast', [scope.value(node.inputs[0])], { to: { int: ELEMENT_TYPES.float32 } });
    case 'matMul':
    case 'gemm':
      return product(node, scope);
    case 'reduceSum':
      return sumOverBatch(node, scope) ?? reduce('ReduceSum', node, scope);
    case 'reduceMax':
      return reduce('ReduceMax', node, scope);
    case 'sumOfSquares':
      return reduce('ReduceSumSquare', node, scope);
    case 'softmax':
      return softmax(node.inputs[0], scope);
    case 'scaledSoftmax':
      return graph.op('Mul', [softmax(node.inputs[0], scope), aligned(node.inputs[1], 2, scope)]);
    case 'argMax': {
      const index = graph.op('ArgMax', [scope.value(node.inputs[0])], { axis: { int: -1 }, keepdims: { int: 0 } });
      return graph.op('Cast', [index], { to: { int: ELEMENT_TYPES.int32 } });
    }
    case 'gather':
      return graph.op('Gather', [scope.value(node.inputs[0]), scope.value(node.inputs[1])], { axis: { int: 0 } });
    case 'reshape':
      return graph.op('Reshape', [
        scope.value(node.inputs[0]),
        graph.ints(targetShape(node, scope.hasSteps(node.inputs[0]))),
      ]);
    case 'slice':
      return graph.op('Slice', [
        scope.value(node.inputs[0]),
        graph.ints([node.start]),
        graph.ints([node.start + node.size]),
        graph.ints([0]),
      ]);
    case 'concat':
      return graph.op(
        'Concat',
        node.inputs.map((input) => scope.value(input)),
        { axis: { int: scope.allSteps ? 1 : 0 } },
      );
    case 'broadcastLike':
      return widen(node, scope);
    default: {
      const opType = ELEMENTWISE[node.op];
      if (!opType) throw new TypeError(`no ONNX operator for ${node.op}`);
      return graph.op(
        opType,
        node.inputs.map((input) => aligned(input, node.shape.length, scope)),
      );
    }
  }
}

/* --- details --- */

/** Broadcasting aligns shapes at the right: an operand of fewer dimensions needs ones between K and its own. */
function aligned(id: number, rank: number, scope: Scope): string {
  const missing = rank - scope.node(id).shape.length;
  if (!scope.hasSteps(id) || missing === 0) return scope.value(id);
  return scope.graph.op('Unsqueeze', [
    scope.value(id),
    scope.graph.ints(Array.from({ length: missing }, (_, axis) => axis + 1)),
  ]);
}

type Reduction = Extract<Operator, { axes: readonly number[] }>;

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

function product({ inputs, transposeA, transposeB }: Extract<Operator, { transposeA: boolean }>, scope: Scope): string {
  return scope.graph.op(
    'Gemm',
    inputs.map((input) => scope.value(input)),
    { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } },
  );
}

const softmax = (logits: number, scope: Scope): string =>
  scope.graph.op('Softmax', [scope.value(logits)], { axis: { int: -1 } });

function targetShape({ shape }: Operator, hasSteps: boolean): number[] {
  if (shape.filter((size) => size === 'batch').length > 1)
    throw new TypeError('reshape to a shape with the batch twice');
  // In ONNX's Reshape 0 keeps a dimension and -1 takes what is left.
  return [...(hasSteps ? [0] : []), ...shape.map((size) => (size === 'batch' ? -1 : size))];
}

function widen(node: Extract<Operator, { op: 'broadcastLike' }>, scope: Scope): string {
  const [narrow, like] = node.inputs;
  const shape = node.shape.includes('batch')
    ? scope.graph.op('Shape', [scope.value(like)])
    : scope.graph.ints(node.shape.map(Number));
  return scope.graph.op('Expand', [scope.value(narrow), shape]);
}
