/**
 * A model with all its sizes: which layers follow each other, which neurons are watched, and where each parameter lies
 * in the flat vector. Layers are in order as in a Keras Sequential; the output layer is the last dense one.
 */
import { DEFAULT_OUTPUT, type Activation, type Initializer, type ModelSpec } from '../../schemas/index.ts';
import type { NetworkLayer } from '../network.ts';

export type ParameterKind = 'kernel' | 'bias' | 'alpha' | 'gamma' | 'beta';

/** A tensor in the flat parameter vector. Kernels are [in, out], row-major; all others vectors. */
export interface Parameter {
  kind: ParameterKind;
  layer: string;
  shape: number[];
  offset: number;
  size: number;
}

export interface Initializers {
  kernel: Initializer;
  bias: Initializer;
}

export type PlannedLayer =
  | {
      type: 'dense';
      name: string;
      inputs: number;
      units: number;
      kernel: Parameter;
      bias: Parameter;
      initializers: Initializers;
    }
  /**
   * `neurons`: position among the hidden layers whose pre-activation comes in and whose output goes out here; null
   * where none do.
   */
  | { type: 'activation'; activation: Activation; alpha: Parameter | null; units: number; neurons: number | null }
  | { type: 'dropout' | 'alphaDropout'; rate: number; units: number; mask: string }
  /** `mean` and `variance` are offsets in the vector of running statistics. */
  | {
      type: 'batchNormalization';
      name: string;
      units: number;
      momentum: number;
      epsilon: number;
      gamma: Parameter;
      beta: Parameter;
      mean: number;
      variance: number;
    }
  | { type: 'layerNormalization'; name: string; units: number; epsilon: number; gamma: Parameter; beta: Parameter };

export type DenseLayer = Extract<PlannedLayer, { type: 'dense' }>;
export type DropoutLayer = Extract<PlannedLayer, { type: 'dropout' | 'alphaDropout' }>;

export interface ModelPlan {
  features: number;
  outputs: number;
  layers: PlannedLayer[];
  parameters: Parameter[];
  parameterCount: number;
  /** Length of the running statistics. */
  statisticCount: number;
  /** Hidden dense layers in order, with the activation that their neurons have. */
  hiddenLayers: NetworkLayer[];
  hiddenNeurons: number;
}

export function planModel(model: ModelSpec, features: number, outputs: number): ModelPlan {
  const planner = new Planner(features);
  for (const layer of model.layers) {
    if (layer.type === 'dense') {
      planner.dense(layer.units, { kernel: layer.kernelInitializer, bias: layer.biasInitializer });
      if (layer.activation.type !== 'linear') planner.activation(layer.activation);
    } else if (layer.type === 'activation') {
      planner.activation(layer.activation);
    } else if (layer.type === 'batchNormalization') {
      planner.batchNormalization(layer.momentum, layer.epsilon);
    } else if (layer.type === 'layerNormalization') {
      planner.layerNormalization(layer.epsilon);
    } else if (layer.rate > 0) {
      planner.dropout(layer.type, layer.rate);
    }
  }
  const { kernelInitializer, biasInitializer } = model.output ?? DEFAULT_OUTPUT;
  planner.output(outputs, { kernel: kernelInitializer, bias: biasInitializer });
  return planner.plan(features, outputs);
}

class Planner {
  readonly #layers: PlannedLayer[] = [];
  readonly #parameters: Parameter[] = [];
  readonly #hidden: NetworkLayer[] = [];
  readonly #counts = { dense: 0, batchNormalization: 0, layerNormalization: 0, mask: 0 };
  #units: number;
  #parameterCount = 0;
  #statisticCount = 0;
  /** The last dense layer's neurons have no activation yet. */
  #awaitsActivation = false;

  constructor(features: number) {
    this.#units = features;
  }

  dense(units: number, initializers: Initializers): void {
    const name = `dense_${++this.#counts.dense}`;
    this.#pushDense(name, units, initializers);
    this.#hidden.push({ name, units, activation: 'linear' });
    this.#awaitsActivation = true;
  }

  output(units: number, initializers: Initializers): void {
    this.#pushDense('output', units, initializers);
  }

  activation(activation: Activation): void {
    const watched = this.#awaitsActivation ? this.#hidden.length - 1 : null;
    const neurons = watched === null ? undefined : this.#hidden[watched];
    if (neurons) this.#hidden[this.#hidden.length - 1] = { ...neurons, activation: activation.type };
    this.#awaitsActivation = false;
    const alpha =
      activation.type === 'prelu'
        ? this.#parameter('alpha', neurons?.name ?? `activation_${this.#layers.length}`, [this.#units])
        : null;
    this.#layers.push({ type: 'activation', activation, alpha, units: this.#units, neurons: watched });
  }

  dropout(type: 'dropout' | 'alphaDropout', rate: number): void {
    this.#layers.push({ type, rate, units: this.#units, mask: `mask_${++this.#counts.mask}` });
  }

  batchNormalization(momentum: number, epsilon: number): void {
    const name = `batch_normalization_${++this.#counts.batchNormalization}`;
    const units = this.#units;
    const mean = this.#statisticCount;
    this.#statisticCount += 2 * units;
    this.#layers.push({
      type: 'batchNormalization',
      name,
      units,
      momentum,
      epsilon,
      ...this.#scaleAndShift(name),
      mean,
      variance: mean + units,
    });
  }

  layerNormalization(epsilon: number): void {
    const name = `layer_normalization_${++this.#counts.layerNormalization}`;
    this.#layers.push({ type: 'layerNormalization', name, units: this.#units, epsilon, ...this.#scaleAndShift(name) });
  }

  plan(features: number, outputs: number): ModelPlan {
    return {
      features,
      outputs,
      layers: this.#layers,
      parameters: this.#parameters,
      parameterCount: this.#parameterCount,
      statisticCount: this.#statisticCount,
      hiddenLayers: this.#hidden,
      hiddenNeurons: this.#hidden.reduce((sum, { units }) => sum + units, 0),
    };
  }

  #pushDense(name: string, units: number, initializers: Initializers): void {
    const inputs = this.#units;
    const kernel = this.#parameter('kernel', name, [inputs, units]);
    const bias = this.#parameter('bias', name, [units]);
    this.#layers.push({ type: 'dense', name, inputs, units, kernel, bias, initializers });
    this.#units = units;
  }

  #scaleAndShift(name: string): { gamma: Parameter; beta: Parameter } {
    return { gamma: this.#parameter('gamma', name, [this.#units]), beta: this.#parameter('beta', name, [this.#units]) };
  }

  #parameter(kind: ParameterKind, layer: string, shape: number[]): Parameter {
    const size = shape.reduce((product, length) => product * length, 1);
    const parameter = { kind, layer, shape, offset: this.#parameterCount, size };
    this.#parameterCount += size;
    this.#parameters.push(parameter);
    return parameter;
  }
}
