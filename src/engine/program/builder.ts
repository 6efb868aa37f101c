/** Writes a program node by node. It checks shapes, computes equal values once, and finally keeps only needed nodes. */
import { perOperand } from './operations.ts';
import type {
  BinaryName,
  ComparisonName,
  DataType,
  InputRole,
  Node,
  Operation,
  Shape,
  Typed,
  UnaryName,
} from './operations.ts';
import type { Program } from './program.ts';
import { prune } from './prune.ts';
import { broadcast, describe, elementCount, inferType, sameShape } from './shapes.ts';

/** A value under construction. */
export type Value = Node;
type Operand = Value | number;

export class ProgramBuilder {
  readonly #nodes: Node[] = [];
  readonly #detached = new Set<number>();
  readonly #known = new Map<string, Node>();
  readonly #states: { name: string; input: Value; next: Value | null }[] = [];
  readonly #outputs: { name: string; value: Value }[] = [];

  /** A float32 vector carried from step to step. */
  state(name: string, length: number): Value {
    const input = this.#input('state', name, 'float32', [length]);
    this.#states.push({ name, input, next: null });
    return input;
  }
  data(name: string, dtype: DataType, shape: Shape): Value {
    return this.#input('data', name, dtype, shape);
  }
  step(name: string, dtype: DataType, shape: Shape): Value {
    return this.#input('step', name, dtype, shape);
  }

  constant(values: Float32Array | Int32Array, shape: Shape): Value {
    return this.#derive({ op: 'constant', inputs: [], values, shape });
  }
  scalar(value: number): Value {
    return this.constant(Float32Array.of(value), []);
  }

  /** A widened operand is widened after the operation instead of before. */
  unary(op: UnaryName, x: Value): Value {
    return x.op === 'broadcastLike'
      ? this.broadcastLike(this.unary(op, this.node(x.inputs[0])), this.node(x.inputs[1]))
      : this.#derive({ op, inputs: [x.id] });
  }
  neg(x: Value): Value {
    return this.unary('neg', x);
  }
  abs(x: Value): Value {
    return this.unary('abs', x);
  }
  exp(x: Value): Value {
    return this.unary('exp', x);
  }
  log(x: Value): Value {
    return this.unary('log', x);
  }
  sqrt(x: Value): Value {
    return this.unary('sqrt', x);
  }
  relu(x: Value): Value {
    return this.unary('relu', x);
  }

  add(a: Operand, b: Operand): Value {
    return this.binary('add', a, b);
  }
  sub(a: Operand, b: Operand): Value {
    return this.binary('sub', a, b);
  }
  mul(a: Operand, b: Operand): Value {
    return this.binary('mul', a, b);
  }
  div(a: Operand, b: Operand): Value {
    return this.binary('div', a, b);
  }
  maximum(a: Operand, b: Operand): Value {
    return this.binary('maximum', a, b);
  }
  minimum(a: Operand, b: Operand): Value {
    return this.binary('minimum', a, b);
  }
  greater(a: Operand, b: Operand): Value {
    return this.binary('greater', a, b);
  }
  equal(a: Operand, b: Operand): Value {
    return this.binary('equal', a, b);
  }

