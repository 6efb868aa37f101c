/** Each primitive as a TensorFlow.js kernel, for the WASM backend and the one in plain JavaScript. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { BinaryName, ComparisonName, Node, UnaryName } from '../../program/operations.ts';
import { concreteShape } from '../../program/shapes.ts';
import type { TensorFlow } from './backends.ts';

/** Computes one node from its operands. */
export type Kernel = (operands: Tensor[], batchSize: number) => Tensor;

const UNARY_KERNELS: Record<UnaryName, string> = {
  neg: 'Neg',
  abs: 'Abs',
  sign: 'Sign',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  erf: 'Erf',
  softplus: 'Softplus',
  relu: 'Relu',
};
const BINARY_KERNELS: Record<BinaryName | ComparisonName, string> = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Multiply',
  div: 'RealDiv',
  maximum: 'Maximum',
  minimum: 'Minimum',
  greater: 'Greater',
  equal: 'Equal',
};

/** Null for inputs, constants and gathers, whose values the executable brings from the host. */
export function kernelFor(tf: TensorFlow, node: Node): Kernel | null {
  const run = (name: string, inputs: Record<string, Tensor>, attributes: Record<string, unknown> = {}): Tensor =>
    tf.engine().runKernel(name, inputs, attributes as Parameters<ReturnType<TensorFlow['engine']>['runKernel']>[2]);
  switch (node.op) {
    case 'input':
    case 'constant':
    case 'gather':
      return null;
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'maximum':
    case 'minimum':
    case 'greater':
    case 'equal':
      return ([a, b]) => run(BINARY_KERNELS[node.op], { a: a!, b: b! });
    case 'cast':
      return ([x]) => run(x!.dtype === 'float32' ? 'Identity' : 'Cast', { x: x! }, { dtype: 'float32' });
    case 'matMul':
      // The WASM backend multiplies transposed matrices ten times slower than it transposes and multiplies them.
      return ([a, b]) =>
        tf.tidy(() => {
          const left = node.transposeA ? run('Transpose', { x: a! }, { perm: [1, 0] }) : a!;
          const right = node.transposeB ? run('Transpose', { x: b! }, { perm: [1, 0] }) : b!;
          return run('BatchMatMul', { a: left, b: right }, { transposeA: false, transposeB: false });
        });
    case 'reduceSum':
      return ([x]) => run('Sum', { x: x! }, { axis: [...node.axes], keepDims: node.keepDims });
    case 'reduceMax':
      return ([x]) => run('Max', { x: x! }, { reductionIndices: [...node.axes], keepDims: node.keepDims });
    case 'argMax':
      return ([x]) => run('ArgMax', { x: x! }, { axis: 1 });
    case 'reshape':
      return ([x], batchSize) => run('Reshape', { x: x! }, { shape: concreteShape(node.shape, batchSize) });
    case 'slice':
      return ([x]) => run('Slice', { x: x! }, { begin: [node.start], size: [node.size] });
    case 'concat':
      return (parts) => tf.concat1d(parts as Tensor1D[]);
    case 'broadcastLike':
      return ([x, like]) => tf.broadcastTo(x!, like!.shape);
    default:
      return ([x]) => run(UNARY_KERNELS[node.op], { x: x! });
  }
}
