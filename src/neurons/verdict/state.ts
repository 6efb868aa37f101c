/** The state of a neuron, from its measurements. */
import type { ActivationName, NeuronState } from '../../vocabulary/index.ts';
import type { LayerMeasurement } from '../../model/measurements.ts';

/**
 * A neuron that fires on fewer samples is rare: the threshold of Dohare et al. (Nature 2024) and of SageMaker's
 * DeadRelu.
 */
export const RARE_BELOW = 0.01;
/**
 * Outputs that differ by less than this share of their size count as equal: a few units in the last place of float32.
 * Identical rows of a matrix product can differ this much when they fall into different tiles and are summed in a
 * different order.
 */
const SAME = 1e-6;
/** False if z > 0 has no special meaning, because the activation is as alive on the left as on the right. */
const TOLD_BY_FIRING: Readonly<Record<ActivationName, boolean>> = {
  relu: true,
  leakyRelu: true,
  prelu: true,
  elu: true,
  selu: true,
  gelu: true,
  geluTanh: true,
  silu: true,
  mish: true,
  softplus: true,
  celu: true,
  tanh: false,
  sigmoid: false,
  linear: false,
};
export const isToldByFiring = (activation: ActivationName): boolean => TOLD_BY_FIRING[activation];

const isSame = (low: number, high: number): boolean => high - low <= SAME * Math.max(Math.abs(low), Math.abs(high));

export interface KnownOfNeuron {
  /** The pass saw every training sample, or the rest are known. */
  isSettled: boolean;
  /** Training saw it fire shortly before. */
  isAlive: boolean;
  /** A certificate says that it cannot fire on any sample. */
  isProved: boolean;
}

/**
 * A neuron that never fired is rare if it is known to be alive; otherwise it is silent, and dead only if it is settled or
 * proved.
 */
export function stateOf(
  layer: LayerMeasurement,
  neuron: number,
  samples: number,
  { isSettled, isAlive, isProved }: KnownOfNeuron,
): NeuronState {
  const isConstant = samples > 1 && isSame(layer.minOutput[neuron]!, layer.maxOutput[neuron]!);
  if (!isToldByFiring(layer.activation)) {
    // In the flat tail, the output rounds to one number while the pre-activation still varies.
    const isVarying = !isSame(layer.minPreActivation[neuron]!, layer.maxPreActivation[neuron]!);
    if (layer.saturated[neuron]! >= samples && (isVarying || !isConstant)) return 'saturated';
    return isConstant ? 'constant' : 'active';
  }
  const fired = layer.fired[neuron]!;
  if (fired > 0) {
    if (isConstant) return 'constant';
    return fired < RARE_BELOW * samples ? 'rare' : 'active';
  }
  if (isAlive && !isProved) return 'rare';
  if (layer.nonZero[neuron]! > 0) return isConstant ? 'constant' : 'stuck';
  // The slope of a prelu keeps learning even if it happens to be 0, and can revive the neuron.
  const canLearn = layer.maxAbsGradient[neuron]! > 0 || layer.activation === 'prelu';
  return (isSettled || isProved) && !canLearn ? 'dead' : 'silent';
}

/** Silent counts as dead here: the samples seen cannot distinguish the two. */
const INACTIVE: Readonly<Record<NeuronState, boolean>> = {
  active: false,
  rare: false,
  silent: true,
  dead: true,
  stuck: false,
  constant: false,
  saturated: false,
};
export const isInactive = (state: NeuronState): boolean => INACTIVE[state];
