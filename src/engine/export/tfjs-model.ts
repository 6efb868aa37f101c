/**
 * A LayersModel of TensorFlow.js in one JSON file: the fields of tf.io.ModelArtifacts, with `weightData` in base64, so
 *
 *     const { weightData, ...model } = JSON.parse(text);
 *     tf.loadLayersModel(tf.io.fromMemory({ ...model, weightData: Uint8Array.from(atob(weightData), (c) => c.charCodeAt(0)).buffer }));
 *
 * loads it. `tf.loadLayersModel(url)` loads the same model as two files: `model.json` and the `weights.bin` that its
 * `weightsManifest` names. It looks for the weights beside the model's URL, and if they are missing it reads the error
 * response as weights. So the manifest of the one-file form names the path of `weights.bin` relative to its own URL.
 */
import { DENORMALIZATION, type ActivationName } from '../../vocabulary/index.ts';
import { sizeOf } from '../../model/outline.ts';
import { spreadOf } from '../math/scaling.ts';
import { trainedLayers, type TrainedLayer } from './trained-layers.ts';
import { namesOf, OUTPUT_ACTIVATIONS, type TrainedModel } from './trained-model.ts';

export function modelAsTfjs(model: TrainedModel): Uint8Array {
  const artifacts = layersModelOf(model);
  const { specs: weightSpecs, weights } = artifacts;
  return jsonOf({
    ...describe(model, artifacts, 'model/tfjs/weights.bin'),
    weightSpecs,
    weightData: bytesOf(weights).toString('base64'),
  });
}

export const tfjsModelFile = (model: TrainedModel): Uint8Array =>
  jsonOf(describe(model, layersModelOf(model), 'weights.bin'));
export const tfjsWeights = (model: TrainedModel): Uint8Array => bytesOf(layersModelOf(model).weights);

const describe = (model: TrainedModel, { layers, specs, output }: LayersModel, weightsPath: string) => ({
  format: 'layers-model',
  generatedBy: 'relumine',
  convertedBy: null,
  modelTopology: {
    class_name: 'Model',
    config: { name: 'relumine', layers, input_layers: [['input', 0, 0]], output_layers: [[output, 0, 0]] },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  },
  userDefinedMetadata: { task: model.task, step: model.state.step, ...namesOf(model) },
  weightsManifest: [{ paths: [weightsPath], weights: specs }],
});
const jsonOf = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));

interface Weight {
  name: string;
  shape: number[];
  values: Float32Array;
}
interface LayersModel {
  layers: object[];
  weights: Weight[];
  specs: { name: string; shape: number[]; dtype: 'float32' }[];
  output: string;
}

function layersModelOf(model: TrainedModel): LayersModel {
  const { outline, normalization, targetNormalization, task } = model;
  const features = sizeOf(outline.inputShape);
  const writer = new LayersWriter(features);
  if (normalization) {
    const { shift, scale } = normalization;
    writer.affine('normalization', { mean: shift, gamma: scale, beta: new Float32Array(features) });
  }
  for (const layer of trainedLayers(model)) writer.layer(layer);
  if (targetNormalization) {
    const { shift } = targetNormalization;
    const mean = new Float32Array(outline.outputs);
    writer.affine(DENORMALIZATION, { mean, gamma: spreadOf(targetNormalization), beta: shift });
  }
  const activation = OUTPUT_ACTIVATIONS[task];
  if (activation !== 'linear') writer.add('Activation', 'prediction', { activation });
  const specs = writer.weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const }));
  return { layers: writer.layers, weights: writer.weights, specs, output: writer.last };
}

const bytesOf = (weights: readonly Weight[]): Buffer =>
  Buffer.concat(weights.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)));

/** Activations that TensorFlow.js knows by name. */
const NAMED = {
  relu: 'relu',
  selu: 'selu',
  gelu: 'gelu',
  silu: 'swish',
  mish: 'mish',
  softplus: 'softplus',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
} as const satisfies Partial<Record<ActivationName, string>>;

/** Writes layers one after another; each takes the output of the one before unless its inputs are named. */
class LayersWriter {
  readonly layers: object[] = [];
  readonly weights: Weight[] = [];
  last = 'input';

  constructor(features: number) {
    this.layers.push({
      name: 'input',
      class_name: 'InputLayer',
      config: { name: 'input', batch_input_shape: [null, features], dtype: 'float32', sparse: false },
      inbound_nodes: [],
    });
  }

  add(
    className: string,
    name: string,
    config: object,
    weights: Record<string, [number[], Float32Array]> = {},
    inputs: readonly string[] = [this.last],
  ): string {
    this.layers.push({
      name,
      class_name: className,
      config: { name, trainable: true, dtype: 'float32', ...config },
      inbound_nodes: [inputs.map((input) => [input, 0, 0, {}])],
    });
    for (const [weight, [shape, values]] of Object.entries(weights))
      this.weights.push({ name: `${name}/${weight}`, shape, values });
    this.last = name;
    return name;
  }

