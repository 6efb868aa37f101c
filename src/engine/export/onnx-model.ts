/**
 * An inference graph in ONNX: `input` [batch, features], raw values; `output` [batch, outputs], the predictions.
 *
 * It declares the requested opset, or the lowest one that has all of its operators, so that old runtimes can load it
 * (onnxruntime-web before 1.17 has no opset 20).
 */
import { RelumineError } from '../../errors.ts';
import { sizeOf } from '../../model/outline.ts';
import { ONNX_OPSETS, type Activation } from '../../vocabulary/index.ts';
import { encodeModel } from '../executors/onnx/model-proto.ts';
import { spreadOf } from '../math/scaling.ts';
import { OperatorWriter } from './onnx-operators.ts';
import { trainedLayers, type CurvedName, type TrainedLayer } from './trained-layers.ts';
import { namesOf, OUTPUT_ACTIVATIONS, type TrainedModel } from './trained-model.ts';

/** Throws INVALID_REQUEST if the opset is out of range or lacks an operator that the model needs. */
export function modelAsOnnx(model: TrainedModel, { opset }: { opset?: number } = {}): Uint8Array {
  if (opset !== undefined) demandKnown(opset);
  const chosen = opset ?? Math.max(ONNX_OPSETS.lowest, writeModel(model, ONNX_OPSETS.lowest).neededOpset);
  const writer = writeModel(model, chosen);
  writer.demandOpset();
  return encodeModel(writer.graph.graph, {
    opset: chosen,
    metadata: {
      task: model.task,
      step: String(model.state.step),
      normalization: model.normalization ? 'included: pass raw values' : 'none',
      // Properties are texts.
      ...Object.fromEntries(Object.entries(namesOf(model) ?? {}).map(([key, value]) => [key, JSON.stringify(value)])),
    },
  });
}

function demandKnown(opset: number): void {
  const { lowest, highest } = ONNX_OPSETS;
  if (Number.isInteger(opset) && opset >= lowest && opset <= highest) return;
  throw new RelumineError(
    'INVALID_REQUEST',
    `Opset ${opset} is not supported. Request one from ${lowest} to ${highest}.`,
    {
      details: [{ path: 'opset', message: `must be an integer from ${lowest} to ${highest}` }],
    },
  );
}

function writeModel(model: TrainedModel, opset: number): OperatorWriter {
  const { task, outline, normalization, targetNormalization } = model;
  const writer = new OperatorWriter(opset);
  const { graph } = writer;
  const features = sizeOf(outline.inputShape);
  let x = graph.input({ name: 'input', elementType: 'float32', dims: ['batch', features] });
  if (normalization) {
    const centred = writer.op('Sub', [x, graph.named('normalization.shift', normalization.shift, [features])]);
    x = writer.op('Mul', [centred, graph.named('normalization.scale', normalization.scale, [features])]);
  }
  for (const layer of trainedLayers(model)) x = writeLayer(writer, layer, x);
  if (targetNormalization) {
    const { shift } = targetNormalization;
    const spread = graph.named('denormalization.spread', spreadOf(targetNormalization), [outline.outputs]);
    x = writer.op('Add', [
      writer.op('Mul', [x, spread]),
      graph.named('denormalization.shift', shift, [outline.outputs]),
    ]);
  }
  writeOutput(writer, OUTPUT_ACTIVATIONS[task], x);
  graph.output({ name: 'output', elementType: 'float32', dims: ['batch', outline.outputs] });
  return writer;
}

function writeOutput(
  writer: OperatorWriter,
  activation: (typeof OUTPUT_ACTIVATIONS)[keyof typeof OUTPUT_ACTIVATIONS],
  x: string,
): void {
  switch (activation) {
    case 'softmax':
      // Axis 1, not -1: opsets before 11 have no negative axes, and of two dimensions it is the last.
      return writer.output('output', 'Softmax', [x], { axis: { int: 1 } });
    case 'sigmoid':
      return writer.output('output', 'Sigmoid', [x]);
    case 'linear':
      return writer.output('output', 'Identity', [x]);
  }
}

function writeLayer(writer: OperatorWriter, layer: TrainedLayer, x: string): string {
  const named = (tensor: string, values: Float32Array, dims = [values.length]): string =>
    writer.graph.named(`${layer.name}.${tensor}`, values, dims);
  switch (layer.type) {
    case 'dense': {
      const kernel = named('kernel', layer.kernel, [layer.inputs, layer.units]);
      return writer.op('Gemm', [x, kernel, named('bias', layer.bias)]);
    }
    case 'activation': {
      const slopes = layer.slopes && named('slopes', layer.slopes);
      return writeActivation(writer, x, layer.activation, slopes);
    }
    case 'batchNormalization': {
      const { gamma, beta, mean, variance, epsilon } = layer;
      const tensors = Object.entries({ gamma, beta, mean, variance }).map(([name, values]) => named(name, values));
      return writer.op('BatchNormalization', [x, ...tensors], { epsilon: { float: epsilon } });
    }
    case 'layerNormalization':
      return writer.layerNormalization(x, named('gamma', layer.gamma), named('beta', layer.beta), layer.epsilon);
    case 'dropout':
    case 'alphaDropout':
      return x; // they drop nothing in inference
  }
}

/** `slopes` are the learned ones of prelu; null for every other activation. */
type ActivationWriter<Name extends CurvedName> = (
  writer: OperatorWriter,
  x: string,
  activation: Activation<Name>,
  slopes: string | null,
) => string;

const ACTIVATION_WRITERS: { readonly [Name in CurvedName]: ActivationWriter<Name> } = {
  relu: (writer, x) => writer.op('Relu', [x]),
  leakyRelu: (writer, x, { alpha }) => writer.op('LeakyRelu', [x], { alpha: { float: alpha } }),
  prelu(writer, x, _activation, slopes) {
    if (slopes === null) throw new TypeError('A prelu layer has no slopes.');
    return writer.op('PRelu', [x, slopes]);
  },
  elu: (writer, x, { alpha }) => writer.elu(x, alpha),
  celu: (writer, x, { alpha }) => writer.celu(x, alpha),
  selu: (writer, x) => writer.op('Selu', [x]),
  gelu: (writer, x) => writer.gelu(x),
  geluTanh: (writer, x) => writer.geluTanh(x),
  silu: (writer, x) => writer.op('Mul', [x, writer.op('Sigmoid', [x])]),
  mish: (writer, x) => writer.mish(x),
  softplus: (writer, x) => writer.op('Softplus', [x]),
  tanh: (writer, x) => writer.op('Tanh', [x]),
  sigmoid: (writer, x) => writer.op('Sigmoid', [x]),
};

function writeActivation<Name extends CurvedName>(
  writer: OperatorWriter,
  x: string,
  activation: Activation<Name>,
  slopes: string | null,
): string {
  const write: ActivationWriter<Name> = ACTIVATION_WRITERS[activation.type];
  return write(writer, x, activation, slopes);
}
