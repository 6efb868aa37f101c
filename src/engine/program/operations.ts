/**
 * The primitive operations of tensor programs. Everything that a network computes, its gradient, its optimizer and its
 * probes are written with them, so an executor has to implement these and nothing else. Values are float32 unless a
 * rule says otherwise.
 *
 * A new operation starts in `OperationForms`. Everything that depends on the operation is a record with one entry per
 * name, so the compiler then lists what is missing: its shape, its gradient, its staging and its form in each executor.
 */

export type DataType = 'float32' | 'int32' | 'uint8' | 'bool';
/** Shapes are static except for the batch, whose size is known when a program runs. */
export type Dimension = number | 'batch';
export type Shape = readonly Dimension[];

/** Elementwise float32 -> float32. `sign(0)` is 0; `softplus` is log(1 + e^x) without overflow; `erf` holds 1e-6. */
export const UNARY = [
  'neg',
  'abs',
  'sign',
  'exp',
  'log',
  'sqrt',
  'tanh',
  'sigmoid',
  'erf',
  'softplus',
  'relu',
] as const;
/** Elementwise float32 pairs with NumPy broadcasting. */
export const BINARY = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const;
/** Elementwise float32 or int32 pairs -> bool, with NumPy broadcasting. */
export const COMPARISON = ['greater', 'equal'] as const;

export type UnaryName = (typeof UNARY)[number];
export type BinaryName = (typeof BINARY)[number];
export type ComparisonName = (typeof COMPARISON)[number];

/** Where an input's values come from; see program.ts. */
export type InputRole = 'state' | 'data' | 'step';

export interface Reduction {
  inputs: readonly [number];
  axes: readonly number[];
  keepDims: boolean;
}

export interface OneOperand {
  inputs: readonly [number];
}
export interface TwoOperands {
  inputs: readonly [number, number];
}

/** Operands and attributes of each operation. `inputs` are ids of earlier nodes. */
export type OperationForms = Record<UnaryName, OneOperand> &
  Record<BinaryName | ComparisonName, TwoOperands> & {
    input: { inputs: readonly []; role: InputRole; name: string; dtype: DataType; shape: Shape };
    constant: { inputs: readonly []; values: Float32Array | Int32Array; shape: Shape };
    /** bool, uint8 or int32 -> float32. */
    cast: OneOperand;
    /** [m, k] x [k, n] -> [m, n] after transposing either side. */
    matMul: { inputs: readonly [number, number]; transposeA: boolean; transposeB: boolean };
    /** Over the given axes, ascending; keepDims leaves dimensions of 1. */
    reduceSum: Reduction;
    reduceMax: Reduction;
    /** Over the last axis of [rows, n]; int32 [rows]; the first of equal ones. */
    argMax: OneOperand;
    /** Rows of a `data` input [samples, ...] of any type, picked by a `step` input, int32 [n] -> [n, ...]. */
    gather: TwoOperands;
    /** The same elements in the same order. */
    reshape: { inputs: readonly [number]; shape: Shape };
    /** `size` elements of a vector from `start`. */
    slice: { inputs: readonly [number]; start: number; size: number };
    /** Vectors one after another. */
    concat: { inputs: readonly number[] };
    /** The first operand repeated (NumPy broadcasting) to the shape of the second, whose values are not read. */
    broadcastLike: TwoOperands;
  };

export type OperationName = keyof OperationForms;

export interface Typed {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** Operations by name, a union discriminated by `op`. A pass may add more forms; see passes/operators.ts. */
export type OperationOf<Forms, Name extends keyof Forms> = {
  [N in Name]: { readonly op: N } & Readonly<Forms[N]>;
}[Name];
export type NodeOf<Forms, Name extends keyof Forms> = {
  [N in Name]: OperationOf<Forms, N> & Typed & { readonly id: number };
}[Name];

export type Operation<Name extends OperationName = OperationName> = OperationOf<OperationForms, Name>;
/** One value of a program: the operation that makes it, its type and its shape. */
export type Node<Name extends OperationName = OperationName> = NodeOf<OperationForms, Name>;

/** A `T` for each operand: a tuple where the operation takes a fixed number of them. */
export type PerOperand<Form extends { inputs: readonly number[] }, T> = PerElement<Form['inputs'], T>;
type PerElement<Inputs extends readonly number[], T> = { readonly [I in keyof Inputs]: T };

/** One value for each operand. */
export const perOperand = <Form extends { inputs: readonly number[] }, T>(
  { inputs }: Form,
  valueOf: (id: number) => T,
): PerOperand<Form, T> => inputs.map(valueOf) as PerOperand<Form, T>;

/** The same entry under several names. */
export const each = <Name extends string, const T>(names: readonly Name[], entry: T): Record<Name, T> =>
  Object.fromEntries(names.map((name) => [name, entry])) as Record<Name, T>;

/** Number of operands of each operation; null if it takes any number of them. */
export type Arities<Forms extends Record<keyof Forms, { inputs: readonly number[] }>> = {
  readonly [N in keyof Forms]: number extends Forms[N]['inputs']['length'] ? null : Forms[N]['inputs']['length'];
};
export const ARITIES: Arities<OperationForms> = {
  ...each(UNARY, 1),
  ...each(BINARY, 2),
  ...each(COMPARISON, 2),
  input: 0,
  constant: 0,
  cast: 1,
  matMul: 2,
  reduceSum: 1,
  reduceMax: 1,
  argMax: 1,
  gather: 2,
  reshape: 1,
  slice: 1,
  concat: null,
  broadcastLike: 2,
};

export const OPERATION_NAMES = Object.keys(ARITIES) as OperationName[];

/** Whether the operation's value is given, not computed. */
export const isSource = ({ op }: { op: OperationName }): boolean => ARITIES[op] === 0;
