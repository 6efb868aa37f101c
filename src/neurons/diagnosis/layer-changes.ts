/**
 * The changes to a model's layers that advice is built from. Each returns a patch for the spec, or null if it does not
 * apply.
 */
import { isNormalization } from '../../model/layer-kinds.ts';
import { activationOf } from '../../model/blocks.ts';
import { keepsSize, meanOf } from './initializers.ts';
import type { Patch } from './patches.ts';
import {
  DEFAULT_BIAS_INITIALIZER,
  DEFAULT_KERNEL_INITIALIZER,
  DEFAULT_OUTPUT,
  LIMITS,
  type Activation,
  type Initializer,
  type JobSpec,
  type LayerSpec,
} from '../../vocabulary/index.ts';

/** Replaces every ReLU, because layers that still fire are exposed to what killed the others. */
export function switchRelu(spec: JobSpec, activation: Activation): Patch | null {
  return switchActivation(spec, ({ type }) => type === 'relu', activation);
}

/** Raises the slope of Leaky ReLUs where it is too small for neurons to recover. */
export function steepenLeaky(spec: JobSpec, alpha: number): Patch | null {
  return switchActivation(spec, (activation) => activation.type === 'leakyRelu' && activation.alpha < alpha, {
    type: 'leakyRelu',
    alpha,
  });
}

/** SELU is a whole recipe: LeCun normal kernels, zero biases, alpha dropout (Klambauer et al. 2017). */
export function switchToSelu({ model }: JobSpec): Patch | null {
  if (!hasActivation(model.layers, 'relu')) return null;
  const layers = model.layers.map((layer, index): LayerSpec => {
    if (layer.type === 'dropout') return { ...layer, type: 'alphaDropout' };
    const changed = withActivation(layer, ({ type }) => type === 'relu', { type: 'selu' });
    return changed.type === 'dense' && isRelu(model.layers, index)
      ? { ...changed, kernelInitializer: { type: 'lecunNormal' }, biasInitializer: { type: 'zeros' } }
      : changed;
  });
  return { model: { layers, ...(model.initialWeights ? { initialWeights: null } : {}) } };
}

/** Changes the initializers of every ReLU layer. Given weights would override them, so they are removed. */
export function initializeRelu(
  { model }: JobSpec,
  initializers: { kernelInitializer?: Initializer; biasInitializer?: Initializer },
): Patch | null {
  let isChanged = model.initialWeights !== undefined;
  const layers = model.layers.map((layer, index): LayerSpec => {
    if (layer.type !== 'dense' || !isRelu(model.layers, index)) return layer;
    const changed = { ...layer, ...initializers };
    isChanged ||= JSON.stringify(changed) !== JSON.stringify(layer);
    return changed;
  });
  if (!isChanged || !hasActivation(model.layers, 'relu')) return null;
  return { model: { layers, ...(model.initialWeights ? { initialWeights: null } : {}) } };
}

/** Draws one weight or bias of every neuron positive, in every layer including the output (Lu et al. 2020). */
export function initializeAsymmetric(spec: JobSpec): Patch | null {
  const type = 'randomizedAsymmetric';
  const hidden = initializeRelu(spec, { kernelInitializer: { type } });
  const { kernelInitializer } = spec.model.output ?? DEFAULT_OUTPUT;
  if (hidden === null && (kernelInitializer.type === type || !hasActivation(spec.model.layers, 'relu'))) return null;
  // The name alone: a merge patch would leave the options of the old initializer beside a new `type`.
  return { model: { ...(hidden?.['model'] as Patch | undefined), output: { kernelInitializer: type } } };
}

/**
 * Inserts normalisation between every kernel and its activation, where Ioffe and Szegedy (2015) put it; null if the
 * model already has some.
 */
export function normalizeLayers(
  { model }: JobSpec,
  normalization: Extract<LayerSpec, { epsilon: number }>,
): Patch | null {
  if (model.layers.some(isNormalization)) return null;
  const layers = model.layers.flatMap((layer): LayerSpec[] => {
    if (layer.type === 'activation') return [normalization, layer];
    if (layer.type !== 'dense' || layer.activation.type === 'linear') return [layer];
    return [
      { ...layer, activation: { type: 'linear' } },
      normalization,
      { type: 'activation', activation: layer.activation },
    ];
  });
  return layers.length > model.layers.length && layers.length <= LIMITS.layers ? { model: { layers } } : null;
}

