/**
 * The shape rule and the type rule of every primitive: what comes out, or a TypeError for a program that makes no
 * sense.
 */
import type { DataType, Dimension, Node, Operation, Shape } from './operations.ts';

export interface Typed {
  dtype: DataType;
  shape: Shape;
}

/** Reshape and the sources state their own shape; every other operation's follows from its operands. */
export type Derived = Exclude<Operation, { op: 'input' | 'constant' | 'reshape' }>;

export function inferType(operation: Derived, operands: readonly Node[]): Typed {
  const at = (index: number): Node => operands[index] ?? fail(operation.op, 'lacks an operand');
  const a = at(0);
  switch (operation.op) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'maximum':
    case 'minimum':
      demand(a.dtype === 'float32' && at(1).dtype === 'float32', operation.op, 'takes float32');
      return { dtype: 'float32', shape: broadcast(a.shape, at(1).shape, operation.op) };
    case 'greater':
    case 'equal':
      demand(
        a.dtype === at(1).dtype && (a.dtype === 'float32' || a.dtype === 'int32'),
        operation.op,
        'takes two float32 or two int32',
      );
      return { dtype: 'bool', shape: broadcast(a.shape, at(1).shape, operation.op) };
    case 'cast':
      return { dtype: 'float32', shape: a.shape };
    case 'matMul': {
      const b = at(1);
      demand(a.shape.length === 2 && b.shape.length === 2, operation.op, 'takes matrices');
      const [m, k] = operation.transposeA ? [a.shape[1], a.shape[0]] : a.shape;
      const [l, n] = operation.transposeB ? [b.shape[1], b.shape[0]] : b.shape;
      demand(k === l, operation.op, `cannot multiply ${describe(a.shape)} by ${describe(b.shape)}`);
      return { dtype: 'float32', shape: [m!, n!] };
    }
    case 'reduceSum':
    case 'reduceMax': {
      const { axes, keepDims } = operation;
      demand(
        axes.every((axis) => axis >= 0 && axis < a.shape.length),
        operation.op,
        `has no axes ${axes.join(', ')} in ${describe(a.shape)}`,
      );
      const shape = keepDims
        ? a.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
        : a.shape.filter((_, axis) => !axes.includes(axis));
      return { dtype: 'float32', shape };
    }
    case 'argMax':
      demand(a.shape.length === 2, operation.op, 'takes a matrix');
      return { dtype: 'int32', shape: [a.shape[0]!] };
    case 'gather': {
      const indices = at(1);
      demand(indices.dtype === 'int32' && indices.shape.length === 1, operation.op, 'takes int32 indices [n]');
      return { dtype: a.dtype, shape: [indices.shape[0]!, ...a.shape.slice(1)] };
    }
    case 'slice':
      demand(
        a.shape.length === 1 && operation.start + operation.size <= Number(a.shape[0]),
        operation.op,
        'runs past the end of its vector',
      );
      return { dtype: a.dtype, shape: [operation.size] };
    case 'concat':
      demand(
        operands.every((operand) => operand.shape.length === 1 && operand.dtype === a.dtype),
        operation.op,
        'takes vectors of one type',
      );
      return { dtype: a.dtype, shape: [operands.reduce((sum, operand) => sum + Number(operand.shape[0]), 0)] };
    case 'broadcastLike':
      demand(
        sameShape(broadcast(a.shape, at(1).shape, operation.op), at(1).shape),
        operation.op,
        `cannot widen ${describe(a.shape)} to ${describe(at(1).shape)}`,
      );
      return { dtype: a.dtype, shape: at(1).shape };
    default:
      demand(a.dtype === 'float32', operation.op, 'takes float32');
      return { dtype: 'float32', shape: a.shape };
  }
}

/** NumPy's rule: shapes aligned at the right, equal or 1. The batch matches only the batch, or 1. */
export function broadcast(a: Shape, b: Shape, op = 'broadcast'): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, position): Dimension => {
    const left = a[position - (rank - a.length)] ?? 1;
    const right = b[position - (rank - b.length)] ?? 1;
    if (left === right || right === 1) return left;
    return left === 1 ? right : fail(op, `cannot combine ${describe(a)} and ${describe(b)}`);
  });
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** As in messages: [batch, 10]. */
export const describe = (shape: Shape): string => `[${shape.join(', ')}]`;

/** Elements of a shape for a given batch size. */
export const elementCount = (shape: Shape, batchSize: number): number =>
  shape.reduce<number>((product, size) => product * (size === 'batch' ? batchSize : size), 1);

/** The shape with the batch filled in. */
export const concreteShape = (shape: Shape, batchSize: number): number[] =>
  shape.map((size) => (size === 'batch' ? batchSize : size));

function demand(condition: boolean, op: string, message: string): asserts condition {
  if (!condition) fail(op, message);
}

function fail(op: string, message: string): never {
  throw new TypeError(`${op} ${message}`);
}
