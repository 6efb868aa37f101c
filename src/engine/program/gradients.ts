/** Reverse-mode differentiation: one rule per primitive, written in the same primitives. */
import type { Node, OperationName } from './operations.ts';
import type { ProgramBuilder, Value } from './builder.ts';
import { sameShape } from './shapes.ts';

/**
 * d(output)/d(target) for every target, each of its target's shape. `output` is a scalar. Targets it does not depend on
 * get zeros.
 */
export function gradients(b: ProgramBuilder, output: Value, targets: readonly Value[]): Value[] {
  if (output.shape.length > 0) throw new TypeError('only a scalar has a gradient here');
  const dependent = dependentsOf(b, targets, output.id);
  const adjoints = new Map<number, Value>();
  if (dependent.has(output.id)) adjoints.set(output.id, b.scalar(1));
  for (let id = output.id; id >= 0; id--) {
    const adjoint = adjoints.get(id);
    if (!adjoint) continue;
    const node = b.node(id);
    const contribute = (operand: number, make: () => Value): void => {
      const input = node.inputs[operand]!;
      if (!dependent.has(input)) return;
      const contribution = reduceTo(b, make(), b.node(input));
      const known = adjoints.get(input);
      adjoints.set(input, known ? b.add(known, contribution) : contribution);
    };
    if (node.inputs.some((input) => dependent.has(input)))
      RULES[node.op]({ b, y: node, dy: adjoint, operands: node.inputs.map((input) => b.node(input)), contribute });
  }
  return targets.map((target) => b.broadcastLike(adjoints.get(target.id) ?? b.scalar(0), target));
}

interface Rule {
  b: ProgramBuilder;
  /** The node, and the gradient that arrives at it. */
  y: Node;
  dy: Value;
  operands: Node[];
  /** Adds to the gradient of one operand, where that is wanted at all. Broadcast dimensions are summed away. */
  contribute: (operand: number, make: () => Value) => void;
}

const noGradient = (): void => {
  /* piecewise constant */
};
function undefinedGradient({ y }: Rule): never {
  throw new TypeError(`${y.op} has no gradient rule`);
}

const RULES: Record<OperationName, (rule: Rule) => void> = {
  input: noGradient,
  constant: noGradient,
  neg: ({ b, dy, contribute }) => contribute(0, () => b.neg(dy)),
  abs: ({ b, dy, operands: [x], contribute }) => contribute(0, () => b.mul(dy, b.unary('sign', x!))),
  sign: noGradient,
  exp: ({ b, y, dy, contribute }) => contribute(0, () => b.mul(dy, y)),
  log: ({ b, dy, operands: [x], contribute }) => contribute(0, () => b.div(dy, x!)),
  sqrt: ({ b, y, dy, contribute }) => contribute(0, () => b.div(b.mul(dy, 0.5), y)),
  tanh: ({ b, y, dy, contribute }) => contribute(0, () => b.mul(dy, b.sub(1, b.mul(y, y)))),
  sigmoid: ({ b, y, dy, contribute }) => contribute(0, () => b.mul(dy, b.mul(y, b.sub(1, y)))),
  erf: ({ b, dy, operands: [x], contribute }) =>
    contribute(0, () => b.mul(dy, b.mul(b.exp(b.neg(b.mul(x!, x!))), 2 / Math.sqrt(Math.PI)))),
  softplus: ({ b, dy, operands: [x], contribute }) => contribute(0, () => b.mul(dy, b.unary('sigmoid', x!))),
  relu: ({ b, dy, operands: [x], contribute }) => contribute(0, () => b.mul(dy, b.step01(x!))),
  add: ({ dy, contribute }) => {
    contribute(0, () => dy);
    contribute(1, () => dy);
  },
  sub: ({ b, dy, contribute }) => {
    contribute(0, () => dy);
    contribute(1, () => b.neg(dy));
  },
  mul: ({ b, dy, operands: [x, z], contribute }) => {
    contribute(0, () => b.mul(dy, z!));
    contribute(1, () => b.mul(dy, x!));
  },
  div: ({ b, y, dy, operands: [, z], contribute }) => {
    contribute(0, () => b.div(dy, z!));
    contribute(1, () => b.neg(b.mul(dy, b.div(y, z!))));
  },
  // Of two equal operands the second is the greatest and the first the least, so that relu(z) = maximum(z, 0) has slope
  // 0 at 0 and minimum(z, 0) slope 1.
  maximum: ({ b, dy, operands: [x, z], contribute }) => {
    const isFirst = (): Value => b.cast(b.greater(x!, z!));
    contribute(0, () => b.mul(dy, isFirst()));
    contribute(1, () => b.mul(dy, b.sub(1, isFirst())));
  },
  minimum: ({ b, dy, operands: [x, z], contribute }) => {
    const isSecond = (): Value => b.cast(b.greater(x!, z!));
    contribute(0, () => b.mul(dy, b.sub(1, isSecond())));
    contribute(1, () => b.mul(dy, isSecond()));
  },
  greater: noGradient,
  equal: noGradient,
  cast: noGradient,
  matMul: ({ b, y, dy, operands: [x, z], contribute }) => {
    if (y.op !== 'matMul') return;
    const { transposeA, transposeB } = y;
    contribute(0, () => (transposeA ? b.matMul(z!, dy, transposeB, true) : b.matMul(dy, z!, false, !transposeB)));
    contribute(1, () => (transposeB ? b.matMul(dy, x!, true, transposeA) : b.matMul(x!, dy, !transposeA, false)));
  },
  reduceSum: ({ b, y, dy, operands: [x], contribute }) => {
    if (y.op !== 'reduceSum') return;
    const kept = x!.shape.map((size, axis) => (y.axes.includes(axis) ? 1 : size));
    contribute(0, () => b.broadcastLike(dy.shape.length === 0 ? dy : b.reshape(dy, kept), x!));
  },
  reduceMax: undefinedGradient,
  argMax: noGradient,
  gather: undefinedGradient,
  reshape: ({ b, dy, operands: [x], contribute }) => contribute(0, () => b.reshape(dy, x!.shape)),
  slice: ({ b, y, dy, operands: [x], contribute }) => {
    if (y.op !== 'slice') return;
    const zeros = (count: number): Value[] => (count > 0 ? [b.constant(new Float32Array(count), [count])] : []);
    contribute(0, () => b.concat([...zeros(y.start), dy, ...zeros(Number(x!.shape[0]) - y.start - y.size)]));
  },
  concat: ({ b, dy, operands, contribute }) => {
    let start = 0;
    operands.forEach((part, position) => {
      const size = Number(part.shape[0]);
      const from = start;
      contribute(position, () => b.slice(dy, from, size));
      start += size;
    });
  },
  broadcastLike: ({ dy, contribute }) => contribute(0, () => dy),
};

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
