import type { Change } from './changes.ts';
import type { TrialMetric, TrialsStatus } from './trials.ts';

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
  'outputActivation',
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
  'linearOutput',
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
  /** Pairs of runs, one with and one without it. */
  runs: number;
  /** Runs whose own diagnosis has no critical finding and no warning about learning. */
  fixed: number;
  /** What `before`, `after` and `effect` are of, for example `valLoss`. */
  metric: TrialMetric;
  /** Medians over the seeds. A run that diverged or was stopped early counts as the worst; null where that is the median. */
  before: number | null;
  after: number | null;
  /** `after` - `before`. */
  effect: number | null;
  /** The smallest and the largest difference of a pair; null for a single seed, and where one is not finite. */
  interval: [low: number, high: number] | null;
  /** There are at least two seeds, and all changed in the same direction. */
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
  /** Two pieces in one patch, which trials tried together; `code` is the first of them. */
  combines?: AdviceCode[];
  /** Present once trials have measured it. */
  measured?: Measured;
}

export interface Diagnosis {
  object: 'diagnosis';
  /** Of the newest verdict. */
  step: number;
  findings: Finding[];
  advice: Advice[];
  /** Whether trials of the advice are running or over; absent if there were none. */
  trials?: TrialsStatus;
}
