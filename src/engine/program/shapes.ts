/** The type and shape of every primitive's result; a TypeError for invalid operands. */
import {
  BINARY,
  COMPARISON,
  each,
  UNARY,
  type Dimension,
  type Operation,
  type OperationForms,
  type OperationName,
  type PerOperand,
  type Shape,
  type Typed,
} from './operations.ts';

/** The number of operands always matches the operation's form. */
export type TypeRule<Form extends { inputs: readonly number[] }> = (
  operation: { readonly op: string } & Readonly<Form>,
  operands: PerOperand<Form, Typed>,
) => Typed;

export const TYPE_RULES: { [N in OperationName]: TypeRule<OperationForms[N]> } = {
  input: ({ dtype, shape }) => ({ dtype, shape }),
  constant({ op, values, shape }) {
    const isFull = elementCount(shape, Number.NaN) === values.length;
    demand(isFull, op, `cannot fill ${describe(shape)} with ${values.length} values`);
    return { dtype: values instanceof Int32Array ? 'int32' : 'float32', shape };
  },
  ...each(UNARY, ({ op }: { op: string }, [x]: readonly [Typed]) => ({ dtype: float32(op, x), shape: x.shape })),
  ...each(BINARY, ({ op }: { op: string }, [a, b]: readonly [Typed, Typed]) => ({
    dtype: float32(op, a, b),
    shape: broadcast(a.shape, b.shape, op),
  })),
  ...each(COMPARISON, ({ op }: { op: string }, [a, b]: readonly [Typed, Typed]): Typed => {
    const isComparable = a.dtype === b.dtype && (a.dtype === 'float32' || a.dtype === 'int32');
    demand(isComparable, op, 'takes two float32 or two int32');
    return { dtype: 'bool', shape: broadcast(a.shape, b.shape, op) };
  }),
  cast: (_, [x]) => ({ dtype: 'float32', shape: x.shape }),
  matMul: ({ op, transposeA, transposeB }, [a, b]) => ({
    dtype: float32(op, a, b),
    shape: productShape(op, transposed(op, a, transposeA), transposed(op, b, transposeB)),
  }),
  reduceSum: reduce,
  reduceMax: reduce,
  argMax({ op }, [x]) {
    const [rows] = matrix(op, x);
    return { dtype: 'int32', shape: [rows] };
  },
  gather({ op }, [table, indices]) {
    const [count, ...more] = indices.shape;
    demand(count !== undefined && more.length === 0 && indices.dtype === 'int32', op, 'takes int32 indices [n]');
    return { dtype: table.dtype, shape: [count, ...table.shape.slice(1)] };
  },
  reshape({ op, shape }, [x]) {
    // Two primes stand in for the batch: equal counts for both mean equal counts for every batch.
    const isSameSize = [7919, 104_729].every((batch) => elementCount(x.shape, batch) === elementCount(shape, batch));
    demand(isSameSize, op, `cannot make ${describe(shape)} of ${describe(x.shape)}`);
    return { dtype: x.dtype, shape };
  },
  slice({ op, start, size }, [x]) {
    const isWithin = x.shape.length === 1 && start >= 0 && start + size <= Number(x.shape[0]);
    demand(isWithin, op, 'runs past the end of its vector');
    return { dtype: x.dtype, shape: [size] };
  },
  concat({ op }, parts) {
    const dtype = parts[0]?.dtype ?? fail(op, 'needs at least one vector');
    const areVectors = parts.every((part) => part.shape.length === 1 && part.dtype === dtype);
    demand(areVectors, op, 'takes vectors of one type');
    return { dtype, shape: [parts.reduce((sum, { shape: [size] }) => sum + Number(size), 0)] };
  },
  broadcastLike({ op }, [x, like]) {
    const isWidened = sameShape(broadcast(x.shape, like.shape, op), like.shape);
    demand(isWidened, op, `cannot widen ${describe(x.shape)} to ${describe(like.shape)}`);
    return { dtype: x.dtype, shape: like.shape };
  },
};

export function inferType<N extends OperationName>(
  operation: Operation<N>,
  operands: PerOperand<OperationForms[N], Typed>,
): Typed {
  const rule: TypeRule<OperationForms[N]> = TYPE_RULES[operation.op];
  return rule(operation, operands);
}

/** The type of a result whose operands have to be float32. */
export function float32(op: string, ...operands: readonly Typed[]): 'float32' {
  demand(
    operands.every(({ dtype }) => dtype === 'float32'),
    op,
    'takes float32',
  );
  return 'float32';
}

/** Rows and columns of a float32 matrix. */
export function matrix(op: string, operand: Typed): [Dimension, Dimension] {
  const [rows, columns, ...more] = operand.shape;
  demand(rows !== undefined && columns !== undefined && more.length === 0, op, 'takes matrices');
  float32(op, operand);
  return [rows, columns];
}

export function transposed(op: string, operand: Typed, isTransposed: boolean): [Dimension, Dimension] {
  const [rows, columns] = matrix(op, operand);
  return isTransposed ? [columns, rows] : [rows, columns];
}

export function productShape(op: string, a: [Dimension, Dimension], b: [Dimension, Dimension]): Shape {
  demand(a[1] === b[0], op, `cannot multiply ${describe(a)} by ${describe(b)}`);
  return [a[0], b[1]];
}

export function reduce(
  { op, axes, keepDims }: { op: string; axes: readonly number[]; keepDims: boolean },
  [x]: readonly [Typed],
): Typed {
  const { shape } = x;
  const areAxes = axes.every((axis, position) => axis > (axes[position - 1] ?? -1) && axis < shape.length);
  demand(areAxes, op, `has no axes ${axes.join(', ')} in ${describe(shape)}`);
  const reduced = keepDims
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
  return { dtype: float32(op, x), shape: reduced };
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
