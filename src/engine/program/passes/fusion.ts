/**
 * Joins groups of primitives into operators that libraries provide. Nodes that are no longer needed are removed.
 */
import { neededFor } from '../liveness.ts';
import type { Node, OperationName, OperationOf } from '../operations.ts';
import { resultsOf, type Program } from '../program.ts';
import type { FusedProgram, Operator, OperatorForms, OperatorName } from './operators.ts';

export function fuseOperators(program: Program): FusedProgram {
  const graph = new Graph(program);
  const nodes = program.nodes.map((node): Operator => ({ ...node, ...fuse(node, graph) }));
  const needed = neededFor([...resultsOf(program), ...program.states.map(({ input }) => input)], nodes);
  return { ...program, nodes: nodes.map((node) => (needed.has(node.id) || isStepInput(node) ? node : null)) };
}

/** Always kept: they carry the number of steps and the batch size. */
const isStepInput = (node: Operator): boolean => node.op === 'input' && node.role === 'step';

type Fused = OperationOf<OperatorForms, OperatorName>;
type Fusion<N extends OperationName> = (node: Node<N>, graph: Graph) => Fused | null;

/**
 * Patterns by the last primitive of the group. A primitive without an entry stays as it is, which is always correct.
 */
const FUSIONS: { [N in OperationName]?: Fusion<N> } = {
  // z > 0 is relu(z) > 0. With relu(z) as its only user z need not be kept, and a library joins the product and its
  // ReLU.
  greater({ id, inputs: [z, bound] }, graph) {
    const zero = graph.node(bound);
    const rectified = graph.rectified(z);
    const isAgainstZero = zero.op === 'constant' && zero.values.every((value) => value === 0);
    return isAgainstZero && rectified !== null && rectified < id ? { op: 'greater', inputs: [rectified, bound] } : null;
  },
  add: ({ inputs: [a, b] }, graph) => affine(a, b, graph) ?? affine(b, a, graph),
  mul: ({ inputs: [a, b] }, graph) => scaledSoftmax(a, b, graph) ?? scaledSoftmax(b, a, graph),
  div({ inputs: [exponential, total] }, graph) {
    const logits = softmaxLogits(exponential, total, graph);
    return logits === null ? null : { op: 'softmax', inputs: [logits] };
  },
  reduceSum({ inputs: [input], axes, keepDims }, graph) {
    const square = graph.node(input);
    const isSquare = square.op === 'mul' && square.inputs[0] === square.inputs[1] && graph.useCount(input) === 1;
    return isSquare ? { op: 'sumOfSquares', inputs: [square.inputs[0]], axes, keepDims } : null;
  },
};

function fuse<N extends OperationName>(node: Node<N>, graph: Graph): Fused | null {
  const fusion: Fusion<N> | undefined = FUSIONS[node.op];
  return fusion?.(node, graph) ?? null;
}

function affine(product: number, bias: number, graph: Graph): Fused | null {
  const multiplication = graph.node(product);
  const { shape } = graph.node(bias);
  const isRow = shape.at(-1) === multiplication.shape.at(-1) && shape.slice(0, -1).every((size) => size === 1);
  if (multiplication.op !== 'matMul' || !isRow || graph.useCount(product) !== 1) return null;
  const { inputs, transposeA, transposeB } = multiplication;
  return { op: 'affine', inputs: [...inputs, bias], transposeA, transposeB };
}

/** e (factor / sum e): the form that the gradient of a cross-entropy takes. */
function scaledSoftmax(exponential: number, quotient: number, graph: Graph): Fused | null {
  const division = graph.node(quotient);
  if (division.op !== 'div') return null;
  const [factor, total] = division.inputs;
  const logits = softmaxLogits(exponential, total, graph);
  return logits === null ? null : { op: 'scaledSoftmax', inputs: [logits, factor] };
}

/** The x of exp(x - max x) / total, if `total` is the sum of the exponentials; otherwise null. */
function softmaxLogits(exponential: number, total: number, graph: Graph): number | null {
  const sum = graph.node(total);
  const power = graph.node(exponential);
  if (sum.op !== 'reduceSum' || sum.inputs[0] !== exponential || !isOverLastAxis(sum, power) || power.op !== 'exp')
    return null;
  const shifted = graph.node(power.inputs[0]);
  if (shifted.op !== 'sub') return null;
  const [logits, shift] = shifted.inputs;
  const largest = graph.node(shift);
  const isShiftedByMaximum =
    largest.op === 'reduceMax' && largest.inputs[0] === logits && isOverLastAxis(largest, power);
  return isShiftedByMaximum ? logits : null;
}

const isOverLastAxis = ({ axes, keepDims }: Node<'reduceSum' | 'reduceMax'>, { shape }: Node): boolean =>
  shape.length === 2 && keepDims && axes.length === 1 && axes[0] === 1;

/** A program as the patterns see it. */
class Graph {
  readonly #nodes: readonly Node[];
  readonly #useCounts = new Map<number, number>();
  readonly #rectified: ReadonlyMap<number, number>;

  constructor(program: Program) {
    this.#nodes = program.nodes;
    for (const id of [...program.nodes.flatMap(({ inputs }) => inputs), ...resultsOf(program)])
      this.#useCounts.set(id, this.useCount(id) + 1);
    this.#rectified = new Map(program.nodes.flatMap((node) => (node.op === 'relu' ? [[node.inputs[0], node.id]] : [])));
  }

  node(id: number): Node {
    const node = this.#nodes[id];
    if (!node) throw new TypeError(`There is no node ${id}.`);
    return node;
  }
  /** How often the value is read, by nodes, outputs and states. */
  useCount(id: number): number {
    return this.#useCounts.get(id) ?? 0;
  }
  /** The node that computes relu(z). */
  rectified(z: number): number | null {
    return this.#rectified.get(z) ?? null;
  }
}
