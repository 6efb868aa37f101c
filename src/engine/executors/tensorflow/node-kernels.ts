/**
 * Primitives as TensorFlow's own ops, called directly on tfjs-node's backend. TensorFlow.js' kernels would make a new
 * tensor of each axis and each shape; without them an op takes a half to a fifth of the time. Only single matrices
 * occur, so matMul is MatMul.
 */
import type { KernelBackend, Tensor } from '@tensorflow/tfjs-core';
import { perOperand, type DataType, type Node } from '../../program/operations.ts';
import { concreteShape } from '../../program/shapes.ts';
import type { TensorFlow } from './backends.ts';
import type { Kernel, KernelName, KernelOf } from './kernels.ts';

/** The part of tfjs-node's backend that is used here. */
interface NodeBackend {
  readonly binding: Record<
    'TF_ATTR_TYPE' | 'TF_ATTR_BOOL' | 'TF_ATTR_INT' | 'TF_FLOAT' | 'TF_INT32' | 'TF_BOOL',
    number
  >;
  executeSingleOutput(name: string, attributes: Attribute[], inputs: readonly Tensor[]): Tensor;
}
interface Attribute {
  name: string;
  type: number;
  value: number | boolean;
}

/** An int32 vector on the backend, or a scalar of one number; kept as long as the program is open. */
type IntegerTensor = (values: number | readonly number[]) => Tensor;

/** Writes ops of one node. `T` is the type of the node's first operand. */
class OpWriter {
  readonly #backend: NodeBackend;
  readonly integers: IntegerTensor;
  readonly operandType: DataType;

  constructor(backend: NodeBackend, integers: IntegerTensor, operandType: DataType) {
    this.#backend = backend;
    this.integers = integers;
    this.operandType = operandType;
  }

  /** An op on these operands, and on further ones that its kernel may add: axes, shapes. */
  op(name: string, attributes: Attribute[]): (operands: readonly Tensor[], ...more: readonly Tensor[]) => Tensor {
    return (operands, ...more) =>
      this.#backend.executeSingleOutput(name, attributes, more.length > 0 ? [...operands, ...more] : operands);
  }

  get T(): Attribute {
    const { TF_INT32, TF_BOOL, TF_FLOAT } = this.#backend.binding;
    const types: Record<DataType, number> = { int32: TF_INT32, bool: TF_BOOL, float32: TF_FLOAT, uint8: TF_FLOAT };
    return this.type('T', types[this.operandType]);
  }
  type(name: string, value: number): Attribute {
    return { name, type: this.#backend.binding.TF_ATTR_TYPE, value };
  }
  float(name: string): Attribute {
    return this.type(name, this.#backend.binding.TF_FLOAT);
  }
  int32(name: string): Attribute {
    return this.type(name, this.#backend.binding.TF_INT32);
  }
  flag(name: string, value: boolean): Attribute {
    return { name, type: this.#backend.binding.TF_ATTR_BOOL, value };
  }
  count(name: string, value: number): Attribute {
    return { name, type: this.#backend.binding.TF_ATTR_INT, value };
  }
}

const NODE_KERNELS: { [N in KernelName]: (node: Node<N>, writer: OpWriter) => KernelOf<N> } = {
  neg: elementwise('Neg'),
  abs: elementwise('Abs'),
  sign: elementwise('Sign'),
  exp: elementwise('Exp'),
  log: elementwise('Log'),
  sqrt: elementwise('Sqrt'),
  tanh: elementwise('Tanh'),
  sigmoid: elementwise('Sigmoid'),
  erf: elementwise('Erf'),
  softplus: elementwise('Softplus'),
  relu: elementwise('Relu'),
  add: elementwise('AddV2'),
  sub: elementwise('Sub'),
  mul: elementwise('Mul'),
  div: elementwise('RealDiv'),
  maximum: elementwise('Maximum'),
  minimum: elementwise('Minimum'),
  greater: elementwise('Greater'),
  equal: elementwise('Equal'),
  cast(_, w) {
    // TensorFlow.js has no uint8: such values are float32 already.
    if (w.operandType === 'uint8') return ([x]) => x.clone();
    const cast = w.op('Cast', [{ ...w.T, name: 'SrcT' }, w.float('DstT'), w.flag('Truncate', false)]);
    return (operands) => cast(operands);
  },
  matMul({ transposeA, transposeB }, w) {
    const product = w.op('MatMul', [w.T, w.flag('transpose_a', transposeA), w.flag('transpose_b', transposeB)]);
    return (operands) => product(operands);
  },
  reduceSum: reduction('Sum'),
  reduceMax: reduction('Max'),
  argMax(_, w) {
    const argMax = w.op('ArgMax', [w.T, w.int32('Tidx'), w.int32('output_type')]);
    const axis = w.integers(1);
    return (operands) => argMax(operands, axis);
  },
  reshape({ shape }, w) {
    const reshape = w.op('Reshape', [w.T, w.int32('Tshape')]);
    return (operands, batchSize) => reshape(operands, w.integers(concreteShape(shape, batchSize)));
  },
  slice({ start, size }, w) {
    const slice = w.op('Slice', [w.T, w.int32('Index')]);
    const [begin, length] = [w.integers([start]), w.integers([size])];
    return (operands) => slice(operands, begin, length);
  },
  concat({ inputs }, w) {
    const concat = w.op('ConcatV2', [w.count('N', inputs.length), w.int32('Tidx'), w.T]);
    const axis = w.integers(0);
    return (operands) => concat(operands, axis);
  },
  broadcastLike({ shape }, w) {
    const broadcast = w.op('BroadcastTo', [w.T, w.int32('Tidx')]);
    return ([x], batchSize) => broadcast([x], w.integers(concreteShape(shape, batchSize)));
  },
};

/** `operandType` is the type of the first operand. */
export function nodeKernelFor<N extends KernelName>(
  tf: TensorFlow,
  node: Node<N>,
  operandType: DataType,
  integers: IntegerTensor,
): Kernel {
  const make: (node: Node<N>, writer: OpWriter) => KernelOf<N> = NODE_KERNELS[node.op];
  const kernel = make(node, new OpWriter(nodeBackendOf(tf), integers, operandType));
  return (valueOf, batchSize) => kernel(perOperand(node, valueOf), batchSize);
}

function nodeBackendOf(tf: TensorFlow): NodeBackend {
  const backend = tf.backend();
  if (!isNodeBackend(backend)) throw new TypeError("The current backend is not tfjs-node's.");
  return backend;
}
const isNodeBackend = (backend: KernelBackend): backend is KernelBackend & NodeBackend =>
  'executeSingleOutput' in backend && 'binding' in backend;

function elementwise(name: string) {
  return (_: unknown, w: OpWriter) => {
    const op = w.op(name, [w.T]);
    return (operands: readonly Tensor[]): Tensor => op(operands);
  };
}

function reduction(name: string) {
  return ({ axes, keepDims }: Node<'reduceSum' | 'reduceMax'>, w: OpWriter) => {
    const reduce = w.op(name, [w.T, w.int32('Tidx'), w.flag('keep_dims', keepDims)]);
    const axesTensor = w.integers(axes);
    return (operands: readonly Tensor[]): Tensor => reduce(operands, axesTensor);
  };
}
