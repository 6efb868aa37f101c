/**
 * Proof that a neuron cannot fire: interval arithmetic from the box of the training inputs through the layers.
 *
 * Soundness. Let every input of a dense layer lie in [lo_i, hi_i]. Then w_i x_i <= max(w_i lo_i, w_i hi_i), because a
 * linear function of one variable is largest at an end of its interval, and so z = sum w_i x_i + b <= U = sum max(w_i
 * lo_i, w_i hi_i) + b. By `activationRange` the outputs again lie in a known interval, and the argument continues by
 * induction over the layers. Dropout is off in a verdict. Normalisation layers scale by statistics that are unknown
 * here, so neurons after one have no bound and are never proved dead.
 *
 * Rounding. An executor computes z in float32 in some order of summation, with an error of at most gamma * (sum |w_i|
 * max|x_i| + |b|), gamma = m u / (1 - m u), u = 2^-24, m = n + 2 operations (Higham, Accuracy and Stability of
 * Numerical Algorithms, section 3.1, for any order). This error is added to U, with one exception: if every term is <=
 * 0, so is the rounded sum in any order, because rounding is monotone and 0 is a float.
 */
import type { Activation, LayerSpec } from '../../vocabulary/index.ts';
import { outlineLayers } from '../../model/outline.ts';
import { activationRange } from '../activation.ts';
import type { DenseWeights } from '../../model/measurements.ts';
import type { InputBox } from './measurements.ts';

/** Upper bounds of the pre-activations of one hidden dense layer, [units]; Infinity if unknown. */
export interface PreActivationBounds {
  /** For every input in the box, with the current weights. */
  readonly inBox: Float64Array;
  /**
   * Whatever the layers below change to. For the first hidden layer, which has none below it, the bound over the box.
   */
  readonly anyUpstream: Float64Array;
}

interface Box {
  low: Float64Array;
  high: Float64Array;
}
const UNIT_ROUNDOFF = 2 ** -24;

/** One entry per hidden dense layer. `weights` may also contain the output layer. */
export function boundPreActivations(
  layers: readonly LayerSpec[],
  weights: readonly DenseWeights[],
  box: InputBox,
): PreActivationBounds[] {
  const bounds: PreActivationBounds[] = [];
  let current: Box = { low: Float64Array.from(box.low), high: Float64Array.from(box.high) };
  let unconditional = current;
  /** Whether the last bounded pre-activations have not been through an activation yet. */
  let awaitsActivation = false;
  for (const layer of outlineLayers(layers, [box.low.length])) {
    switch (layer.type) {
      case 'dense': {
        const dense = weights[bounds.length];
        if (dense === undefined) return bounds;
        const z = boundDense(dense, current);
        bounds.push({
          inBox: z.high,
          anyUpstream: bounds.length === 0 ? z.high : boundDense(dense, unconditional).high,
        });
        awaitsActivation = true;
        current = z;
        unconditional = wholeLine(dense.units);
        break;
      }
      case 'activation': {
        awaitsActivation &&= layer.watched === null;
        const slopes = layer.watched === null ? null : (weights[layer.watched]?.alpha ?? null);
        current = through(layer.activation, slopes, current);
        unconditional = through(layer.activation, slopes, wholeLine(layer.units));
        break;
      }
      case 'batchNormalization':
      case 'layerNormalization':
        current = unconditional = wholeLine(current.low.length);
        // Between a kernel and its activation, so the activation no longer sees the bounded sum.
        if (awaitsActivation) bounds.at(-1)?.inBox.fill(Infinity);
        if (awaitsActivation) bounds.at(-1)?.anyUpstream.fill(Infinity);
        break;
      case 'dropout':
      case 'alphaDropout':
        break;
    }
  }
  return bounds;
}

function boundDense({ inputs, units, kernel, bias }: DenseWeights, { low, high }: Box): Box {
  const top = Float64Array.from(bias),
    bottom = Float64Array.from(bias),
    magnitude = Float64Array.from(bias, Math.abs);
  const canBePositive = Uint8Array.from(bias, (b) => (b > 0 ? 1 : 0));
  for (let i = 0; i < inputs; i++) {
    const lo = low[i]!,
      hi = high[i]!,
      reach = Math.max(Math.abs(lo), Math.abs(hi));
    for (let j = 0; j < units; j++) {
      const w = kernel[i * units + j]!;
      if (w === 0) continue; // avoids 0 * Infinity = NaN
      const a = w * lo,
        b = w * hi;
      if (a > 0 || b > 0) canBePositive[j] = 1;
      top[j]! += Math.max(a, b);
      bottom[j]! += Math.min(a, b);
      magnitude[j]! += Math.abs(w) * reach;
    }
  }
  const operations = (inputs + 2) * UNIT_ROUNDOFF;
  for (let j = 0; j < units; j++) {
    const rounding = (operations / (1 - operations)) * magnitude[j]!;
    if (canBePositive[j]) top[j]! += rounding;
    bottom[j]! -= rounding;
  }
  return { low: bottom, high: top };
}

/** `slopes` are those of a prelu. Without them, nothing is known about its outputs. */
function through(activation: Activation, slopes: ArrayLike<number> | null, { low, high }: Box): Box {
  if (activation.type === 'prelu' && slopes === null) return wholeLine(low.length);
  const result: Box = { low: new Float64Array(low.length), high: new Float64Array(low.length) };
  for (let j = 0; j < low.length; j++) {
    const own = activation.type === 'prelu' && slopes ? { ...activation, alpha: slopes[j]! } : activation;
    [result.low[j], result.high[j]] = activationRange(own, low[j]!, high[j]!);
  }
  return result;
}

const wholeLine = (units: number): Box => ({
  low: new Float64Array(units).fill(-Infinity),
  high: new Float64Array(units).fill(Infinity),
});
