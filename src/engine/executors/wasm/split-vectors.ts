/**
 * Rewrites a program so that loops can be joined: vectors that are made of parts are computed part by part, and so is
 * everything that follows element by element, such as the optimizer. The update of a kernel then follows its gradient
 * directly. Also, z > 0 becomes relu(z) > 0 where relu(z) is computed anyway, so that z need not be kept. Sums over a
 * split vector are sums of the parts' sums; everything else is the same to the bit.
 */
import { ProgramBuilder, type Value } from '../../program/builder.ts';
import { BINARY, COMPARISON, UNARY, type Node, type OperationName } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { elementCount } from '../../program/shapes.ts';

export function splitVectors(program: Program): Program {
  return new Splitter(program).rewrite();
}

/** A value of the new program: whole, or the parts of a vector in order. */
type Rewritten = readonly Value[];

const ELEMENTWISE: ReadonlySet<OperationName> = new Set([...UNARY, ...BINARY, ...COMPARISON, 'cast']);

class Splitter {
  readonly #b = new ProgramBuilder();
  readonly #program: Program;
  readonly #rewritten: Rewritten[] = [];
  readonly #rectified: ReadonlySet<number>;

  constructor(program: Program) {
    this.#program = program;
    this.#rectified = new Set(program.nodes.flatMap((node) => (node.op === 'relu' ? [node.inputs[0]] : [])));
  }

  rewrite(): Program {
    const { name, nodes, states, outputs } = this.#program;
    for (const node of nodes) this.#rewritten.push(this.#rewrite(node));
    for (const { input, next } of states) if (next !== null) this.#b.update(this.#whole(input), this.#whole(next));
    for (const { name: output, node } of outputs) this.#b.output(output, this.#whole(node));
    return this.#b.build(name);
  }

  #rewrite(node: Node): Rewritten {
    const operands = node.inputs.map((id) => this.#partsOf(id));
    if (operands.some((parts) => parts.length > 1) && node.op !== 'concat') {
      const split = this.#rewriteParts(node, operands);
      if (split) return split;
    }
    return this.#rewriteWhole(node);
  }

  #rewriteParts(node: Node, operands: readonly Rewritten[]): Rewritten | null {
    if (node.op === 'reduceSum' && !node.keepDims)
      return [(operands[0] ?? []).map((part) => this.#b.sum(part)).reduce((sum, part) => this.#b.add(sum, part))];
    if (!ELEMENTWISE.has(node.op) || node.shape.length !== 1) return null;
    const sizes = (operands.find((parts) => parts.length > 1) ?? []).map(sizeOf);
    const aligned = operands.map((parts) => this.#alignWith(sizes, parts, Number(node.shape[0])));
    if (!areAligned(aligned)) return null;
    return sizes.map((_, part) =>
      this.#elementwise(
        node,
        aligned.map((parts) => parts[part] as Value),
      ),
    );
  }

  /** The operand in parts of these sizes; null if it is split otherwise. */
  #alignWith(sizes: readonly number[], parts: Rewritten, size: number): Rewritten | null {
    const [only] = parts;
    if (parts.length > 1) return parts.every((part, index) => sizeOf(part) === sizes[index]) ? parts : null;
    if (!only || sizeOf(only) === 1) return only ? sizes.map(() => only) : null;
    if (only.shape.length !== 1 || sizeOf(only) !== size) return null;
    let start = 0;
    return sizes.map((length) => {
      const part = this.#slice(only, start, length);
      start += length;
      return part;
    });
  }

  /** Of what is computed element by element, the same of slices. */
  #slice(value: Value, start: number, size: number): Value {
    if (ELEMENTWISE.has(value.op)) {
      const operands = value.inputs.map((id) => this.#b.node(id));
      return this.#elementwise(
        value,
        operands.map((operand) => (sizeOf(operand) === 1 ? operand : this.#slice(operand, start, size))),
      );
    }
    if (value.op !== 'constant') return this.#b.slice(value, start, size);
    const values = value.values.slice(start, start + size);
    return values.every((element) => element === values[0])
      ? this.#b.constant(values.slice(0, 1), [])
      : this.#b.constant(values, [size]);
  }

  #elementwise(node: Node, [x, y]: readonly Value[]): Value {
    if (!x) throw new TypeError(`${node.op} has no operand.`);
    if (node.op === 'cast') return this.#b.cast(x);
    return y
      ? this.#b.binary(node.op as (typeof BINARY)[number], x, y)
      : this.#b.unary(node.op as (typeof UNARY)[number], x);
  }

  #rewriteWhole(node: Node): Rewritten {
    const b = this.#b;
    const operand = (position: number): Value => this.#whole(node.inputs[position] ?? Number.NaN);
    switch (node.op) {
      case 'input':
        return [
          node.role === 'state'
            ? b.state(node.name, Number(node.shape[0]))
            : node.role === 'data'
              ? b.data(node.name, node.dtype, node.shape)
              : b.step(node.name, node.dtype, node.shape),
        ];
      case 'constant':
        return [b.constant(node.values, node.shape)];
      case 'cast':
        return [b.cast(operand(0))];
      case 'matMul':
        return [b.matMul(operand(0), operand(1), node.transposeA, node.transposeB)];
      case 'reduceSum':
        return [b.sum(operand(0), node.axes, node.keepDims)];
      case 'reduceMax':
        return [b.max(operand(0), node.axes, node.keepDims)];
      case 'argMax':
        return [b.argMax(operand(0))];
      case 'gather':
        return [b.gather(operand(0), operand(1))];
      case 'reshape':
        return [b.reshape(operand(0), node.shape)];
      case 'slice':
        return [this.#slicePart(this.#partsOf(node.inputs[0]), node) ?? b.slice(operand(0), node.start, node.size)];
      case 'concat':
        return node.inputs.flatMap((id) => this.#partsOf(id));
      case 'broadcastLike':
        return [b.broadcastLike(operand(0), operand(1))];
      case 'greater': {
        const [z, bound] = [operand(0), operand(1)];
        const isAgainstZero = bound.op === 'constant' && bound.values.every((value) => value === 0);
        return [b.greater(isAgainstZero && this.#rectified.has(node.inputs[0]) ? b.relu(z) : z, bound)];
      }
      case 'neg':
      case 'abs':
      case 'sign':
      case 'exp':
      case 'log':
      case 'sqrt':
      case 'tanh':
      case 'sigmoid':
      case 'erf':
      case 'softplus':
      case 'relu':
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
      case 'maximum':
      case 'minimum':
      case 'equal':
        return [
          this.#elementwise(
            node,
            node.inputs.map((id) => this.#whole(id)),
          ),
        ];
    }
  }

  /** A slice that lies in one part. */
  #slicePart(parts: Rewritten, { start, size }: Node<'slice'>): Value | null {
    let first = 0;
    for (const part of parts) {
      if (start >= first && start + size <= first + sizeOf(part)) return this.#b.slice(part, start - first, size);
      first += sizeOf(part);
    }
    return null;
  }

  #partsOf(id: number): Rewritten {
    return this.#rewritten[id] ?? [];
  }
  #whole(id: number): Value {
    return this.#b.concat(this.#partsOf(id));
  }
}

const sizeOf = ({ shape }: Value): number => elementCount(shape, Number.NaN);
const areAligned = (operands: readonly (Rewritten | null)[]): operands is Rewritten[] =>
  operands.every((parts) => parts !== null);
