import type { FilledChoice, GivenChoice, Options } from './options.ts';

const rate = { type: 'number', minimum: 0, maximum: 1e6 } as const;
/** A share of the past that is kept from step to step. */
const share = { type: 'number', minimum: 0, exclusiveMaximum: 1 } as const;
const epsilon = { type: 'number', minimum: 0, description: 'Added outside the square root.' } as const;
const weightDecay = { type: 'number', minimum: 0 } as const;

/** Definitions and defaults as in PyTorch's torch.optim; `rho` is called alpha in its RMSprop. */
export const OPTIMIZER_OPTIONS = {
  sgd: {
    learningRate: { ...rate, default: 0.01 },
    momentum: { ...share, default: 0 },
    nesterov: { type: 'boolean', default: false },
    weightDecay: { ...weightDecay, default: 0 },
  },
  adam: {
    learningRate: { ...rate, default: 0.001 },
    beta1: { ...share, default: 0.9 },
    beta2: { ...share, default: 0.999 },
    epsilon: { ...epsilon, default: 1e-8 },
    weightDecay: { ...weightDecay, default: 0 },
  },
  adamw: {
    learningRate: { ...rate, default: 0.001 },
    beta1: { ...share, default: 0.9 },
    beta2: { ...share, default: 0.999 },
    epsilon: { ...epsilon, default: 1e-8 },
    weightDecay: { ...weightDecay, default: 0.01 },
  },
  rmsprop: {
    learningRate: { ...rate, default: 0.01 },
    rho: { ...share, default: 0.99 },
    momentum: { ...share, default: 0 },
    epsilon: { ...epsilon, default: 1e-8 },
    weightDecay: { ...weightDecay, default: 0 },
  },
  adagrad: {
    learningRate: { ...rate, default: 0.01 },
    epsilon: { ...epsilon, default: 1e-10 },
    weightDecay: { ...weightDecay, default: 0 },
  },
} as const satisfies Record<string, Options>;

export type OptimizerName = keyof typeof OPTIMIZER_OPTIONS;
export const DEFAULT_OPTIMIZER = 'adam' satisfies OptimizerName;

export type OptimizerChoice = GivenChoice<typeof OPTIMIZER_OPTIONS>;
/** An optimizer with its options filled in. */
export type OptimizerSpec<Name extends OptimizerName = OptimizerName> = FilledChoice<typeof OPTIMIZER_OPTIONS, Name>;
