/**
 * The remedies: for each its reason, its limits and its patch on a spec, which may already carry other remedies. Sizes
 * come from what the run recorded.
 */
import {
  canReach,
  DEFAULT_KERNEL_INITIALIZER,
  DEFAULT_OUTPUT,
  LIMITS,
  type AdviceCode,
  type JobSpec,
} from '../../vocabulary/index.ts';
import {
  initializeAsymmetric,
  initializeFitting,
  initializeRelu,
  normalizeLayers,
  raiseBiases,
  replaceSaturating,
  steepenLeaky,
  switchRelu,
  switchToSelu,
  widen,
} from './layer-changes.ts';
import type { Patch } from './patches.ts';
import { rounded, usualRate } from './rates.ts';
import type { RunRecord } from './run-record.ts';

export type RemedyCode = Exclude<AdviceCode, 'none'>;

export interface Remedy {
  reason: string;
  /** When it does not help, and what it costs. */
  limits: string;
  /** Null if it does not apply to the spec. */
  patch(run: RunRecord, spec: JobSpec): Patch | null;
  /** What it needs beside it in order to work, with the spec that it has changed. */
  companions?(run: RunRecord, spec: JobSpec): RemedyCode[];
  evidence?(run: RunRecord): Record<string, unknown>;
}

/**
 * A rate further from the usual one than these factors is set to it. Plain gradient descent diverges soon above its
 * limit; optimizers that scale the step by past gradients do not.
 */
const FAR = { below: 2.5, above: { descent: 2.5, adaptive: 5 } };
/** Networks of ten ReLU layers of this width are born dead in less than 1 % of draws (Lu et al. 2020). */
const NARROW = 10;
const WIDTH = 64;
/** Steps within which a small network on scaled data has usually learned. */
const ENOUGH_STEPS = 1500;
const CANNOT_REVIVE =
  'This prevents new deaths. It cannot revive a dead neuron in the first layer, whose gradient is zero on every sample at any rate.';

/** The power of the inputs as the spec will scale them. */
function inputPowerOf({ data, spec: given }: RunRecord, { dataset }: JobSpec): number {
  if (!data) return 1;
  return dataset.normalize === given.dataset.normalize ? (data.inputPower ?? 1) : (data.features ?? 1);
}

const rateFor = (run: RunRecord, spec: JobSpec): number => usualRate(spec, inputPowerOf(run, spec));

/** Sets the rate to the usual one where it is far from it. */
function rateCompanion(run: RunRecord, spec: JobSpec): RemedyCode[] {
  const { type, learningRate } = spec.training.optimizer;
  const usual = rateFor(run, spec);
  if (learningRate > FAR.above[type === 'sgd' ? 'descent' : 'adaptive'] * usual) return ['reduceLearningRate'];
  return learningRate < usual / FAR.below ? ['raiseLearningRate'] : [];
}

const stepsOf = ({ plannedSteps, spec: given }: RunRecord, { training }: JobSpec): number =>
  (plannedSteps / given.training.epochs) * training.epochs;

const enoughSteps = (run: RunRecord, spec: JobSpec): RemedyCode[] =>
  stepsOf(run, spec) < ENOUGH_STEPS / 5 ? ['trainLonger'] : [];

/** Both parts only where both are off; one alone where the other needs nothing. */
function normalizes(part: 'inputs' | 'targets' | 'both', run: RunRecord, { dataset, model }: JobSpec): Patch | null {
  const inputs = dataset.normalize === 'standard' ? {} : { normalize: 'standard' };
  const { activation } = model.output ?? DEFAULT_OUTPUT;
  const targets =
    run.task !== 'regression' || dataset.normalizeTargets !== 'none'
      ? {}
      : { normalizeTargets: canReach(activation, 'standard') ? 'standard' : 'minMax' };
  const patch = { ...(part !== 'targets' && inputs), ...(part !== 'inputs' && targets) };
  return Object.keys(patch).length < (part === 'both' ? 2 : 1) ? null : { dataset: patch };
}

/** Whether the targets, in the unit that is minimised, have a scale of their own. */
const areTargetsOff = ({ targets }: RunRecord): boolean =>
  targets !== null && (Math.max(targets.mean, targets.deviation) > 3 || targets.deviation < 0.1);

