/** Causes and remedies in words, for the page and the terminal. A new code does not compile before it has its words here. */
import type { AdviceCode, CauseCode } from './diagnosis.ts';

export const ADVICE_LABELS: Record<AdviceCode, string> = {
  reduceLearningRate: 'Lower learning rate',
  scheduleLearningRate: 'Learning rate schedule',
  clipGradients: 'Gradient clipping',
  leakyRelu: 'Leaky ReLU',
  prelu: 'PReLU',
  elu: 'ELU',
  selu: 'SELU',
  positiveBias: 'Positive bias',
  heInitialization: 'He initialization',
  randomizedAsymmetric: 'Asymmetric initialization',
  normalizeInputs: 'Normalized inputs',
  normalizeTargets: 'Normalized targets',
  batchNormalization: 'Batch normalization',
  layerNormalization: 'Layer normalization',
  none: 'No change',
};

export const CAUSE_LABELS: Record<CauseCode, string> = {
  upstreamDeath: 'a dead layer below',
  givenWeights: 'the given initial weights',
  negativeBias: 'a negative initial bias',
  uncentredInputs: 'inputs that are not centred',
  narrowAndDeep: 'a narrow and deep network',
  initializer: 'the kernel initializer',
  chanceAtBirth: 'chance in the initial weights',
  largeUpdate: 'a large update',
  biasDrift: 'a drift of the bias',
  upstreamChange: 'a change in the layer below',
  gradualDrift: 'a gradual drift of the weights',
  learningRateTooHigh: 'a learning rate that is too high',
  smallTargetVariance: 'targets with little variance',
  spareCapacity: 'more neurons than the task needs',
  unknown: 'unknown',
};
