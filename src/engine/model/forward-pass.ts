/** The network's forward pass, layer by layer, from features [batch, features] to logits or values [batch, outputs]. */
import { applyActivation, SELU } from '../math/activations.ts';
import type {
  ModelOutline,
  OutlinedBatchNormalization,
  OutlinedDropout,
  OutlinedLayer,
  Tensor,
} from '../../model/outline.ts';
import type { ProgramBuilder, Value } from '../program/builder.ts';

/** The neurons of one hidden layer: pre-activation and output, [batch, units]. */
export interface Neurons {
  z: Value;
  output: Value;
}

export interface Forward {
  outputs: Value;
  /** By hidden layer, in order. */
  neurons: Neurons[];
  /** Running statistics after this batch, in the order of their offsets; empty in inference. */
  nextStatistics: Value[];
}

/** Training: dropout masks and batch statistics. Inference: neither. */
export type Mode =
  { name: 'training'; inverseBatch: Value; mask: (layer: OutlinedDropout) => Value } | { name: 'inference' };

export interface PassInputs {
  outline: ModelOutline;
  features: Value;
  tensor: (tensor: Tensor) => Value;
  /** Vector of running statistics; null if the model has none. */
  statistics: Value | null;
  mode: Mode;
}

export function forwardPass(b: ProgramBuilder, { outline, features, tensor, statistics, mode }: PassInputs): Forward {
  const pass: Pass = { b, tensor, statistics, mode, neurons: [], nextStatistics: [] };
  let x = features;
  for (const layer of outline.layers) x = applyLayer(pass, layer, x);
  return { outputs: x, neurons: pass.neurons, nextStatistics: pass.nextStatistics };
}

interface Pass extends Omit<PassInputs, 'outline' | 'features'> {
  b: ProgramBuilder;
  neurons: Neurons[];
  nextStatistics: Value[];
}

function applyLayer(pass: Pass, layer: OutlinedLayer, x: Value): Value {
  const { b, tensor, mode } = pass;
  switch (layer.type) {
    case 'dense': {
      const z = b.add(b.matMul(x, tensor(layer.kernel)), tensor(layer.bias));
      if (layer.watched !== null) pass.neurons[layer.watched] = { z, output: z };
      return z;
    }
    case 'activation': {
      const output = applyActivation(b, x, layer.activation, layer.alpha && tensor(layer.alpha));
      if (layer.watched !== null) pass.neurons[layer.watched] = { z: x, output };
      return output;
    }
    case 'dropout':
      return mode.name === 'inference' ? x : b.mul(x, b.mul(b.cast(mode.mask(layer)), 1 / (1 - layer.rate)));
    case 'alphaDropout':
      return mode.name === 'inference' ? x : alphaDropout(b, x, b.cast(mode.mask(layer)), layer.rate);
    case 'batchNormalization': {
      const { mean, variance } =
        mode.name === 'training' ? batchStatistics(pass, layer, x, mode.inverseBatch) : runningStatistics(pass, layer);
      return normalize(b, x, mean, variance, layer.epsilon, tensor(layer.gamma), tensor(layer.beta));
    }
    case 'layerNormalization': {
      const mean = b.mul(b.sum(x, [1], true), 1 / layer.units);
      const centred = b.sub(x, mean);
      const variance = b.mul(b.sum(b.mul(centred, centred), [1], true), 1 / layer.units);
      return normalize(b, x, mean, variance, layer.epsilon, tensor(layer.gamma), tensor(layer.beta));
    }
  }
}

/**
 * Klambauer et al. (2017), section 3: dropped units take SELU's lower limit, and an affine map restores mean 0 and
 * variance 1.
 */
function alphaDropout(b: ProgramBuilder, x: Value, mask: Value, rate: number): Value {
  const kept = 1 - rate;
  const limit = -SELU.scale * SELU.alpha;
  const scale = (kept + limit * limit * kept * rate) ** -0.5;
  const shift = -scale * limit * rate;
  const dropped = b.mul(b.sub(1, mask), limit);
  return b.add(b.mul(b.add(b.mul(x, mask), dropped), scale), shift);
}

/**
 * Mean and variance (divided by the batch size) over the batch, [1, units]; the running ones move towards them by 1 -
 * momentum, as in Keras.
 */
function batchStatistics(
  { b, statistics, nextStatistics }: Pass,
  layer: OutlinedBatchNormalization,
  x: Value,
  inverseBatch: Value,
): { mean: Value; variance: Value } {
  const mean = b.mul(b.sum(x, [0], true), inverseBatch);
  const centred = b.sub(x, mean);
  const variance = b.mul(b.sum(b.mul(centred, centred), [0], true), inverseBatch);
  for (const [offset, value] of [
    [layer.mean, mean],
    [layer.variance, variance],
  ] as const) {
    const running = b.slice(statistics!, offset, layer.units);
    nextStatistics.push(b.add(b.mul(running, layer.momentum), b.mul(b.flatten(value), 1 - layer.momentum)));
  }
  return { mean, variance };
}

const runningStatistics = (
  { b, statistics }: Pass,
  { mean, variance, units }: OutlinedBatchNormalization,
): { mean: Value; variance: Value } => ({
  mean: b.slice(statistics!, mean, units),
  variance: b.slice(statistics!, variance, units),
});

function normalize(
  b: ProgramBuilder,
  x: Value,
  mean: Value,
  variance: Value,
  epsilon: number,
  gamma: Value,
  beta: Value,
): Value {
  const deviation = b.sqrt(b.add(variance, epsilon));
  return b.add(b.mul(b.div(b.sub(x, mean), deviation), gamma), beta);
}
