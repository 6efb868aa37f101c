/**
 * A model described once: its layers in the order in which they are computed, the shape of what goes into each and of
 * what comes out, the tensors that it learns with their places in the flat parameter vector, and the neurons that are
 * watched. All code that counts, plans, bounds, simulates or exports a model uses this.
 *
 * A dense layer with an activation is two layers here, as if the activation were a separate layer:
 * both spellings of a model have the same outline. A dropout with rate 0 does nothing and is left out. The output layer
 * comes last, followed by its activation if it has one.
 */
import {
  DEFAULT_OUTPUT,
  type Activation,
  type Initializer,
  type LayerSpec,
  type OutputLayerSpec,
} from '../vocabulary/index.ts';
import { hiddenLayers, type HiddenLayer } from './blocks.ts';

/** The sizes of one sample's values, without the batch: [features] for a row of numbers. */
export type SampleShape = readonly number[];

export const TENSOR_KINDS = ['kernel', 'bias', 'alpha', 'gamma', 'beta'] as const;
export type TensorKind = (typeof TENSOR_KINDS)[number];

/** A learned tensor in the flat parameter vector. Kernels are [in, out], row-major; all others are vectors. */
export interface Tensor {
  readonly kind: TensorKind;
  /** The layer that it belongs to; the slopes of a prelu belong to the dense layer whose neurons have them. */
  readonly layer: string;
  readonly shape: readonly number[];
  readonly size: number;
  readonly offset: number;
}

export interface Placed {
  /** The place in the spec's list of layers; null for the output layer. */
  readonly source: number | null;
  readonly inputShape: SampleShape;
  readonly outputShape: SampleShape;
  /** Size of the last output dimension: the neurons of a dense layer, otherwise features. */
  readonly units: number;
}

export interface OutlinedDense extends Placed {
  readonly type: 'dense';
  readonly name: string;
  /** Position among the watched layers; null for the output layer. */
  readonly watched: number | null;
  /** Numbers that each unit adds up, and units that each input reaches: what initializers scale by. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly kernel: Tensor;
  readonly bias: Tensor;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
}

export interface OutlinedActivation extends Placed {
  readonly type: 'activation';
  readonly activation: Activation;
  /** Learned slopes of a prelu, one per unit. */
  readonly alpha: Tensor | null;
  /** The watched layer whose pre-activations come in and whose outputs go out here; null if none do. */
  readonly watched: number | null;
}

export interface OutlinedDropout extends Placed {
  readonly type: 'dropout' | 'alphaDropout';
  readonly name: string;
  readonly rate: number;
}

export interface OutlinedBatchNormalization extends Placed {
  readonly type: 'batchNormalization';
  readonly name: string;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma: Tensor;
  readonly beta: Tensor;
  /** Offsets in the vector of running statistics, which are not learned; [units] each. */
  readonly mean: number;
  readonly variance: number;
}

