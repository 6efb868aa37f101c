/** Groups of primitives for which ONNX has one operator. What a group needs no longer is gone with it. */
import type { Node } from '../operations.ts';
import type { Program } from '../program.ts';

type Fused =
  /** a b + bias */
  | { op: 'gemm'; inputs: readonly [number, number, number]; transposeA: boolean; transposeB: boolean }
  /** Over the last of two dimensions. */
  | { op: 'softmax'; inputs: readonly [number] }
  /** softmax(x) * factor */
  | { op: 'scaledSoftmax'; inputs: readonly [number, number] }
  /** relu(z) > 0, for z > 0 */
  | { op: 'greater'; inputs: [number, number] }
  | { op: 'sumOfSquares'; inputs: readonly [number]; axes: readonly number[]; keepDims: boolean };
type Primitive = Node;
/** A primitive, or several of them. */
export type Operator = Primitive | (Fused & Omit<Primitive, 'op' | 'inputs'>);

/** A program whose nodes are operators. Ids are kept; `null` stands where a node is needed no longer. */
export interface FusedProgram extends Omit<Program, 'nodes'> {
  readonly nodes: readonly (Operator | null)[];
}

export function fuseOperators(program: Program): FusedProgram {
  const useCounts = program.nodes.map(() => 0);
  for (const id of [...program.nodes.flatMap(({ inputs }) => inputs), ...resultsOf(program)]) useCounts[id]!++;
  const fuser = new Fuser(program.nodes, useCounts);
  const nodes = program.nodes.map((node): Operator => ({ ...node, ...fuser.fuse(node) }));
  const needed = new Set<number>();
  const pending = [...resultsOf(program), ...program.states.map(({ input }) => input)];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    pending.push(...nodes[id]!.inputs);
  }
  return { ...program, nodes: nodes.map((node) => (needed.has(node.id) || isStepInput(node) ? node : null)) };
}

const resultsOf = ({ outputs, states }: Program): number[] => [
  ...outputs.map(({ node }) => node),
  ...states.flatMap(({ next }) => next ?? []),
];

/** Kept in any case: they tell the number of steps and the batch size. */
const isStepInput = (node: Operator): boolean => node.op === 'input' && node.role === 'step';

class Fuser {
  readonly #nodes: readonly Primitive[];
  readonly #useCounts: readonly number[];
  /** relu(z) by z. */
  readonly #rectified: ReadonlyMap<number, number>;

  constructor(nodes: readonly Primitive[], useCounts: readonly number[]) {
    this.#nodes = nodes;
    this.#useCounts = useCounts;
    this.#rectified = new Map(nodes.flatMap((node) => (node.op === 'relu' ? [[node.inputs[0], node.id]] : [])));
  }

  fuse(node: Primitive): Fused | null {
    switch (node.op) {
      case 'greater':
        return this.#fires(node);
      case 'add':
        return this.#gemm(node.inputs[0], node.inputs[1]) ?? this.#gemm(node.inputs[1], node.inputs[0]);
      case 'mul':
        return (
          this.#scaledSoftmax(node.inputs[0], node.inputs[1]) ?? this.#scaledSoftmax(node.inputs[1], node.inputs[0])
        );
      case 'div':
        return this.#isSoftmax(node.inputs[0], node.inputs[1])
          ? { op: 'softmax', inputs: [this.#logits(node.inputs[0])] }
          : null;
      case 'reduceSum':
        return this.#sumOfSquares(node);
      default:
        return null;
    }
  }

  /**
   * z > 0 is relu(z) > 0: with relu(z) as its only user, z need not be kept, and the runtime joins the product and its
   * ReLU.
   */
  #fires({ id, inputs: [z, bound] }: Comparison): Fused | null {
    const zero = this.#node(bound);
    const rectified = this.#rectified.get(z);
    const isAgainstZero = zero.op === 'constant' && zero.values.every((value) => value === 0);
    return isAgainstZero && rectified !== undefined && rectified < id
      ? { op: 'greater', inputs: [rectified, bound] }
      : null;
  }

  #gemm(product: number, bias: number): Fused | null {
    const multiplication = this.#node(product);
    const { shape } = this.#node(bias);
    const isRow = shape.at(-1) === multiplication.shape.at(-1) && shape.slice(0, -1).every((size) => size === 1);
    if (multiplication.op !== 'matMul' || !isRow || this.#useCounts[product] !== 1) return null;
    const {
      inputs: [a, b],
      transposeA,
      transposeB,
    } = multiplication;
    return { op: 'gemm', inputs: [a, b, bias], transposeA, transposeB };
  }

  /** e (factor / sum e): how the gradient of a cross-entropy comes out. */
  #scaledSoftmax(exponential: number, quotient: number): Fused | null {
    const division = this.#node(quotient);
    if (division.op !== 'div' || !this.#isSoftmax(exponential, division.inputs[1])) return null;
    return { op: 'scaledSoftmax', inputs: [this.#logits(exponential), division.inputs[0]] };
  }

  /** exp(x - max x) against its own sum. */
  #isSoftmax(exponential: number, total: number): boolean {
    const sum = this.#node(total);
    const power = this.#node(exponential);
    if (sum.op !== 'reduceSum' || sum.inputs[0] !== exponential || !isOverLastAxis(sum, power) || power.op !== 'exp')
      return false;
    const shifted = this.#node(power.inputs[0]);
    if (shifted.op !== 'sub') return false;
    const largest = this.#node(shifted.inputs[1]);
    return largest.op === 'reduceMax' && largest.inputs[0] === shifted.inputs[0] && isOverLastAxis(largest, power);
  }

  #logits(exponential: number): number {
    return this.#node(this.#node(exponential).inputs[0]!).inputs[0]!;
  }

  #sumOfSquares({ inputs: [input], axes, keepDims }: Reduction): Fused | null {
    const square = this.#node(input);
    const isSquare = square.op === 'mul' && square.inputs[0] === square.inputs[1] && this.#useCounts[input] === 1;
    return isSquare ? { op: 'sumOfSquares', inputs: [square.inputs[0]], axes, keepDims } : null;
  }

  #node(id: number): Primitive {
    return this.#nodes[id]!;
  }
}

type Comparison = Primitive & { inputs: [number, number] };
type Reduction = Extract<Primitive, { axes: readonly number[] }>;

const isOverLastAxis = ({ axes, keepDims }: Reduction, { shape }: Primitive): boolean =>
  shape.length === 2 && keepDims && axes.length === 1 && axes[0] === 1;