/**
 * The initializer that fits each layer's activation, and zero biases, in the output layer too. Null where all of that is
 * so already, or where another initializer of the same kind is used.
 */
export function initializeFitting({ model }: JobSpec): Patch | null {
  const zeros = DEFAULT_BIAS_INITIALIZER;
  const layers = model.layers.map((layer, index): LayerSpec => {
    if (layer.type !== 'dense') return layer;
    const activation = activationOf(model.layers, index) ?? layer.activation;
    const isFitting = keepsSize(layer.kernelInitializer) && layer.biasInitializer.type === 'zeros';
    return isFitting
      ? layer
      : { ...layer, kernelInitializer: DEFAULT_KERNEL_INITIALIZER[activation.type], biasInitializer: zeros };
  });
  const output = model.output ?? DEFAULT_OUTPUT;
  const isOutputFitting = keepsSize(output.kernelInitializer) && output.biasInitializer.type === 'zeros';
  const isChanged = layers.some((layer, i) => layer !== model.layers[i]);
  if (!isChanged && isOutputFitting && !model.initialWeights) return null;
  return {
    model: {
      ...(isChanged && { layers }),
      // Written out, so that no option of the old initializer stays beside the new type.
      ...(!isOutputFitting && {
        output: {
          kernelInitializer: replaced(output.kernelInitializer, DEFAULT_OUTPUT.kernelInitializer),
          biasInitializer: replaced(output.biasInitializer, zeros),
        },
      }),
      ...(model.initialWeights && { initialWeights: null }),
    },
  };
}

/** A merge patch from one initializer to another: options that only the old one has are removed. */
const replaced = (before: Initializer, after: Initializer): Patch => ({
  ...Object.fromEntries(Object.keys(before).map((key) => [key, null])),
  ...after,
});

/** Biases that start below zero start at `value` instead. */
export function raiseBiases({ model }: JobSpec, value: number): Patch | null {
  const layers = model.layers.map((layer): LayerSpec =>
    layer.type === 'dense' && meanOf(layer.biasInitializer) < 0
      ? { ...layer, biasInitializer: { type: 'constant', value } }
      : layer,
  );
  return layers.some((layer, i) => layer !== model.layers[i]) ? { model: { layers } } : null;
}

/** Gives every dense layer at least `units` units. Given weights no longer fit then. */
export function widen({ model }: JobSpec, units: number): Patch | null {
  const layers = model.layers.map((layer): LayerSpec =>
    layer.type === 'dense' && layer.units < units ? { ...layer, units } : layer,
  );
  if (layers.every((layer, i) => layer === model.layers[i])) return null;
  return { model: { layers, ...(model.initialWeights && { initialWeights: null }) } };
}

/** ReLU in place of every sigmoid and tanh of the hidden layers. */
export function replaceSaturating({ model }: JobSpec, kernelInitializer: Initializer): Patch | null {
  const layers = model.layers.map((layer): LayerSpec => {
    const changed = withActivation(layer, isSaturating, { type: 'relu' });
    return changed !== layer && changed.type === 'dense' ? { ...changed, kernelInitializer } : changed;
  });
  return layers.some((layer, i) => layer !== model.layers[i]) ? { model: { layers } } : null;
}

const isSaturating = ({ type }: Activation): boolean => type === 'sigmoid' || type === 'tanh';

const hasActivation = (layers: readonly LayerSpec[], name: Activation['type']): boolean =>
  layers.some((layer) => 'activation' in layer && layer.activation.type === name);

function switchActivation(
  { model }: JobSpec,
  applies: (activation: Activation) => boolean,
  activation: Activation,
): Patch | null {
  const layers = model.layers.map((layer) => withActivation(layer, applies, activation));
  if (layers.every((layer, i) => layer === model.layers[i])) return null;
  // Given slopes belong to the old activations.
  return { model: { layers, ...(model.initialWeights?.alphas ? { initialWeights: { alphas: null } } : {}) } };
}

const withActivation = (
  layer: LayerSpec,
  applies: (activation: Activation) => boolean,
  activation: Activation,
): LayerSpec => ('activation' in layer && applies(layer.activation) ? { ...layer, activation } : layer);

const isRelu = (layers: readonly LayerSpec[], index: number): boolean =>
  layers[index]?.type === 'dense' && activationOf(layers, index)?.type === 'relu';
