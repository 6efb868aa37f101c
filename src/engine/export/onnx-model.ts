/**
 * An inference graph in ONNX: `input` [batch, features], raw values; `output` [batch, outputs], what predictions say.
 */
import type { Activation, ActivationName } from '../../vocabulary/index.ts';
import { sizeOf } from '../../model/outline.ts';
import { GraphWriter } from '../executors/onnx/graph-writer.ts';
import { encodeModel, type Attribute } from '../executors/onnx/model-proto.ts';
import { trainedLayers, type TrainedLayer } from './trained-layers.ts';
import { OUTPUT_ACTIVATIONS, type TrainedModel } from './trained-model.ts';

export function modelAsOnnx(model: TrainedModel): Uint8Array {
  const {
    task,
    plan: { inputShape, outputs },
    state,
    normalization,
  } = model;
  const features = sizeOf(inputShape);
  const graph = new GraphWriter('relumine');
  let x = graph.input({ name: 'input', elementType: 'float32', dims: ['batch', features] });
  if (normalization) {
    const centred = graph.op('Sub', [x, graph.named('normalization.shift', normalization.shift, [features])]);
    x = graph.op('Mul', [centred, graph.named('normalization.scale', normalization.scale, [features])]);
  }
  for (const layer of trainedLayers(model)) x = writeLayer(graph, layer, x);
  const outputActivation = OUTPUT_OPERATORS[OUTPUT_ACTIVATIONS[task]];
  graph.write(outputActivation.opType, [x], ['output'], outputActivation.attributes);
  graph.output({ name: 'output', elementType: 'float32', dims: ['batch', outputs] });
  return encodeModel(graph.graph, {
    opset: 20,
    metadata: {
      task,
      step: String(state.step),
      normalization: normalization ? 'included: give raw values' : 'none',
    },
  });
}

interface OperatorCall {
  opType: string;
  attributes: Record<string, Attribute>;
}
const call = (opType: string, attributes: Record<string, Attribute> = {}): OperatorCall => ({ opType, attributes });

const OUTPUT_OPERATORS = {
  softmax: call('Softmax', { axis: { int: -1 } }),
  sigmoid: call('Sigmoid'),
  linear: call('Identity'),
};

type SingleOperatorName = Exclude<ActivationName, 'linear' | 'prelu' | 'silu'>;
/** Activations that are one operator without tensors of its own. */
const ACTIVATION_OPERATORS: {
  readonly [Name in SingleOperatorName]: (activation: Activation<Name>) => OperatorCall;
} = {
  relu: () => call('Relu'),
  leakyRelu: ({ alpha }) => call('LeakyRelu', { alpha: { float: alpha } }),
  elu: ({ alpha }) => call('Elu', { alpha: { float: alpha } }),
  celu: ({ alpha }) => call('Celu', { alpha: { float: alpha } }),
  selu: () => call('Selu'),
  gelu: () => call('Gelu', { approximate: { text: 'none' } }),
  geluTanh: () => call('Gelu', { approximate: { text: 'tanh' } }),
  mish: () => call('Mish'),
  softplus: () => call('Softplus'),
  tanh: () => call('Tanh'),
  sigmoid: () => call('Sigmoid'),
};

const operatorOf = <Name extends SingleOperatorName>(activation: Activation<Name>): OperatorCall =>
  ACTIVATION_OPERATORS[activation.type](activation);

function writeLayer(graph: GraphWriter, layer: TrainedLayer, x: string): string {
  const named = (tensor: string, values: Float32Array, dims = [values.length]): string =>
    graph.named(`${layer.name}.${tensor}`, values, dims);
  switch (layer.type) {
    case 'dense':
      return graph.op('Gemm', [
        x,
        named('kernel', layer.kernel, [layer.inputs, layer.units]),
        named('bias', layer.bias),
      ]);
    case 'activation': {
      const { activation, slopes } = layer;
      if (activation.type === 'silu') return graph.op('Mul', [x, graph.op('Sigmoid', [x])]);
      if (activation.type === 'prelu') {
        if (!slopes) throw new TypeError(`${layer.name} is a prelu without slopes`);
        return graph.op('PRelu', [x, named('slopes', slopes)]);
      }
      const operator = operatorOf(activation);
      return graph.op(operator.opType, [x], operator.attributes);
    }
    case 'batchNormalization':
      return graph.op(
        'BatchNormalization',
        [
          x,
          named('gamma', layer.gamma),
          named('beta', layer.beta),
          named('mean', layer.mean),
          named('variance', layer.variance),
        ],
        { epsilon: { float: layer.epsilon } },
      );
    case 'layerNormalization':
      return graph.op('LayerNormalization', [x, named('gamma', layer.gamma), named('beta', layer.beta)], {
        axis: { int: -1 },
        epsilon: { float: layer.epsilon },
      });
    case 'dropout':
    case 'alphaDropout':
      return x; // they drop nothing in inference
  }
}
