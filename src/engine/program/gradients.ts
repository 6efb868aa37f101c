/** Reverse-mode differentiation: one rule per primitive, written in the same primitives. */
import {
  perOperand,
  type Node,
  type Operation,
  type OperationForms,
  type OperationName,
  type PerOperand,
} from './operations.ts';
import type { ProgramBuilder, Value } from './builder.ts';
import { sameShape } from './shapes.ts';

/**
 * d(output)/d(target) for every target, each with its target's shape. `output` is a scalar. A target on which it does
 * not depend gets zeros.
 */
export function gradients(b: ProgramBuilder, output: Value, targets: readonly Value[]): Value[] {
  if (output.shape.length > 0) throw new TypeError('Only a scalar can be differentiated.');
  const dependent = dependentsOf(b, targets, output.id);
  const adjoints = new Map<number, Value>();
  if (dependent.has(output.id)) adjoints.set(output.id, b.scalar(1));
  for (let id = output.id; id >= 0; id--) {
    const dy = adjoints.get(id);
    if (!dy) continue;
    const y = b.node(id);
    if (!y.inputs.some((input) => dependent.has(input))) continue;
    const contributions = operandGradients(b, y, dy);
    y.inputs.forEach((input, operand) => {
      const contribute = contributions[operand];
      if (!contribute || !dependent.has(input)) return;
      const contribution = reduceTo(b, contribute(), b.node(input));
      const known = adjoints.get(input);
      adjoints.set(input, known ? b.add(known, contribution) : contribution);
    });
  }
  return targets.map((target) => b.broadcastLike(adjoints.get(target.id) ?? b.scalar(0), target));
}

/**
 * Makes the gradient of one operand. It is called only if that gradient is needed, so nothing else enters the program;
 * dimensions along which the operand was broadcast are summed away afterwards.
 */
type Gradient = () => Value;
/** The operand has no influence, or a piecewise constant one: its gradient is zero. */
const NONE = null;

interface At<N extends OperationName> {
  b: ProgramBuilder;
  /** The node, and the gradient that arrives at it. */
  y: Node<N>;
  dy: Value;
  operands: PerOperand<OperationForms[N], Node>;
}
/** Returns one entry per operand, so none can be forgotten. */
export type GradientRule<N extends OperationName> = (
  at: At<N>,
) => PerOperand<OperationForms[N], Gradient | typeof NONE>;

const RULES: { [N in OperationName]: GradientRule<N> } = {
  input: () => [],
  constant: () => [],
  neg: ({ b, dy }) => [() => b.neg(dy)],
  abs: ({ b, dy, operands: [x] }) => [() => b.mul(dy, b.unary('sign', x))],
  sign: () => [NONE],
  exp: ({ b, y, dy }) => [() => b.mul(dy, y)],
  log: ({ b, dy, operands: [x] }) => [() => b.div(dy, x)],
  sqrt: ({ b, y, dy }) => [() => b.div(b.mul(dy, 0.5), y)],
  tanh: ({ b, y, dy }) => [() => b.mul(dy, b.sub(1, b.mul(y, y)))],
  sigmoid: ({ b, y, dy }) => [() => b.mul(dy, b.mul(y, b.sub(1, y)))],
  erf: ({ b, dy, operands: [x] }) => [() => b.mul(dy, b.mul(b.exp(b.neg(b.mul(x, x))), 2 / Math.sqrt(Math.PI)))],
  softplus: ({ b, dy, operands: [x] }) => [() => b.mul(dy, b.unary('sigmoid', x))],
  relu: ({ b, dy, operands: [x] }) => [() => b.mul(dy, b.step01(x))],
  add: ({ dy }) => [() => dy, () => dy],
  sub: ({ b, dy }) => [() => dy, () => b.neg(dy)],
  mul: ({ b, dy, operands: [x, z] }) => [() => b.mul(dy, z), () => b.mul(dy, x)],
  div: ({ b, y, dy, operands: [, z] }) => [() => b.div(dy, z), () => b.neg(b.mul(dy, b.div(y, z)))],
  // Of two equal operands the second counts as the greater and the first as the lesser, so relu(z) = maximum(z, 0) has
  // slope 0 at 0 and minimum(z, 0) slope 1.
  maximum({ b, dy, operands: [x, z] }) {
    const isFirst = (): Value => b.cast(b.greater(x, z));
    return [() => b.mul(dy, isFirst()), () => b.mul(dy, b.sub(1, isFirst()))];
  },
  minimum({ b, dy, operands: [x, z] }) {
    const isSecond = (): Value => b.cast(b.greater(x, z));
    return [() => b.mul(dy, b.sub(1, isSecond())), () => b.mul(dy, isSecond())];
  },
  greater: () => [NONE, NONE],
  equal: () => [NONE, NONE],
  cast: () => [NONE],
  matMul: ({ b, y: { transposeA, transposeB }, dy, operands: [x, z] }) => [
    () => (transposeA ? b.matMul(z, dy, transposeB, true) : b.matMul(dy, z, false, !transposeB)),
    () => (transposeB ? b.matMul(dy, x, true, transposeA) : b.matMul(x, dy, !transposeA, false)),
  ],
  reduceSum({ b, y, dy, operands: [x] }) {
    const kept = x.shape.map((size, axis) => (y.axes.includes(axis) ? 1 : size));
    return [() => b.broadcastLike(dy.shape.length === 0 ? dy : b.reshape(dy, kept), x)];
  },
  reduceMax: undefinedGradient,
  argMax: () => [NONE],
  gather: undefinedGradient,
  reshape: ({ b, dy, operands: [x] }) => [() => b.reshape(dy, x.shape)],
  slice({ b, y, dy, operands: [x] }) {
    const zeros = (count: number): Value[] => (count > 0 ? [b.constant(new Float32Array(count), [count])] : []);
    return [() => b.concat([...zeros(y.start), dy, ...zeros(Number(x.shape[0]) - y.start - y.size)])];
  },
  concat({ b, dy, operands }) {
    let end = 0;
    return operands.map(({ shape: [length] }) => {
      const [start, size] = [end, Number(length)];
      end += size;
      return () => b.slice(dy, start, size);
    });
  },
  broadcastLike: ({ dy }) => [() => dy, NONE],
};

function undefinedGradient({ y }: { y: Operation }): never {
  throw new TypeError(`${y.op} has no gradient. Stop gradients at its result with detach().`);
}

function operandGradients<N extends OperationName>(
  b: ProgramBuilder,
  y: Node<N>,
  dy: Value,
): readonly (Gradient | typeof NONE)[] {
  const rule: GradientRule<N> = RULES[y.op];
  return rule({ b, y, dy, operands: perOperand(y, (id) => b.node(id)) });
}

/** Which values up to `last` depend on a target, the targets included. Detached values pass nothing on. */
function dependentsOf(b: ProgramBuilder, targets: readonly Value[], last: number): Set<number> {
  const dependent = new Set(targets.map(({ id }) => id));
  for (let id = 0; id <= last; id++) {
    if (!b.isDetached(id) && b.node(id).inputs.some((input) => dependent.has(input))) dependent.add(id);
  }
  return dependent;
}

/** Sums a gradient over the dimensions along which its operand was broadcast. */
function reduceTo(b: ProgramBuilder, gradient: Value, operand: Node): Value {
  if (sameShape(gradient.shape, operand.shape)) return gradient;
  const lead = gradient.shape.length - operand.shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < lead || (operand.shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
  );
  return b.reshape(b.sum(gradient, axes), operand.shape);
}