const areInputsOff = ({ data }: RunRecord): boolean =>
  data !== null && (data.largestInput > 6 || (data.inputMeanToDeviation ?? 0) > 2);

export const REMEDIES: Readonly<Record<RemedyCode, Remedy>> = {
  reduceLearningRate: {
    reason:
      'The rate is above what this network can take: a single update that is too large undoes what was learned and pushes neurons below zero on every sample. The limit is sharp.',
    limits: CANNOT_REVIVE,
    patch: (run, spec) => {
      const { learningRate } = spec.training.optimizer;
      if (learningRate <= 0) return null;
      const usual = rateFor(run, spec);
      const next = learningRate > 2 * usual ? usual : learningRate * (run.hasDiverged ? 0.1 : 0.3);
      return { training: { optimizer: { learningRate: rounded(next) } } };
    },
    evidence: ({ spec }) => ({ learningRate: spec.training.optimizer.learningRate }),
  },
  raiseLearningRate: {
    reason:
      'The weights have hardly moved: at a usual rate for this optimizer, width and batch the same steps go further.',
    limits: 'A rate that is too high kills neurons or diverges; data without scale make every rate wrong.',
    patch: (run, spec) => {
      const { learningRate } = spec.training.optimizer;
      const usual = rateFor(run, spec);
      const next = learningRate < usual / 2 ? usual : 3 * learningRate;
      return next > 4 * usual ? null : { training: { optimizer: { learningRate: rounded(next) } } };
    },
    companions: enoughSteps,
    evidence: ({ spec }) => ({ learningRate: spec.training.optimizer.learningRate }),
  },
  trainLonger: {
    reason: 'The loss was still falling at the end, or there were too few steps to learn anything.',
    limits: 'It takes as much longer, and more epochs on few samples can overfit: watch the validation loss.',
    patch: (run, spec) => {
      const { epochs } = spec.training;
      const steps = stepsOf(run, spec);
      const factor = Math.max(3, Math.min(50, Math.ceil(ENOUGH_STEPS / Math.max(steps, 1))));
      const next = Math.min(LIMITS.epochs, epochs * factor);
      return next > epochs ? { training: { epochs: next } } : null;
    },
    evidence: ({ plannedSteps, learning }) => ({ steps: plannedSteps, fallOfLoss: learning.fall }),
  },
  scheduleLearningRate: {
    reason:
      'The first steps have the largest gradients. A rate that warms up during them and decays towards the end keeps steps small when they do the most harm.',
    limits: `${CANNOT_REVIVE} A warm-up prevents early deaths only.`,
    patch: ({ plannedSteps }, spec) => {
      const { type, warmupSteps } = spec.training.schedule;
      const suggested = Math.max(1, Math.min(1000, Math.ceil(plannedSteps / 10)));
      if (type !== 'constant' && warmupSteps >= suggested) return null;
      return type === 'constant'
        ? { training: { schedule: { type: 'cosine', warmupSteps: suggested, minimumFactor: 0 } } }
        : { training: { schedule: { warmupSteps: suggested } } };
    },
  },
  clipGradients: {
    reason: 'Clipping the gradient norm limits the update from a single bad batch.',
    limits:
      'It cannot revive dead neurons. Adam, RMSprop and Adagrad scale the step by past gradients, so with them clipping helps against single spikes, but not against a rate that is too high throughout.',
    patch: ({ windows }, spec) => {
      const norm = clipNormFor(windows.flatMap(({ meanGradientNorm }) => meanGradientNorm ?? []));
      return spec.training.clipNorm !== null && spec.training.clipNorm <= norm
        ? null
        : { training: { clipNorm: norm } };
    },
    evidence: ({ windows, spec }) => ({
      clipNorm: spec.training.clipNorm,
      maxGradientNorm: Math.max(0, ...windows.map(({ maxGradientNorm }) => maxGradientNorm ?? 0)),
    }),
  },
  leakyRelu: {
    reason: 'A small slope for z <= 0 gives every neuron a gradient, at no extra cost.',
    limits:
      'With a slope of 0.01, the gradient of an inactive neuron is a hundred times smaller, so the neuron recovers slowly and can stay stuck. It does not fix a learning rate that is too high.',
    patch: (_run, spec) => switchRelu(spec, { type: 'leakyRelu', alpha: 0.01 }) ?? steepenLeaky(spec, 0.3),
  },
  prelu: {
    reason:
      'The slope for z <= 0 is learned, one per neuron, starting at 0.25 (He et al. 2015), so inactive neurons get a strong gradient from the start.',
    limits:
      'It adds one parameter per neuron. More neurons with a gradient mean larger updates: at a rate that is too high it diverges.',
    patch: (_run, spec) => switchRelu(spec, { type: 'prelu', alpha: 0.25 }),
  },
  elu: {
    reason:
      'It is smooth for z <= 0, with values down to -1. Neurons just below zero keep a gradient, and mean outputs are closer to zero, which keeps the next layer centred (Clevert et al. 2016).',
    limits: 'Far below zero it saturates, and its gradient vanishes too.',
    patch: (_run, spec) => switchRelu(spec, { type: 'elu', alpha: 1 }),
  },
  selu: {
    reason:
      'It keeps the mean and variance of the outputs near 0 and 1 through many layers (Klambauer et al. 2017), which suits deep plain networks. It requires LeCun normal weights and alpha dropout, and the patch sets both.',
    limits: 'This holds for plain dense networks with standardised inputs. With few layers there is little to gain.',
    patch: ({ hidden }, spec) => (hidden.length >= 4 ? switchToSelu(spec) : null),
  },
  positiveBias: {
    reason: 'Neurons whose bias starts below zero do not fire. A bias of 0.1 lets them fire at the start.',
    limits: 'This helps only at initialisation.',
    patch: (_run, spec) =>
      raiseBiases(spec, 0.1) ?? initializeRelu(spec, { biasInitializer: { type: 'constant', value: 0.1 } }),
  },
  heInitialization: {
    reason:
      'First weights of the size that fits the activation (He et al. 2015 for ReLU, LeCun et al. 1998 for SELU, Glorot and Bengio 2010 for the rest) and zero biases keep the size of signal and gradient from layer to layer; the output layer included.',
    limits: 'Half of the weights are still negative, so a narrow, deep network is born dead as often as before.',
    patch: (_run, spec) => initializeFitting(spec),
    companions: rateCompanion,
  },
  randomizedAsymmetric: {
    reason:
      'One weight or bias of every neuron, including the output layer, is drawn positive (Lu et al. 2020). For nine layers of two neurons, the share of networks that are born dead falls from 0.88 to 0.23 (measured).',
    limits: 'This is meant for narrow, deep networks. Neurons can still die during training.',
    patch: ({ hidden }, spec) =>
      hidden.some(({ spec: { units } }) => units <= NARROW) ? initializeAsymmetric(spec) : null,
  },
  normalizeInputs: {
    reason: 'Inputs with mean 0 and deviation 1 fit first weights of usual size and lie on both sides of most neurons.',
    limits: 'This affects the first layer. Deeper layers see the outputs of the layers below them.',
    patch: (run, spec) => (areTargetsOff(run) ? null : normalizes('inputs', run, spec)),
    companions: rateCompanion,
    evidence: ({ data, spec }) => ({
      normalize: spec.dataset.normalize,
      inputMeanToDeviation: data?.inputMeanToDeviation ?? null,
      largestInput: data?.largestInput ?? null,
      ...(data?.inputNames && { inputWithTheLargest: data.inputNames.largest }),
    }),
  },
  normalizeTargets: {
    reason:
      'The scale of the targets sets the scale of the gradients: large ones cause large updates, and an offset far from zero is learned one small step at a time. Predictions are scaled back.',
    limits: 'The loss is then in units of the standardised targets; R² does not change its meaning.',
    patch: (run, spec) => (areInputsOff(run) ? null : normalizes('targets', run, spec)),
    companions: rateCompanion,
    evidence: ({ data }) => ({ targetMean: data?.targetMean ?? null, targetDeviation: data?.targetDeviation ?? null }),
  },
  normalizeBoth: {
    reason:
      'Inputs and targets with mean 0 and deviation 1 fit first weights and rates of usual size. One without the other leaves either the gradients or the signals without scale. Predictions are scaled back.',
    limits: 'The loss is then in units of the standardised targets; R² does not change its meaning.',
    patch: (run, spec) => normalizes('both', run, spec),
    companions: rateCompanion,
    evidence: ({ data, spec }) => ({
      normalize: spec.dataset.normalize,
      largestInput: data?.largestInput ?? null,
      ...(data?.inputNames && { inputWithTheLargest: data.inputNames.largest }),
      targetMean: data?.targetMean ?? null,
      targetDeviation: data?.targetDeviation ?? null,
    }),
  },
  batchNormalization: {
    reason:
      'It centres every pre-activation over the batch, so each neuron fires on part of the batch and gets a gradient (Ioffe and Szegedy 2015).',
    limits:
      'It needs batches of at least 16 samples. Predictions use running statistics, which take a few hundred steps to settle. A learned offset can still push a neuron below zero.',
    patch: (_run, spec) =>
      spec.training.batchSize >= 16
        ? normalizeLayers(spec, { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-5 })
        : null,
    evidence: ({ spec }) => ({ batchSize: spec.training.batchSize }),
  },
  layerNormalization: {
    reason:
      'It centres the pre-activations of each sample over the layer (Ba et al. 2016), so some neurons of every layer fire on every sample. It works with any batch size.',
    limits:
      'A single neuron can still be silent on all samples. Layers of two or three neurons lose almost all information about their input.',
    patch: ({ hidden }, spec) =>
      hidden.every(({ spec: { units } }) => units >= 4)
        ? normalizeLayers(spec, { type: 'layerNormalization', epsilon: 1e-5 })
        : null,
  },
  moreUnits: {
    reason:
      'A wider layer loses a smaller share of itself with each neuron, is hardly ever born dead (1 - 2^-units at one input, Lu et al. 2020), and has directions enough to get around poor first weights.',
    limits: 'More parameters: on few samples watch the validation loss.',
    patch: (_run, spec) => widen(spec, WIDTH),
    companions: (run, spec) => [...rateCompanion(run, spec), ...enoughSteps(run, spec)],
    evidence: ({ hidden }) => ({ widths: hidden.map(({ spec: { units } }) => units) }),
  },
  lessWeightDecay: {
    reason: 'The decay shrinks the weights faster than the data rebuild them, until nothing fires any more.',
    limits: 'Without enough decay a large network can overfit: watch the validation loss.',
    patch: (_run, { training: { optimizer } }) =>
      optimizer.weightDecay > 1e-4 ? { training: { optimizer: { weightDecay: 1e-4 } } } : null,
  },
  classWeights: {
    reason: 'The commonest class outweighs the others in the loss. Balanced weights give each class the same say.',
    limits:
      'Probabilities are then those of balanced classes, and accuracy may fall while recall of rare classes rises.',
    patch: ({ task }, { training }) =>
      task === 'regression' || (training.classWeights ?? null) !== null
        ? null
        : { training: { classWeights: 'balanced' } },
    evidence: ({ data }) =>
      data?.rarestClass ? { rarestClass: data.rarestClass, shareOfTheRarest: data.rarestShare ?? null } : {},
  },
  reluInstead: {
    reason:
      'Each sigmoid multiplies the gradient by a quarter at most, so little of it is left after a few layers. ReLU passes it on whole, with weights by He.',
    limits: 'ReLU neurons can die, which sigmoids cannot.',
    patch: (_run, spec) => replaceSaturating(spec, DEFAULT_KERNEL_INITIALIZER.relu),
    // The rate of a sigmoid says nothing about what ReLU bears: it is lowered where it is too high, never raised.
    companions: (run, spec) => rateCompanion(run, spec).filter((code) => code === 'reduceLearningRate'),
  },
  linearOutput: {
    reason:
      'The output activation cannot answer what the targets ask: they lie outside its range, or its pre-activation is below zero on every sample and passes no gradient on. A linear output can answer anything.',
    limits: 'Predictions may then leave the range, for example below zero.',
    patch: (_run, { model }) =>
      (model.output ?? DEFAULT_OUTPUT).activation === 'linear' ? null : { model: { output: { activation: 'linear' } } },
  },
};

/** 1, or twice the largest window's mean norm if gradients were always smaller than that. */
function clipNormFor(means: readonly number[]): number {
  const largest = Math.max(0, ...means);
  return largest > 0 && largest < 0.5 ? rounded(2 * largest) : 1;
}
