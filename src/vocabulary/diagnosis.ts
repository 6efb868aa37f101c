export const FINDING_CODES = [
  'diverged',
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
  'smallTargetVariance',
  'spareCapacity',
  'unknown',
] as const;
export type CauseCode = (typeof CAUSE_CODES)[number];

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

export interface Advice {
  code: AdviceCode;
  reason: string;
  evidence: Record<string, unknown>;
  /** When it does not help, and what it costs. */
  limits: string;
  /** A JSON merge patch (RFC 7396) on the run's spec, ready to submit. */
  patch: Record<string, unknown>;
}

export interface Diagnosis {
  object: 'diagnosis';
  /** Of the newest verdict. */
  step: number;
  findings: Finding[];
  advice: Advice[];
}
