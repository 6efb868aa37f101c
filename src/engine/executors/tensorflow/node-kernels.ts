/**
 * Primitives as TensorFlow's own ops, called on tfjs-node's backend without the way through TensorFlow.js' kernels,
 * which make a new
 * tensor of each axis and each shape: two to five times less time per op. Only single matrices occur, so matMul is
 * MatMul.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { DataType, Node, OperationName } from '../../program/operations.ts';
import { concreteShape } from '../../program/shapes.ts';
import type { TensorFlow } from './backends.ts';
import type { Kernel } from './kernels.ts';

/** The part of tfjs-node's backend that is used here. */
interface NodeBackend {
  readonly binding: Record<
    'TF_ATTR_TYPE' | 'TF_ATTR_BOOL' | 'TF_ATTR_INT' | 'TF_FLOAT' | 'TF_INT32' | 'TF_BOOL',
    number
  >;
  executeSingleOutput(name: string, attributes: Attribute[], inputs: Tensor[]): Tensor;
}
interface Attribute {
  name: string;
  type: number;
  value: number | boolean;
}

/** An int32 vector on the backend, or a scalar of one number; kept as long as the program is open. */
export type IntegerTensor = (values: number | readonly number[]) => Tensor;

const ELEMENTWISE: Partial<Record<OperationName, string>> = {
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
  add: 'AddV2',
  sub: 'Sub',
  mul: 'Mul',
  div: 'RealDiv',
  maximum: 'Maximum',
  minimum: 'Minimum',
  greater: 'Greater',
  equal: 'Equal',
};

/**
 * Null for inputs, constants and gathers, whose values the executable brings from the host. `operandType` is the type
 * of the first operand.
 */
export function nodeKernelFor(
  tf: TensorFlow,
  node: Node,
  operandType: DataType,
  integers: IntegerTensor,
): Kernel | null {
  const backend = tf.backend() as unknown as NodeBackend;
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_INT, TF_FLOAT, TF_INT32, TF_BOOL } = backend.binding;
  const typeValue = operandType === 'int32' ? TF_INT32 : operandType === 'bool' ? TF_BOOL : TF_FLOAT;
  const type = (name: string, value = typeValue): Attribute => ({ name, type: TF_ATTR_TYPE, value });
  const flag = (name: string, value: boolean): Attribute => ({ name, type: TF_ATTR_BOOL, value });
  /** The op on the node's operands and constant tensors behind them. */
  const call =
    (name: string, attributes: Attribute[], ...constants: Tensor[]): Kernel =>
    (operands) =>
      backend.executeSingleOutput(name, attributes, constants.length > 0 ? [...operands, ...constants] : operands);

  switch (node.op) {
    case 'input':
    case 'constant':
    case 'gather':
      return null;
    case 'cast':
      return operandType === 'uint8'
        ? ([x]) => x!.clone()
        : call('Cast', [type('SrcT'), type('DstT', TF_FLOAT), flag('Truncate', false)]);
    case 'matMul':
      return call('MatMul', [type('T'), flag('transpose_a', node.transposeA), flag('transpose_b', node.transposeB)]);
    case 'reduceSum':
    case 'reduceMax':
      return call(
        node.op === 'reduceSum' ? 'Sum' : 'Max',
        [type('T'), type('Tidx', TF_INT32), flag('keep_dims', node.keepDims)],
        integers(node.axes),
      );
    case 'argMax':
      return call('ArgMax', [type('T'), type('Tidx', TF_INT32), type('output_type', TF_INT32)], integers(1));
    case 'reshape': {
      const attributes = [type('T'), type('Tshape', TF_INT32)];
      return ([x], batchSize) =>
        backend.executeSingleOutput('Reshape', attributes, [x!, integers(concreteShape(node.shape, batchSize))]);
    }
    case 'slice':
      return call('Slice', [type('T'), type('Index', TF_INT32)], integers([node.start]), integers([node.size]));
    case 'concat':
      return call(
        'ConcatV2',
        [{ name: 'N', type: TF_ATTR_INT, value: node.inputs.length }, type('Tidx', TF_INT32), type('T')],
        integers(0),
      );
    case 'broadcastLike': {
      const attributes = [type('T'), type('Tidx', TF_INT32)];
      return ([x], batchSize) =>
        backend.executeSingleOutput('BroadcastTo', attributes, [x!, integers(concreteShape(node.shape, batchSize))]);
    }
    default:
      return call(ELEMENTWISE[node.op]!, [type('T')]);
  }
}
