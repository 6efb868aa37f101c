/** Activation functions, written in primitives; gradients follow automatically. z is [batch, units]. */
import type { Activation, ActivationName } from '../../vocabulary/index.ts';
import type { ProgramBuilder, Value } from '../program/builder.ts';

/** Klambauer et al., "Self-Normalizing Neural Networks" (2017): the fixed point (0, 1) of mean and variance. */
export const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 } as const;

interface ActivationRule<Name extends ActivationName> {
  /** `alpha` is the learned slope of prelu, [units]; null for every other activation. */
  apply(this: void, b: ProgramBuilder, z: Value, options: Activation<Name>, alpha: Value | null): Value;
  /** 1 where an output lies in the flat tail; null for an activation that does not saturate on both sides. */
  saturated: ((this: void, b: ProgramBuilder, output: Value) => Value) | null;
  /** |output| is the output. */
  isNonNegative: boolean;
}

/** z for z > 0, else `slope` * z; the slope at 0 is `slope`, as in PyTorch. Exact for every finite slope. */
function leaky(b: ProgramBuilder, z: Value, slope: number): Value {
  const fires = b.step01(z);
  const within = slope >= 0 && slope <= 1;
  return b.mul(z, within ? b.maximum(fires, slope) : b.add(fires, b.mul(b.sub(1, fires), slope)));
}

/** z for z > 0, else alpha * (e^(z / width) - 1). */
function exponentialTail(b: ProgramBuilder, z: Value, alpha: number, width = 1): Value {
  const tail = b.exp(b.div(b.minimum(z, 0), width));
  return b.add(b.relu(z), b.mul(b.sub(tail, 1), alpha));
}

/** Of an activation that has one tail at most, on values of both signs. */
const ordinary = { saturated: null, isNonNegative: false } as const;
const nonNegative = { saturated: null, isNonNegative: true } as const;

export const ACTIVATION_RULES: { readonly [Name in ActivationName]: ActivationRule<Name> } = {
  relu: { ...nonNegative, apply: (b, z) => b.relu(z) },
  leakyRelu: { ...ordinary, apply: (b, z, { alpha }) => leaky(b, z, alpha) },
  prelu: {
    ...ordinary,
    apply(b, z, _options, alpha) {
      if (!alpha) throw new TypeError('A prelu layer has no slopes.');
      const fires = b.step01(z);
      return b.mul(z, b.add(fires, b.mul(b.sub(1, fires), alpha)));
    },
  },
  elu: { ...ordinary, apply: (b, z, { alpha }) => exponentialTail(b, z, alpha) },
  selu: { ...ordinary, apply: (b, z) => b.mul(exponentialTail(b, z, SELU.alpha), SELU.scale) },
  gelu: { ...ordinary, apply: (b, z) => b.mul(b.mul(z, 0.5), b.add(b.unary('erf', b.mul(z, Math.SQRT1_2)), 1)) },
  geluTanh: {
    ...ordinary,
    apply(b, z) {
      const cubic = b.mul(b.mul(b.mul(z, z), z), 0.044715);
      return b.mul(b.mul(z, 0.5), b.add(b.unary('tanh', b.mul(b.add(z, cubic), Math.sqrt(2 / Math.PI))), 1));
    },
  },
  silu: { ...ordinary, apply: (b, z) => b.mul(z, b.unary('sigmoid', z)) },
  mish: { ...ordinary, apply: (b, z) => b.mul(z, b.unary('tanh', b.unary('softplus', z))) },
  softplus: { ...nonNegative, apply: (b, z) => b.unary('softplus', z) },
  celu: { ...ordinary, apply: (b, z, { alpha }) => exponentialTail(b, z, alpha, alpha) },
  tanh: {
    isNonNegative: false,
    apply: (b, z) => b.unary('tanh', z),
    saturated: (b, output) => b.cast(b.greater(b.abs(output), 0.9)),
  },
  sigmoid: {
    apply: (b, z) => b.unary('sigmoid', z),
    saturated: (b, output) => b.cast(b.greater(b.abs(b.sub(output, 0.5)), 0.45)),
    isNonNegative: true,
  },
  linear: { ...ordinary, apply: (_b, z) => z },
};

/** The output of an activation; `alpha` is the learned slope of prelu, [units], and null for every other one. */
export const applyActivation = <Name extends ActivationName>(
  b: ProgramBuilder,
  z: Value,
  activation: Activation<Name>,
  alpha: Value | null,
): Value => ACTIVATION_RULES[activation.type].apply(b, z, activation, alpha);
