/**
 * The activations as scalar functions in double precision, and what they make of an interval. Definitions as in
 * PyTorch.
 */
import type { Activation, ActivationName } from '../schemas/index.ts';

const SELU_LAMBDA = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
/** log(1 + e^z) without overflow. */
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/**
 * Complementary error function, relative error below 1.2e-7 for every x.
 * W. H. Press et al., Numerical Recipes in C, 2nd edition, section 6.2 (erfcc).
 */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ];
  const polynomial = coefficients.reduce((sum, coefficient) => sum * t + coefficient, 0);
  const value = t * Math.exp(-x * x + polynomial);
  return x >= 0 ? value : 2 - value;
}

const FORMULAS: Record<ActivationName, (z: number, alpha: number) => number> = {
  relu: (z) => Math.max(z, 0), // NaN stays NaN
  leakyRelu: (z, alpha) => (z > 0 ? z : alpha * z),
  prelu: (z, alpha) => (z > 0 ? z : alpha * z),
  elu: (z, alpha) => (z > 0 ? z : alpha * Math.expm1(z)),
  selu: (z) => SELU_LAMBDA * (z > 0 ? z : SELU_ALPHA * Math.expm1(z)),
  celu: (z, alpha) => (z > 0 ? z : alpha * Math.expm1(z / alpha)),
  gelu: (z) => z * 0.5 * erfc(-z / Math.SQRT2),
  geluTanh: (z) => 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))),
  silu: (z) => z * sigmoid(z),
  mish: (z) => z * Math.tanh(softplus(z)),
  softplus: (z) => softplus(z),
  tanh: (z) => Math.tanh(z),
  sigmoid: (z) => sigmoid(z),
  linear: (z) => z,
};

/** One activation of one number; `alpha` as in the spec, and for prelu the neuron's own slope. */
export const activate = ({ type, alpha = 1 }: Activation, z: number): number => FORMULAS[type](z, alpha);

/** Where an activation turns from falling to rising, if anywhere: every one is monotone on each side of it. */
const VALLEY: Partial<Record<ActivationName, number>> = {
  leakyRelu: 0,
  prelu: 0,
  elu: 0,
  celu: 0,
  gelu: -0.7517915,
  geluTanh: -0.7524614,
  silu: -1.2784645,
  mish: -1.1924312,
};
/** Computed by one exact comparison or multiplication: rounding is covered by the bound of the next layer's sum. */
const EXACT = new Set<ActivationName>(['relu', 'leakyRelu', 'prelu', 'linear']);
/** Executors approximate exp, erf and tanh in float32 to a few units in the last place; ten times that. */
const APPROXIMATION = 1e-6;

/**
 * An interval that provably holds activation(z) for every z in [low, high], either end possibly infinite. Every
 * activation falls to at most one valley and rises after it, so its largest value lies at an end, and its smallest at
 * an end or in the valley.
 */
export function activationRange(activation: Activation, low: number, high: number): [low: number, high: number] {
  const values = [valueAt(activation, low), valueAt(activation, high)];
  const valley = VALLEY[activation.type];
  if (valley !== undefined && low < valley && valley < high) values.push(activate(activation, valley));
  if (values.some(Number.isNaN)) return [-Infinity, Infinity];
  const [smallest, largest] = [Math.min(...values), Math.max(...values)];
  if (EXACT.has(activation.type)) return [smallest, largest];
  return [smallest - APPROXIMATION * (1 + Math.abs(smallest)), largest + APPROXIMATION * (1 + Math.abs(largest))];
}

/** The activation, or its limit at infinity; NaN where it has none. */
function valueAt(activation: Activation, z: number): number {
  if (Number.isFinite(z)) return activate(activation, z);
  const { type, alpha = 1 } = activation;
  if (z > 0) return type === 'tanh' || type === 'sigmoid' ? 1 : Infinity;
  switch (type) {
    case 'linear':
      return -Infinity;
    case 'leakyRelu':
    case 'prelu':
      return alpha === 0 ? 0 : alpha * -Infinity;
    case 'celu':
      return alpha > 0 ? -alpha : alpha * Infinity;
    default:
      return activate(activation, -1e4); // every other one is there by then, to the last bit
  }
}
