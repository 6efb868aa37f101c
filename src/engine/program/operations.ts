/**
 * The primitive operations of tensor programs. Whatever a network computes, its gradient, its optimizer and its probes
 * are
 * written in these words; an executor has to know these and nothing else. Values are float32 unless a rule says
 * otherwise.
 */

export type DataType = 'float32' | 'int32' | 'uint8' | 'bool';
/** Shapes are static but for the batch, whose size is known when a program runs. */
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

/** `inputs` are ids of earlier nodes. */
export type Operation =
  | { op: 'input'; inputs: []; role: InputRole; name: string }
  | { op: 'constant'; inputs: []; values: Float32Array | Int32Array }
  | { op: UnaryName; inputs: [number] }
  | { op: BinaryName | ComparisonName; inputs: [number, number] }
  /** bool and uint8 -> float32, int32 -> float32. */
  | { op: 'cast'; inputs: [number] }
  /** [m, k] x [k, n] -> [m, n] after transposing either side. */
  | { op: 'matMul'; inputs: [number, number]; transposeA: boolean; transposeB: boolean }
  /** Over the given axes, ascending; keepDims leaves dimensions of 1. */
  | { op: 'reduceSum' | 'reduceMax'; inputs: [number]; axes: readonly number[]; keepDims: boolean }
  /** Over the last axis of [rows, n]; int32 [rows]; the first of equal ones. */
  | { op: 'argMax'; inputs: [number] }
  /** Rows of a `data` input [samples, ...] of any type by a `step` input, int32 [n] -> [n, ...]. */
  | { op: 'gather'; inputs: [number, number] }
  /** Same elements in the same order; the target shape is the node's shape. */
  | { op: 'reshape'; inputs: [number] }
  /** `size` elements of a vector from `start`. */
  | { op: 'slice'; inputs: [number]; start: number; size: number }
  /** Vectors one after another. */
  | { op: 'concat'; inputs: readonly number[] }
  /** The first repeated (NumPy broadcasting) to the shape of the second, whose values are not read. */
  | { op: 'broadcastLike'; inputs: [number, number] };

export type OperationName = Operation['op'];

/** One value of a program: the operation that makes it, its type and its shape. */
export type Node = Operation & { readonly id: number; readonly dtype: DataType; readonly shape: Shape };
