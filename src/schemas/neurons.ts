/** Neuron health as the API, the store and the threads speak of it. API.md section 4. */
import type { ActivationName } from './job.ts';

export const NEURON_STATES = ['active', 'rare', 'silent', 'dead', 'stuck', 'constant', 'saturated'] as const;
export type NeuronState = (typeof NEURON_STATES)[number];

export type LifeEventType = 'bornDead' | 'died' | 'revived';
export interface LifeEvent {
  type: LifeEventType;
  step: number;
}

export interface NeuronHealth {
  index: number;
  state: NeuronState;
  /** Dead, and proved so for every input in the box of the training data. */
  permanent: boolean;
  /**
   * How far the proof reaches. `inputBox`: with the weights as they are, for every input in the box; a layer below can
   * still undo it.
   * `anyUpstream`: whatever the layers below become; only a change of the neuron's own weights can undo it, and they
   * have no gradient.
   */
  certificate: 'inputBox' | 'anyUpstream' | null;
  firedFraction: number;
  /** Upper 95 % bound of the firing rate: 3 / samples where it never fired. */
  firedBound: number;
  minPreActivation: number | null;
  maxPreActivation: number | null;
  meanAbs: number | null;
  outputRange: number | null;
  gradientZero: boolean;
  tauScore: number | null;
  bias: number;
  incomingNorm: number;
  outgoingNorm: number;
  history: LifeEvent[];
}

/**
 * The other published definitions, each as a count of neurons in the layer; `autotrainer` is its ratio of exactly zero
 * gradients.
 */
export interface PublishedDefinitions {
  kerasContrib: number;
  sagemaker: number;
  dohare: number;
  tauDormant: number;
  autotrainer: number;
}

export interface LayerHealth {
  name: string;
  units: number;
  activation: ActivationName;
  counts: Record<NeuronState, number>;
  definitions: PublishedDefinitions | null;
  neurons: NeuronHealth[];
}

/**
 * `exact`: a verdict by a full pass with frozen weights, not an estimate from running counters. `finite`: false where
 * weights are not, and nothing else was computed.
 */
export interface Neurons {
  object: 'neurons';
  step: number;
  samples: number;
  exact: boolean;
  finite: boolean;
  layers: LayerHealth[];
}

export const ADVICE_CODES = [
  'reduceLearningRate',
  'scheduleLearningRate',
  'clipGradients',
  'leakyRelu',
  'prelu',
  'elu',
  'selu',
  'positiveBias',
  'heInitialization',
  'randomizedAsymmetric',
  'normalizeInputs',
  'normalizeTargets',
  'batchNormalization',
  'layerNormalization',
  'none',
] as const;
export type AdviceCode = (typeof ADVICE_CODES)[number];

export interface Cause {
  code: string;
  confidence: number;
  evidence: Record<string, unknown>;
}
export interface Finding {
  code: string;
  severity: 'info' | 'warning' | 'critical';
  layer: string | null;
  since: number | null;
  message: string;
  cause: Cause | null;
}
/** `patch`: a JSON merge patch (RFC 7396) on the run's spec, ready to submit. */
export interface Advice {
  code: AdviceCode;
  reason: string;
  evidence: Record<string, unknown>;
  limits: string;
  patch: Record<string, unknown>;
}
export interface Diagnosis {
  object: 'diagnosis';
  step: number;
  findings: Finding[];
  advice: Advice[];
}

/** Before training, by Monte Carlo over first weights on a sample of the real inputs. */
export interface Risk {
  /** Some hidden layer puts out the same for every sample; with a 95 % interval of the simulation. */
  bornDead: { probability: number; interval: [number, number] };
  layers: { name: string; units: number; expectedDead: number }[];
  /** How many first weights were drawn, and how many inputs each was tried on. */
  draws: number;
  samples: number;
  /** Published bounds of the probability, where their assumptions hold. */
  published: { lower: number | null; upper: number; source: string } | null;
}