  /** (x - mean) gamma + beta, as a batch normalization that nothing trains. */
  affine(name: string, { mean, gamma, beta }: Record<'mean' | 'gamma' | 'beta', Float32Array>): void {
    const shape = [mean.length];
    const ones = new Float32Array(mean.length).fill(1);
    this.add(
      'BatchNormalization',
      name,
      { trainable: false, axis: -1, epsilon: 0, momentum: 1, center: true, scale: true },
      { gamma: [shape, gamma], beta: [shape, beta], moving_mean: [shape, mean], moving_variance: [shape, ones] },
    );
  }

  layer(layer: TrainedLayer): void {
    switch (layer.type) {
      case 'dense':
        this.add(
          'Dense',
          layer.name,
          { units: layer.units, activation: 'linear', use_bias: true },
          { kernel: [[layer.inputs, layer.units], layer.kernel], bias: [[layer.units], layer.bias] },
        );
        break;
      case 'activation':
        this.#activation(layer);
        break;
      case 'dropout':
        this.add('Dropout', layer.name, { rate: layer.rate });
        break;
      case 'alphaDropout':
        this.add('AlphaDropout', layer.name, { rate: layer.rate });
        break;
      case 'batchNormalization': {
        const shape = [layer.units];
        this.add(
          'BatchNormalization',
          layer.name,
          { axis: -1, epsilon: layer.epsilon, momentum: layer.momentum, center: true, scale: true },
          {
            gamma: [shape, layer.gamma],
            beta: [shape, layer.beta],
            moving_mean: [shape, layer.mean],
            moving_variance: [shape, layer.variance],
          },
        );
        break;
      }
      case 'layerNormalization': {
        const shape = [layer.units];
        this.add(
          'LayerNormalization',
          layer.name,
          { axis: -1, epsilon: layer.epsilon, center: true, scale: true },
          { gamma: [shape, layer.gamma], beta: [shape, layer.beta] },
        );
      }
    }
  }

  #activation({ name, units, activation, slopes }: Extract<TrainedLayer, { type: 'activation' }>): void {
    switch (activation.type) {
      case 'leakyRelu':
        this.add('LeakyReLU', name, { alpha: activation.alpha });
        break;
      case 'prelu':
        if (!slopes) throw new TypeError('A prelu layer has no slopes.');
        this.add('PReLU', name, { shared_axes: null }, { alpha: [[units], slopes] });
        break;
      case 'elu':
        this.#elu(name, activation.alpha);
        break;
      case 'celu':
        this.#celu(name, activation.alpha);
        break;
      case 'geluTanh':
        this.#geluTanh(name);
        break;
      case 'relu':
      case 'selu':
      case 'gelu':
      case 'silu':
      case 'mish':
      case 'softplus':
      case 'tanh':
      case 'sigmoid':
        this.add('Activation', name, { activation: NAMED[activation.type] });
    }
  }

  /** The ELU of TensorFlow.js has alpha 1: alpha elu(x) + (1 - alpha) relu(x). */
  #elu(name: string, alpha: number): void {
    if (alpha === 1) {
      this.add('ELU', name, { alpha });
      return;
    }
    const x = this.last;
    this.add('ELU', `${name}_elu`, { alpha: 1 });
    const smooth = this.add('Rescaling', `${name}_elu_share`, { scale: alpha, offset: 0 });
    this.add('Activation', `${name}_relu`, { activation: 'relu' }, {}, [x]);
    const straight = this.add('Rescaling', `${name}_relu_share`, { scale: 1 - alpha, offset: 0 });
    this.add('Add', name, {}, {}, [smooth, straight]);
  }

  /**
   * x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)). TensorFlow.js calls it gelu_new, which its own loader does not
   * recognise.
   */
  #geluTanh(name: string): void {
    const x = this.last;
    const slope = 2 * Math.sqrt(2 / Math.PI);
    // Read twice by one layer, x would be counted once and freed too early.
    const copy = this.add('Rescaling', `${name}_copy`, { scale: 1, offset: 0 });
    const square = this.add('Multiply', `${name}_square`, {}, {}, [x, copy]);
    this.add('Multiply', `${name}_cube`, {}, {}, [square, x]);
    const cubic = this.add('Rescaling', `${name}_cubic`, { scale: 0.044715 * slope, offset: 0 });
    const linear = this.add('Rescaling', `${name}_linear`, { scale: slope, offset: 0 }, {}, [x]);
    this.add('Add', `${name}_sum`, {}, {}, [cubic, linear]);
    const gate = this.add('Activation', `${name}_gate`, { activation: 'sigmoid' });
    this.add('Multiply', name, {}, {}, [gate, x]);
  }

  /** alpha elu(x / alpha) */
  #celu(name: string, alpha: number): void {
    if (alpha !== 1) this.add('Rescaling', `${name}_narrowed`, { scale: 1 / alpha, offset: 0 });
    this.add('ELU', alpha === 1 ? name : `${name}_elu`, { alpha: 1 });
    if (alpha !== 1) this.add('Rescaling', name, { scale: alpha, offset: 0 });
  }
}
