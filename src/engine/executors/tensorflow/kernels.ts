/** Each primitive as a TensorFlow.js kernel, for the WASM backend and the one in plain JavaScript. */
import type { NamedTensorMap, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import {
  perOperand,
  type Node,
  type OperationForms,
  type OperationName,
  type PerOperand,
} from '../../program/operations.ts';
import { concreteShape } from '../../program/shapes.ts';
import type { TensorFlow } from './backends.ts';

/** Computes one node; its operands are read by their ids. */
export type Kernel = (valueOf: (id: number) => Tensor, batchSize: number) => Tensor;
/** The same with the operands at hand. */
export type KernelOf<N extends OperationName> = (
  operands: PerOperand<OperationForms[N], Tensor>,
  batchSize: number,
) => Tensor;

/** Inputs, constants and gathers have no kernel: the executable brings their values from the host. */
export type HostName = 'input' | 'constant' | 'gather';
export type KernelName = Exclude<OperationName, HostName>;
export const isFromHost = (node: Node): node is Node<HostName> =>
  node.op === 'input' || node.op === 'constant' || node.op === 'gather';

interface Runner {
  tf: TensorFlow;
  run: (kernel: string, inputs: NamedTensorMap, attributes?: Attributes) => Tensor;
}
type Attributes = NonNullable<Parameters<ReturnType<TensorFlow['engine']>['runKernel']>[2]>;

const KERNELS: { [N in KernelName]: (node: Node<N>, runner: Runner) => KernelOf<N> } = {
  neg: unary('Neg'),
  abs: unary('Abs'),
  sign: unary('Sign'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  tanh: unary('Tanh'),
  sigmoid: unary('Sigmoid'),
  erf: unary('Erf'),
  softplus: unary('Softplus'),
  relu: unary('Relu'),
  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Multiply'),
  div: binary('RealDiv'),
  maximum: binary('Maximum'),
  minimum: binary('Minimum'),
  greater: binary('Greater'),
  equal: binary('Equal'),
  cast:
    (_, { run }) =>
    ([x]) =>
      run(x.dtype === 'float32' ? 'Identity' : 'Cast', { x }, { dtype: 'float32' }),
  // The WASM backend multiplies transposed matrices ten times slower than it transposes and multiplies them.
  matMul:
    ({ transposeA, transposeB }, { tf, run }) =>
    ([a, b]) =>
      tf.tidy(() => {
        const left = transposeA ? run('Transpose', { x: a }, { perm: [1, 0] }) : a;
        const right = transposeB ? run('Transpose', { x: b }, { perm: [1, 0] }) : b;
        return run('BatchMatMul', { a: left, b: right }, { transposeA: false, transposeB: false });
      }),
  reduceSum:
    ({ axes, keepDims }, { run }) =>
    ([x]) =>
      run('Sum', { x }, { axis: [...axes], keepDims }),
  reduceMax:
    ({ axes, keepDims }, { run }) =>
    ([x]) =>
      run('Max', { x }, { reductionIndices: [...axes], keepDims }),
  argMax:
    (_, { run }) =>
    ([x]) =>
      run('ArgMax', { x }, { axis: 1 }),
  reshape:
    ({ shape }, { run }) =>
    ([x], batchSize) =>
      run('Reshape', { x }, { shape: concreteShape(shape, batchSize) }),
  slice:
    ({ start, size }, { run }) =>
    ([x]) =>
      run('Slice', { x }, { begin: [start], size: [size] }),
  concat:
    (_, { tf }) =>
    (parts) =>
      tf.concat1d(parts as Tensor1D[]),
  broadcastLike:
    (_, { tf }) =>
    ([x, like]) =>
      tf.broadcastTo(x, like.shape),
};

export function kernelFor<N extends KernelName>(tf: TensorFlow, node: Node<N>): Kernel {
  const make: (node: Node<N>, runner: Runner) => KernelOf<N> = KERNELS[node.op];
  const kernel = make(node, { tf, run: (name, inputs, attributes) => tf.engine().runKernel(name, inputs, attributes) });
  return (valueOf, batchSize) => kernel(perOperand(node, valueOf), batchSize);
}

function unary(name: string) {
  return (_: unknown, { run }: Runner) =>
    ([x]: readonly [Tensor]): Tensor =>
      run(name, { x });
}

function binary(name: string) {
  return (_: unknown, { run }: Runner) =>
    ([a, b]: readonly [Tensor, Tensor]): Tensor =>
      run(name, { a, b });
}
