import type { ActivationName } from './activations.ts';

export const NEURON_STATES = ['active', 'rare', 'silent', 'dead', 'stuck', 'constant', 'saturated'] as const;
export type NeuronState = (typeof NEURON_STATES)[number];

export const LIFE_EVENT_TYPES = ['bornDead', 'died', 'revived'] as const;
export type LifeEventType = (typeof LIFE_EVENT_TYPES)[number];
export interface LifeEvent {
  type: LifeEventType;
  /** Of the verdict that saw it first. */
  step: number;
  /**
   * Of the verdict before, which did not see it: it happened between the two. Absent for `bornDead`, where there was no
   * verdict before, and in histories of earlier versions.
   */
  after?: number;
}

/** When it happened, as exactly as it is known. */
export const timeOfLifeEvent = ({ step, after }: LifeEvent, write: (step: number) => string = String): string =>
  after === undefined ? `at step ${write(step)}` : `between step ${write(after)} and ${write(step)}`;

/**
 * How far a proof of death reaches. `inputBox`: with the current weights, for every input within the range of the
 * training data; a change in a layer below can still revive the neuron. `anyUpstream`: whatever the layers below change
 * to; only a change of the neuron's own weights could revive it, and they have no gradient.
 */
export const CERTIFICATES = ['inputBox', 'anyUpstream'] as const;
export type Certificate = (typeof CERTIFICATES)[number];

/** z is the pre-activation. Numbers are null if they were not measured. */
export interface NeuronHealth {
  index: number;
  state: NeuronState;
  /** Dead, and proved dead for every input within the range of the training data. */
  permanent: boolean;
  certificate: Certificate | null;
  /** Share of the samples with z > 0. */
  firedFraction: number;
  /** Upper 95 % bound of the firing rate: 3 / samples if the neuron never fired. */
  firedBound: number;
  minPreActivation: number | null;
  maxPreActivation: number | null;
  /** Mean of |output|. */
  meanAbs: number | null;
  /** Largest output minus smallest output. */
  outputRange: number | null;
  /** The gradient of the incoming weights is zero on every sample. */
  gradientZero: boolean;
  /** Dormancy score of Sokar et al. (2023): meanAbs over the mean of the layer. */
  tauScore: number | null;
  bias: number;
  /** L2 norms of the incoming and the outgoing weights. */
  incomingNorm: number;
  outgoingNorm: number;
  history: LifeEvent[];
}

/** Other published definitions of death, each as a count of neurons in the layer. */
export interface PublishedDefinitions {
  kerasContrib: number;
  sagemaker: number;
  dohare: number;
  tauDormant: number;
  /** Share of gradients that are exactly zero. */
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

/** A page of a verdict: every layer with its counts, and at most so many neurons as were asked for. */
export interface NeuronsAnswer extends Neurons {
  hasMore: boolean;
  nextCursor: string | null;
}

/** A verdict on every hidden neuron. */
export interface Neurons {
  object: 'neurons';
  step: number;
  /** The number of samples that the verdict used. */
  samples: number;
  /** Taken by a full pass with frozen weights; false for an estimate from running counters. */
  exact: boolean;
  /** False if weights are not finite. Nothing else was computed then. */
  finite: boolean;
  layers: LayerHealth[];
}
