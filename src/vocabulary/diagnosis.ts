import type { Change } from './changes.ts';

export const FINDING_CODES = [
  'diverged',
  'notLearning',
  'gotWorse',
  'learningStalled',
  'slowLearning',
  'networkCollapsed',
  'inactiveNeurons',
  'stuckNeurons',
  'constantNeurons',
  'saturatedNeurons',
  'rareNeurons',
  'uncentredInputs',
  'harmlessCapacityLoss',
  'healthy',
  'notYetJudged',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export const CAUSE_CODES = [
  'upstreamDeath',
  'givenWeights',
  'negativeBias',
  'uncentredInputs',
  'narrowAndDeep',
  'initializer',
  'chanceAtBirth',
  'largeUpdate',
  'biasDrift',
  'upstreamChange',
  'gradualDrift',
  'learningRateTooHigh',
  'learningRateTooLow',
  'vanishingGradient',
  'explodingGradient',
  'weightsTooSmall',
  'weightsTooLarge',
  'unscaledInputs',
  'unscaledTargets',
  'weightDecayTooStrong',
  'tooFewUnits',
  'tooFewSteps',
  'classImbalance',
  'smallTargetVariance',
  'spareCapacity',
  'unknown',
] as const;
export type CauseCode = (typeof CAUSE_CODES)[number];

export const ADVICE_CODES = [
  'reduceLearningRate',
  'raiseLearningRate',
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
  'normalizeBoth',
  'batchNormalization',
  'layerNormalization',
  'moreUnits',
  'trainLonger',
  'lessWeightDecay',
  'classWeights',
  'reluInstead',
  'none',
] as const;
export type AdviceCode = (typeof ADVICE_CODES)[number];

/** Of findings and of events. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Cause {
  code: CauseCode;
  /** From 0 to 1: how well the evidence supports this cause. Good for ordering; not a probability. */
  confidence: number;
  evidence: Record<string, unknown>;
}

export interface Finding {
  code: FindingCode;
  severity: Severity;
  /** Null for the network as a whole. */
  layer: string | null;
  /** The step since which this is true, if known. */
  since: number | null;
  message: string;
  cause: Cause | null;
}

/** What trials of a piece of advice measured, over the same seeds with and without it. */
export interface Measured {
  /** Pairs of runs. */
  runs: number;
  /** Runs whose own diagnosis has no critical finding and no warning about learning. */
  fixed: number;
  /** What `before`, `after` and `effect` are of, for example `valLoss`. */
  metric: string;
  /** Medians over the seeds. Null where no run has a finite value. */
  before: number | null;
  after: number | null;
  /** `after` - `before`. */
  effect: number | null;
  /** The smallest and the largest difference of a pair; null for a single seed. */
  interval: [low: number, high: number] | null;
  /** Every seed changed in the same direction. */
  agrees: boolean;
}

export interface Advice {
  code: AdviceCode;
  /** The causes that it treats. */
  addresses: CauseCode[];
  reason: string;
  evidence: Record<string, unknown>;
  /** When it does not help, and what it costs. */
  limits: string;
  /** A JSON merge patch (RFC 7396) on the run's spec, ready to submit. */
  patch: Record<string, unknown>;
  /** What the patch changes. */
  change: Change[];
  /** Present once trials have measured it. */
  measured?: Measured;
}

export interface Diagnosis {
  object: 'diagnosis';
  /** Of the newest verdict. */
  step: number;
  findings: Finding[];
  advice: Advice[];
}
