import type { Activation, ActivationChoice, ActivationName } from './activations.ts';
import type { TargetNormalization } from './dataset.ts';
import type { Initializer, InitializerChoice } from './initializers.ts';
import { LIMITS } from './limits.ts';
import { namesOf, type Filled, type Flat, type Given, type Options } from './options.ts';

const rate = {
  type: 'number',
  minimum: 0,
  exclusiveMaximum: 1,
  description: 'Share of the values that are dropped in training.',
} as const;
const epsilon = {
  type: 'number',
  exclusiveMinimum: 0,
  default: 1e-5,
  description: 'Added to the variance.',
} as const;

/** The options of each layer type, without activations and initializers, which are choices themselves. */
export const LAYER_OPTIONS = {
  dense: { units: { type: 'integer', minimum: 1, maximum: LIMITS.units } },
  activation: {},
  dropout: { rate },
  alphaDropout: { rate },
  batchNormalization: {
    momentum: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.9,
      description: 'Share of the old running statistics that each step keeps.',
    },
    epsilon,
  },
  layerNormalization: { epsilon },
} as const satisfies Record<string, Options>;

export type LayerType = keyof typeof LAYER_OPTIONS;
export const LAYER_TYPES = namesOf(LAYER_OPTIONS);

/** The activation of a dense layer that names none, unless a layer of type `activation` follows it. */
export const DEFAULT_ACTIVATION: Activation = { type: 'relu' };
export const DEFAULT_BIAS_INITIALIZER: Initializer = { type: 'zeros' };

/** The choices of each layer type, as they are submitted and as they are filled in. */
interface LayerChoices {
  dense: {
    given: {
      activation?: ActivationChoice;
      kernelInitializer?: InitializerChoice;
      biasInitializer?: InitializerChoice;
    };
    filled: { activation: Activation; kernelInitializer: Initializer; biasInitializer: Initializer };
  };
  activation: { given: { activation: ActivationChoice }; filled: { activation: Activation } };
  dropout: { given: object; filled: object };
  alphaDropout: { given: object; filled: object };
  batchNormalization: { given: object; filled: object };
  layerNormalization: { given: object; filled: object };
}

/** A layer as it is submitted. */
export type LayerJob<Type extends LayerType = LayerType> = {
  [K in Type]: Flat<{ type: K } & Given<(typeof LAYER_OPTIONS)[K]> & LayerChoices[K]['given']>;
}[Type];
/** A layer with its options filled in. */
export type LayerSpec<Type extends LayerType = LayerType> = {
  [K in Type]: Flat<{ type: K } & Filled<(typeof LAYER_OPTIONS)[K]> & LayerChoices[K]['filled']>;
}[Type];

export const OUTPUT_ACTIVATIONS = ['linear', 'relu', 'softplus', 'sigmoid', 'tanh'] as const satisfies ActivationName[];
export type OutputActivation = (typeof OUTPUT_ACTIVATIONS)[number];

/** Standardised targets are on both sides of 0, and some are further from it than 1. */
export const canReach = (activation: OutputActivation, normalization: TargetNormalization): boolean =>
  activation === 'linear' || normalization !== 'standard';

/** The options of the output layer, without initializers, which are choices themselves. */
export const OUTPUT_OPTIONS = {
  activation: {
    type: 'string',
    enum: OUTPUT_ACTIVATIONS,
    default: 'linear',
    description:
      'Regression only: keeps predictions in a range. relu: not negative; softplus: positive; sigmoid: 0 to 1; tanh: -1 to 1. With dataset.normalizeTargets the range is one of normalised targets.',
  },
} as const satisfies Options;

export interface OutputLayerJob extends Partial<Filled<typeof OUTPUT_OPTIONS>> {
  kernelInitializer?: InitializerChoice;
  biasInitializer?: InitializerChoice;
}
export interface OutputLayerSpec extends Filled<typeof OUTPUT_OPTIONS> {
  kernelInitializer: Initializer;
  biasInitializer: Initializer;
}
/** Glorot and Bengio (2010): the output layer is linear before its loss. */
export const DEFAULT_OUTPUT: OutputLayerSpec = {
  activation: OUTPUT_OPTIONS.activation.default,
  kernelInitializer: { type: 'glorotUniform' },
  biasInitializer: DEFAULT_BIAS_INITIALIZER,
};

/** Weights to start from instead of random ones, for each dense layer, the output layer last. */
export interface InitialWeights {
  /** [in, out] each. */
  kernels: number[][][];
  /** [out] each; zeros if absent. */
  biases?: number[][];
  /** Slopes of prelu layers, [out] each; an empty list for every other layer. */
  alphas?: number[][];
  /** One per normalisation layer, in their order. */
  normalizations?: NormalizationWeights[];
}
/** Of [units] each; `mean` and `variance` are the running statistics of batch normalisation only. */
export interface NormalizationWeights {
  gamma: number[];
  beta: number[];
  mean?: number[];
  variance?: number[];
}

/** Many weights that came with a job, as the job says it while they are kept apart: by their hash. */
export interface KeptWeights {
  /** `sha256:...` over the weights. */
  hash: string;
  /** How many there are. */
  values: number;
  /** As in `InitialWeights`: slopes stay in the job. */
  alphas?: number[][];
}

export interface ModelJob {
  layers: LayerJob[];
  output?: OutputLayerJob;
  initialWeights?: InitialWeights | KeptWeights;
}
export interface ModelSpec {
  layers: LayerSpec[];
  /** Absent in runs of older versions; `DEFAULT_OUTPUT` applies then. */
  output?: OutputLayerSpec;
  /** A list of runs leaves out those that are not kept apart. */
  initialWeights?: InitialWeights | KeptWeights;
}