export interface OutlinedLayerNormalization extends Placed {
  readonly type: 'layerNormalization';
  readonly name: string;
  readonly epsilon: number;
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

export type OutlinedLayer =
  OutlinedDense | OutlinedActivation | OutlinedDropout | OutlinedBatchNormalization | OutlinedLayerNormalization;

/** A hidden layer whose neurons are watched: `dense_1`, `dense_2`, ... */
export interface WatchedLayer {
  readonly name: string;
  readonly units: number;
  /** Values that each unit has in one sample: 1 for a dense layer. */
  readonly positions: number;
  readonly activation: Activation;
  /** The place of its dense layer in the spec's list of layers. */
  readonly source: number;
}

export interface ModelOutline {
  readonly inputShape: SampleShape;
  readonly outputs: number;
  readonly layers: readonly OutlinedLayer[];
  /** Every learned tensor, in the order of their offsets. */
  readonly tensors: readonly Tensor[];
  readonly parameterCount: number;
  /** Length of the vector of running statistics. */
  readonly statisticCount: number;
  readonly watched: readonly WatchedLayer[];
  readonly watchedUnits: number;
}

/** The whole model. `outputs` is what the output layer has: classes, labels or regression targets. */
export function outlineModel(
  { layers, output = DEFAULT_OUTPUT }: { layers: readonly LayerSpec[]; output?: OutputLayerSpec },
  inputShape: SampleShape,
  outputs: number,
): ModelOutline {
  const walk = new Walk(inputShape, hiddenLayers(layers));
  layers.forEach((layer, index) => walk.layer(layer, index));
  walk.output(outputs, output);
  return walk.outline(inputShape, outputs);
}

/** The hidden layers alone, for callers that do not know the output layer. */
export function outlineLayers(layers: readonly LayerSpec[], inputShape: SampleShape): readonly OutlinedLayer[] {
  return outlineModel({ layers }, inputShape, 1).layers.slice(0, -1);
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The learned tensors of one layer, in the order in which they lie in the parameter vector. */
export function tensorsOf(layer: OutlinedLayer): readonly Tensor[] {
  switch (layer.type) {
    case 'dense':
      return [layer.kernel, layer.bias];
    case 'activation':
      return layer.alpha ? [layer.alpha] : [];
    case 'batchNormalization':
    case 'layerNormalization':
      return [layer.gamma, layer.beta];
    case 'dropout':
    case 'alphaDropout':
      return [];
  }
}

export const denseLayers = ({ layers }: Pick<ModelOutline, 'layers'>): OutlinedDense[] =>
  layers.filter((layer) => layer.type === 'dense');

export type OutlinedNormalization = OutlinedBatchNormalization | OutlinedLayerNormalization;
export const normalizationLayers = ({ layers }: Pick<ModelOutline, 'layers'>): OutlinedNormalization[] =>
  layers.filter((layer) => layer.type === 'batchNormalization' || layer.type === 'layerNormalization');

/** The learned slopes of a watched layer's neurons; null if its activation has none. */
export function slopesOf({ layers }: Pick<ModelOutline, 'layers'>, watched: number): Tensor | null {
  const activation = layers.find((layer) => layer.type === 'activation' && layer.watched === watched);
  return activation?.type === 'activation' ? activation.alpha : null;
}

/** Values of one sample in the whole model, inputs and outputs included, each layer of the spec counted once. */
export function valuesPerSample({ inputShape, layers }: ModelOutline): number {
  const bySource = new Map(layers.map(({ source, outputShape }) => [source, sizeOf(outputShape)]));
  return [...bySource.values()].reduce((sum, values) => sum + values, sizeOf(inputShape));
}

/** As Keras names its layers. */
const NAMES = {
  batchNormalization: 'batch_normalization',
  layerNormalization: 'layer_normalization',
  dropout: 'dropout',
} as const;

/** Goes through the layers once, and carries the shape and the next free places along. */
class Walk {
  readonly #layers: OutlinedLayer[] = [];
  readonly #hidden: readonly HiddenLayer[];
  readonly #counts = { batchNormalization: 0, layerNormalization: 0, dropout: 0 };
  #shape: SampleShape;
  #parameterCount = 0;
  #statisticCount = 0;

  constructor(inputShape: SampleShape, hidden: readonly HiddenLayer[]) {
    this.#shape = inputShape;
    this.#hidden = hidden;
  }

  layer(layer: LayerSpec, source: number): void {
    switch (layer.type) {
      case 'dense': {
        const watched = this.#hidden.findIndex(({ index }) => index === source);
        this.#dense(`dense_${watched + 1}`, layer.units, layer, source, watched);
        if (layer.activation.type !== 'linear') this.#activation(layer.activation, source);
        break;
      }
      case 'activation':
        this.#activation(layer.activation, source);
        break;
      case 'dropout':
      case 'alphaDropout':
        if (layer.rate === 0) break;
        this.#push({ ...this.#unchanged(source), type: layer.type, name: this.#name('dropout'), rate: layer.rate });
        break;
      case 'batchNormalization': {
        const name = this.#name('batchNormalization');
        const { type, momentum, epsilon } = layer;
        const mean = this.#statisticCount;
        const variance = mean + this.#units;
        this.#statisticCount += 2 * this.#units;
        const own = { type, name, momentum, epsilon, mean, variance };
        this.#push({ ...this.#unchanged(source), ...this.#gainAndOffset(name), ...own });
        break;
      }
      case 'layerNormalization': {
        const name = this.#name('layerNormalization');
        const { type, epsilon } = layer;
        this.#push({ ...this.#unchanged(source), ...this.#gainAndOffset(name), type, name, epsilon });
        break;
      }
      default: // Left out, it would make the certificate prove what is false.
        throw new TypeError(`Layer ${source} is of a kind that this version does not know.`);
    }
  }

  output(units: number, { activation: type, ...initializers }: OutputLayerSpec): void {
    this.#dense('output', units, initializers, null, null);
    if (type === 'linear') return;
    this.#push({ ...this.#unchanged(null), type: 'activation', activation: { type }, alpha: null, watched: null });
  }

  outline(inputShape: SampleShape, outputs: number): ModelOutline {
    const watched = this.#hidden.map(({ name, spec: { units }, activation, index: source }): WatchedLayer => ({
      name,
      units,
      positions: 1,
      activation,
      source,
    }));
    return {
      inputShape,
      outputs,
      layers: this.#layers,
      tensors: this.#layers.flatMap(tensorsOf),
      parameterCount: this.#parameterCount,
      statisticCount: this.#statisticCount,
      watched,
      watchedUnits: watched.reduce((sum, { units }) => sum + units, 0),
    };
  }

  #dense(
    name: string,
    units: number,
    { kernelInitializer, biasInitializer }: Pick<OutlinedDense, 'kernelInitializer' | 'biasInitializer'>,
    source: number | null,
    watched: number | null,
  ): void {
    const inputShape = this.#shape;
    const fanIn = sizeOf(inputShape);
    const kernel = this.#tensor('kernel', name, [fanIn, units]);
    const bias = this.#tensor('bias', name, [units]);
    this.#push({
      type: 'dense',
      name,
      source,
      watched,
      inputShape,
      outputShape: [units],
      units,
      fanIn,
      fanOut: units,
      kernel,
      bias,
      kernelInitializer,
      biasInitializer,
    });
  }

  #activation(activation: Activation, source: number): void {
    const found = this.#hidden.findIndex(({ activationAt }) => activationAt === source);
    const watched = found < 0 ? null : found;
    const layer = this.#hidden[found]?.name ?? `activation_${source}`;
    const alpha = activation.type === 'prelu' ? this.#tensor('alpha', layer, [this.#units]) : null;
    this.#push({ ...this.#unchanged(source), type: 'activation', activation, alpha, watched });
  }

  get #units(): number {
    return this.#shape.at(-1) ?? 1;
  }

  #unchanged(source: number | null): Placed {
    return { source, inputShape: this.#shape, outputShape: this.#shape, units: this.#units };
  }

  #gainAndOffset(layer: string): { gamma: Tensor; beta: Tensor } {
    return { gamma: this.#tensor('gamma', layer, [this.#units]), beta: this.#tensor('beta', layer, [this.#units]) };
  }

  #tensor(kind: TensorKind, layer: string, shape: readonly number[]): Tensor {
    const tensor = { kind, layer, shape, size: sizeOf(shape), offset: this.#parameterCount };
    this.#parameterCount += tensor.size;
    return tensor;
  }

  #name(kind: keyof typeof NAMES): string {
    return `${NAMES[kind]}_${++this.#counts[kind]}`;
  }

  #push(layer: OutlinedLayer): void {
    this.#layers.push(layer);
    this.#shape = layer.outputShape;
  }
}
