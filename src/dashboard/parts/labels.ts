/** Closed lists in words. A new name does not compile before it has its words here. */
import type { AdviceCode, CauseCode, ModelFormat, NeuronState, RunStatus, Task } from '../../vocabulary/index.ts';

export const STATUS_LABELS: Record<RunStatus, string> = {
  queued: 'queued',
  running: 'running',
  paused: 'paused',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const TASK_LABELS: Record<Task, string> = {
  regression: 'Regression',
  classification: 'Classification',
  multilabel: 'Multi-label classification',
};

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

export const MODEL_FORMAT_LABELS: Record<ModelFormat, string> = {
  json: 'Weights as JSON',
  tfjs: 'TensorFlow.js',
  onnx: 'ONNX',
};

export const STATE_LABELS: Record<NeuronState, string> = {
  active: 'active',
  rare: 'rare',
  silent: 'silent',
  dead: 'dead',
  stuck: 'stuck',
  constant: 'constant',
  saturated: 'saturated',
};

/** In the field and its legend: a mark for every state but those that are shown by their light alone. */
export const STATE_MARKS: Record<NeuronState, string | null> = {
  active: null,
  rare: null,
  silent: '○',
  dead: '×',
  stuck: '–',
  constant: '=',
  saturated: '⌐',
};
