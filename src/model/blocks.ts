/**
 * Which layers of a spec belong together: a dense layer and all that follow it up to the next dense one. A neuron has
 * one activation, its dense layer's own or that of an activation layer in the same block.
 */
import {
  DEFAULT_ACTIVATION,
  DEFAULT_BIAS_INITIALIZER,
  DEFAULT_KERNEL_INITIALIZER,
  type Activation,
  type LayerSpec,
} from '../vocabulary/index.ts';

export type DenseSpec = Extract<LayerSpec, { type: 'dense' }>;

/** A layer as these questions need it: a job that is being read has no defaults yet. */
interface LayerLike {
  type: string;
  activation?: Activation;
}

/**
 * Where the activation of the dense layer at `dense` is applied: its own place if it has an activation other than
 * linear, else the place of the first activation layer in its block that is not linear, else that of the first one;
 * null where there is none, and the neurons are linear.
 */
function activationLayerOf(layers: readonly LayerLike[], dense: number): number | null {
  if (!isLinear(layers[dense])) return dense;
  const own = layers.flatMap((layer, index) =>
    layer.type === 'activation' && isInBlock(layers, dense, index) ? [index] : [],
  );
  return own.find((index) => !isLinear(layers[index])) ?? own[0] ?? null;
}

/** The activation that the neurons of the dense layer at `dense` have; undefined if none is given. */
export function activationOf(layers: readonly LayerLike[], dense: number): Activation | undefined {
  return layers[activationLayerOf(layers, dense) ?? dense]?.activation;
}

/** A dense layer before the defaults that depend on other layers are filled in. */
export type OpenDense = Pick<DenseSpec, 'type' | 'units'> & Partial<DenseSpec>;

/** The dense layer at `dense` with its defaults. An activation layer that follows gives it the activation it lacks. */
export function fillDense({ units, ...given }: OpenDense, layers: readonly LayerLike[], dense: number): DenseSpec {
  const follows = activationLayerOf(layers, dense) !== null;
  const activation = given.activation ?? (follows ? { type: 'linear' } : DEFAULT_ACTIVATION);
  const effective = activationOf(layers, dense) ?? activation;
  return {
    type: 'dense',
    units,
    activation,
    kernelInitializer: given.kernelInitializer ?? DEFAULT_KERNEL_INITIALIZER[effective.type],
    biasInitializer: given.biasInitializer ?? DEFAULT_BIAS_INITIALIZER,
  };
}

/** A dense layer of a spec, whose neurons are watched under its name. */
export interface HiddenLayer {
  readonly name: string;
  readonly spec: DenseSpec;
  /** Its place in the spec's list of layers. */
  readonly index: number;
  /** The activation that its neurons have, and the place where it is applied; null if it is linear. */
  readonly activation: Activation;
  readonly activationAt: number | null;
}

/** The dense layers of a spec in order: `dense_1`, `dense_2`, ... */
export function hiddenLayers(layers: readonly LayerSpec[]): HiddenLayer[] {
  const dense = layers.flatMap((spec, index) => (spec.type === 'dense' ? [{ spec, index }] : []));
  return dense.map(({ spec, index }, k) => {
    const activation = activationOf(layers, index) ?? spec.activation;
    return { name: `dense_${k + 1}`, spec, index, activation, activationAt: activationLayerOf(layers, index) };
  });
}

const isLinear = (layer: LayerLike | undefined): boolean =>
  layer?.activation === undefined || layer.activation.type === 'linear';

function isInBlock(layers: readonly LayerLike[], dense: number, index: number): boolean {
  if (index <= dense) return false;
  const next = layers.findIndex(({ type }, at) => at > dense && type === 'dense');
  return next < 0 || index < next;
}
