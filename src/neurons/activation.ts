/**
 * The activations as scalar functions in double precision, and their ranges over an interval. Definitions follow
 * PyTorch.
 */
import type { Activation, ActivationName } from '../vocabulary/index.ts';

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

interface Rule<Name extends ActivationName> {
  formula: (z: number, options: Activation<Name>) => number;
  /** Where the function turns from falling to rising, if it does. It is monotone on each side of this point. */
  valley: number | null;
  /**
   * Computed by a single exact comparison or multiplication. Its rounding is covered by the bound of the next layer's
   * sum.
   */
  isExact: boolean;
  /** The limits at -Infinity and Infinity; NaN if there is none. */
  limits: (options: Activation<Name>) => [left: number, right: number];
}

const RULES: { readonly [Name in ActivationName]: Rule<Name> } = {
  relu: {
    formula: (z) => Math.max(z, 0), // NaN stays NaN
    valley: null,
    isExact: true,
    limits: () => [0, Infinity],
  },
  leakyRelu: {
    formula: (z, { alpha }) => (z > 0 ? z : alpha * z),
    valley: 0,
    isExact: true,
    limits: ({ alpha }) => [lineAtMinusInfinity(alpha), Infinity],
  },
  prelu: {
    formula: (z, { alpha }) => (z > 0 ? z : alpha * z),
    valley: 0,
    isExact: true,
    limits: ({ alpha }) => [lineAtMinusInfinity(alpha), Infinity],
  },
  elu: {
    formula: (z, { alpha }) => (z > 0 ? z : alpha * Math.expm1(z)),
    valley: 0,
    isExact: false,
    limits: ({ alpha }) => [-alpha, Infinity],
  },
  selu: {
    formula: (z) => SELU_LAMBDA * (z > 0 ? z : SELU_ALPHA * Math.expm1(z)),
    valley: null,
    isExact: false,
    limits: () => [-SELU_LAMBDA * SELU_ALPHA, Infinity],
  },
  celu: {
    formula: (z, { alpha }) => (z > 0 ? z : alpha * Math.expm1(z / alpha)),
    valley: 0,
    isExact: false,
    limits: ({ alpha }) => [alpha > 0 ? -alpha : alpha * Infinity, Infinity],
  },
  gelu: {
    formula: (z) => z * 0.5 * erfc(-z / Math.SQRT2),
    valley: -0.7517915,
    isExact: false,
    limits: () => [0, Infinity],
  },
  geluTanh: {
    formula: (z) => 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))),
    valley: -0.7524614,
    isExact: false,
    limits: () => [0, Infinity],
  },
  silu: { formula: (z) => z * sigmoid(z), valley: -1.2784645, isExact: false, limits: () => [0, Infinity] },
  mish: { formula: (z) => z * Math.tanh(softplus(z)), valley: -1.1924312, isExact: false, limits: () => [0, Infinity] },
  softplus: { formula: softplus, valley: null, isExact: false, limits: () => [0, Infinity] },
  tanh: { formula: Math.tanh, valley: null, isExact: false, limits: () => [-1, 1] },
  sigmoid: { formula: sigmoid, valley: null, isExact: false, limits: () => [0, 1] },
  linear: { formula: (z) => z, valley: null, isExact: true, limits: () => [-Infinity, Infinity] },
};

const lineAtMinusInfinity = (slope: number): number => (slope === 0 ? 0 : slope * -Infinity);

/** An activation of a number. For prelu, alpha is the neuron's own slope. */
export const activate = <Name extends ActivationName>(activation: Activation<Name>, z: number): number =>
  RULES[activation.type].formula(z, activation);

const limitsOf = <Name extends ActivationName>(activation: Activation<Name>): [left: number, right: number] =>
  RULES[activation.type].limits(activation);

/**
 * Ten times the error of exp, erf and tanh in float32, which executors approximate to a few units in the last place.
 */
const APPROXIMATION = 1e-6;

/**
 * An interval that provably contains activation(z) for every z in [low, high]; either end may be infinite. Every
 * activation has at most one minimum and is monotone on each side of it, so its largest value is at an end, and its
 * smallest is at an end or at that minimum.
 */
export function activationRange(activation: Activation, low: number, high: number): [low: number, high: number] {
  const values = [valueAt(activation, low), valueAt(activation, high)];
  const { valley, isExact } = RULES[activation.type];
  if (valley !== null && low < valley && valley < high) values.push(activate(activation, valley));
  if (values.some(Number.isNaN)) return [-Infinity, Infinity];
  const [smallest, largest] = [Math.min(...values), Math.max(...values)];
  if (isExact) return [smallest, largest];
  return [smallest - APPROXIMATION * (1 + Math.abs(smallest)), largest + APPROXIMATION * (1 + Math.abs(largest))];
}

/** The activation, or its limit at infinity; NaN if it has none. */
function valueAt(activation: Activation, z: number): number {
  if (Math.abs(z) !== Infinity) return activate(activation, z);
  const [left, right] = limitsOf(activation);
  return z > 0 ? right : left;
}
