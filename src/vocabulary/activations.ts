import type { Initializer } from './initializers.ts';
import { namesOf, type FilledChoice, type GivenChoice, type Options } from './options.ts';

export const ACTIVATION_OPTIONS = {
  relu: {},
  leakyRelu: { alpha: { type: 'number', default: 0.01, description: 'Slope for z <= 0.' } },
  prelu: {
    alpha: { type: 'number', default: 0.25, description: 'Initial value of the learned slopes, one per neuron.' },
  },
  elu: { alpha: { type: 'number', default: 1, description: 'Negative saturation value.' } },
  selu: {},
  gelu: {},
  geluTanh: {},
  silu: {},
  mish: {},
  softplus: {},
  celu: { alpha: { type: 'number', default: 1, description: 'Negative saturation value.' } },
  tanh: {},
  sigmoid: {},
  linear: {},
} as const satisfies Record<string, Options>;

export type ActivationName = keyof typeof ACTIVATION_OPTIONS;
export const ACTIVATIONS = namesOf(ACTIVATION_OPTIONS);

export type ActivationChoice = GivenChoice<typeof ACTIVATION_OPTIONS>;
/** An activation with its options filled in. */
export type Activation<Name extends ActivationName = ActivationName> = FilledChoice<typeof ACTIVATION_OPTIONS, Name>;

const he: Initializer = { type: 'heNormal' };
const glorot: Initializer = { type: 'glorotUniform' };
/**
 * The kernel initializer of a dense layer that does not name one. He et al. (2015) for the ReLU family, LeCun for
 * SELU (Klambauer et al. 2017), Glorot and Bengio (2010) for the others.
 */
export const DEFAULT_KERNEL_INITIALIZER: Readonly<Record<ActivationName, Initializer>> = {
  relu: he,
  leakyRelu: he,
  prelu: he,
  elu: he,
  selu: { type: 'lecunNormal' },
  gelu: he,
  geluTanh: he,
  silu: he,
  mish: he,
  softplus: he,
  celu: he,
  tanh: glorot,
  sigmoid: glorot,
  linear: glorot,
};