  binary(op: BinaryName | ComparisonName, first: Operand, second: Operand): Value {
    const a = this.#value(first);
    const b = this.#value(second);
    const neutral = this.#withoutNeutral(op, a, b);
    if (neutral) return neutral;
    // If the other operand is already as wide as the result, broadcasting does the widening.
    const shape = broadcast(a.shape, b.shape, op);
    const [narrowA, narrowB] = [this.#narrow(a), this.#narrow(b)];
    if (narrowA !== a && sameShape(broadcast(narrowA.shape, b.shape), shape))
      return this.#derive({ op, inputs: [narrowA.id, b.id] });
    if (narrowB !== b && sameShape(broadcast(a.shape, narrowB.shape), shape))
      return this.#derive({ op, inputs: [a.id, narrowB.id] });
    return this.#derive({ op, inputs: [a.id, b.id] });
  }

  /** To float32; a float32 value is returned unchanged. */
  cast(x: Value): Value {
    return x.dtype === 'float32' ? x : this.#derive({ op: 'cast', inputs: [x.id] });
  }
  /** 1 where z > 0, else 0: whether a neuron fires, and the slope of ReLU. */
  step01(z: Value): Value {
    return this.cast(this.greater(z, 0));
  }

  matMul(a: Value, b: Value, transposeA = false, transposeB = false): Value {
    return this.#derive({ op: 'matMul', inputs: [a.id, b.id], transposeA, transposeB });
  }
  sum(x: Value, axes: readonly number[] = x.shape.map((_, axis) => axis), keepDims = false): Value {
    return axes.length === 0 ? x : this.#derive({ op: 'reduceSum', inputs: [x.id], axes, keepDims });
  }
  max(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.#derive({ op: 'reduceMax', inputs: [x.id], axes, keepDims });
  }
  argMax(x: Value): Value {
    return this.#derive({ op: 'argMax', inputs: [x.id] });
  }
  gather(table: Value, indices: Value): Value {
    return this.#derive({ op: 'gather', inputs: [table.id, indices.id] });
  }

  reshape(x: Value, shape: Shape): Value {
    return sameShape(x.shape, shape) ? x : this.#derive({ op: 'reshape', inputs: [x.id], shape });
  }
  flatten(x: Value): Value {
    return this.reshape(x, [elementCount(x.shape, Number.NaN)]);
  }
  slice(x: Value, start: number, size: number): Value {
    return start === 0 && size === x.shape[0] ? x : this.#derive({ op: 'slice', inputs: [x.id], start, size });
  }
  concat(parts: readonly Value[]): Value {
    const [only] = parts;
    return parts.length === 1 && only ? only : this.#derive({ op: 'concat', inputs: parts.map((part) => part.id) });
  }
  broadcastLike(x: Value, like: Value): Value {
    return sameShape(x.shape, like.shape)
      ? x
      : this.#derive({ op: 'broadcastLike', inputs: [this.#narrow(x).id, like.id] });
  }

  /** The state's value after this step. */
  update(state: Value, next: Value): void {
    const binding = this.#states.find(({ input }) => input === state);
    if (!binding || !sameShape(state.shape, next.shape) || next.dtype !== 'float32')
      throw new TypeError(`No state can take an update of ${next.dtype} ${describe(next.shape)}.`);
    binding.next = next;
  }
  output(name: string, value: Value): void {
    this.#outputs.push({ name, value });
  }

  /** Stops gradients at this value, for example at a shift that cancels out. */
  detach(x: Value): Value {
    this.#detached.add(x.id);
    return x;
  }
  isDetached(id: number): boolean {
    return this.#detached.has(id);
  }

  /** Read access for the gradient rules. */
  node(id: number): Node {
    const node = this.#nodes[id];
    if (!node) throw new TypeError(`There is no node ${id}.`);
    return node;
  }

  /**
   * The finished program, without unneeded nodes. Nodes are renumbered, so the builder's values are no longer valid.
   */
  build(name: string): Program {
    return prune({
      name,
      nodes: this.#nodes,
      states: this.#states.map(({ name: state, input, next }) => ({
        name: state,
        input: input.id,
        next: next && next.id,
      })),
      outputs: this.#outputs.map(({ name: output, value }) => ({ name: output, node: value.id })),
    });
  }

  #value(operand: Operand): Value {
    return typeof operand === 'number' ? this.scalar(operand) : operand;
  }

  #input(role: InputRole, name: string, dtype: DataType, shape: Shape): Value {
    if (this.#nodes.some((node) => node.op === 'input' && node.name === name))
      throw new TypeError(`The program already has an input ${name}.`);
    return this.#derive({ op: 'input', inputs: [], role, name, dtype, shape });
  }

  #derive(operation: Operation): Value {
    const typed = inferType(
      operation,
      perOperand(operation, (id) => this.node(id)),
    );
    const key = keyOf(operation, typed);
    const known = key === null ? undefined : this.#known.get(key);
    if (known) return known;
    const node: Node = { ...operation, id: this.#nodes.length, ...typed };
    this.#nodes.push(node);
    if (key !== null) this.#known.set(key, node);
    return node;
  }

  #narrow(x: Value): Value {
    return x.op === 'broadcastLike' ? this.node(x.inputs[0]) : x;
  }

  /** x * 1, x / 1, x + 0 and x - 0 equal x. */
  #withoutNeutral(op: BinaryName | ComparisonName, a: Value, b: Value): Value | null {
    const neutral = op === 'mul' || op === 'div' ? 1 : op === 'add' || op === 'sub' ? 0 : null;
    if (neutral === null) return null;
    const isNeutral = (x: Value): boolean => x.op === 'constant' && x.shape.length === 0 && x.values[0] === neutral;
    if (isNeutral(b)) return a;
    return isNeutral(a) && (op === 'mul' || op === 'add') ? b : null;
  }
}

/** Equal keys mean equal values; null for a constant too long to compare. */
function keyOf(operation: Operation, { dtype, shape }: Typed): string | null {
  if (operation.op !== 'constant') return `${JSON.stringify(operation)} ${describe(shape)}`;
  const [value] = operation.values;
  if (operation.values.length !== 1) return null;
  return `constant ${dtype} ${Object.is(value, -0) ? '-0' : value} ${describe(shape)}`;
}
