/**
 * What to change, in the order in which the dying ReLU problem is usually treated: the learning rate first, then the
 * activation, the initial weights and normalisation. Each remedy is one entry: the symptoms it treats, the reason, its
 * limits, and its patch.
 */
import {
  ADVICE_CODES,
  type Advice,
  type AdviceCode,
  type CauseCode,
  type Finding,
  type FindingCode,
  type JobSpec,
  changesBetween,
  mergePatch,
} from '../../vocabulary/index.ts';
import { openRunRecord, type RunRecord } from './run-record.ts';
import {
  initializeAsymmetric,
  initializeRelu,
  normalizeLayers,
  steepenLeaky,
  switchRelu,
  switchToSelu,
  type Patch,
} from './layer-changes.ts';

/** The problem behind one or more findings. */
type Symptom = 'diverged' | 'bornDead' | 'diedInTraining' | 'stuck' | 'saturated' | 'uncentred';
interface Remedy {
  for: readonly Symptom[];
  reason: string;
  limits: string;
  patch(run: RunRecord): Patch | null;
  evidence?(run: RunRecord): Record<string, unknown>;
}

export function advise(run: RunRecord, findings: readonly Finding[]): Advice[] {
  const symptoms = symptomsOf(findings);
  const evidence = {
    findings: [
      ...new Set(
        findings
          .filter(({ severity }) => severity !== 'info')
          .map(({ code, layer }) => (layer ? `${code} ${layer}` : code)),
      ),
    ],
  };
  const addresses = [
    ...new Set(findings.flatMap(({ severity, cause }) => (severity !== 'info' && cause ? [cause.code] : []))),
  ];
  const advice = ADVICE_CODES.filter((code) => code !== 'none').flatMap((code): Advice[] => {
    const remedy = REMEDIES[code];
    if (!remedy.for.some((symptom) => symptoms.has(symptom))) return [];
    const patch = remedy.patch(run);
    return patch === null
      ? []
      : [
          {
            code,
            addresses,
            reason: remedy.reason,
            evidence: { ...evidence, ...remedy.evidence?.(run) },
            limits: remedy.limits,
            patch,
            change: changesBetween(run.spec, mergePatch(run.spec, patch)),
          },
        ];
  });
  return advice.length > 0 ? advice : [nothingToDo(symptoms.size > 0, findings)];
}

/** Only warnings and critical findings call for a change. */
function symptomsOf(findings: readonly Finding[]): Set<Symptom> {
  const pressing = findings.filter(({ severity }) => severity !== 'info');
  const symptoms = new Set(pressing.flatMap((finding) => SYMPTOMS[finding.code](finding)));
  if (symptoms.size > 0 && findings.some(({ code }) => code === 'uncentredInputs')) symptoms.add('uncentred');
  return symptoms;
}

const none = (): Symptom[] => [];
const SYMPTOMS: Readonly<Record<FindingCode, (finding: Finding) => Symptom[]>> = {
  diverged: () => ['diverged'],
  networkCollapsed: inactivitySymptoms,
  inactiveNeurons: inactivitySymptoms,
  stuckNeurons: () => ['stuck'],
  saturatedNeurons: () => ['saturated'],
  constantNeurons: none,
  rareNeurons: none,
  uncentredInputs: none,
  harmlessCapacityLoss: none,
  healthy: none,
  notYetJudged: none,
};

/** When a cause makes neurons inactive. Null: the cause lies in another layer, and so does its remedy. */
const ACTS: Readonly<Record<CauseCode, 'bornDead' | 'diedInTraining' | null>> = {
  upstreamDeath: null,
  givenWeights: 'bornDead',
  negativeBias: 'bornDead',
  uncentredInputs: 'bornDead',
  narrowAndDeep: 'bornDead',
  initializer: 'bornDead',
  chanceAtBirth: 'bornDead',
  largeUpdate: 'diedInTraining',
  biasDrift: 'diedInTraining',
  upstreamChange: 'diedInTraining',
  gradualDrift: 'diedInTraining',
  learningRateTooHigh: 'diedInTraining',
  smallTargetVariance: 'diedInTraining',
  spareCapacity: 'diedInTraining',
  unknown: 'diedInTraining',
};

/** If a layer has neurons of both kinds, the smaller group counts if it is at least a quarter of them. */
function inactivitySymptoms({ cause }: Finding): Symptom[] {
  const main = cause && ACTS[cause.code];
  if (!main) return [];
  const born = Number(cause.evidence['bornDead'] ?? 0),
    died = Number(cause.evidence['diedInTraining'] ?? 0);
  const other: Symptom = main === 'bornDead' ? 'diedInTraining' : 'bornDead';
  return born + died > 0 && Math.min(born, died) >= 0.25 * (born + died) ? [main, other] : [main];
}

/** Networks of ten ReLU layers of this width are born dead in less than 1 % of draws (Lu et al. 2020). */
const NARROW = 10;
const IN_TRAINING = ['diverged', 'diedInTraining'] as const;
const INACTIVE = ['bornDead', 'diedInTraining'] as const;
const CANNOT_REVIVE =
  'This prevents new deaths. It cannot revive a dead neuron in the first layer, whose gradient is zero on every sample at any rate. Deeper neurons can revive only if the layers below them change.';

const NOT_ENOUGH =
  'More neurons with a gradient mean larger updates. If a high learning rate was the cause, also lower it or clip gradients.';

const REMEDIES: Record<Exclude<AdviceCode, 'none'>, Remedy> = {
  reduceLearningRate: {
    for: [...IN_TRAINING, 'stuck', 'saturated'],
    reason:
      "A single update that is too large pushes a neuron's pre-activation below zero on every sample. The limit is sharp: doubling a rate that kills no neurons can ruin the run.",
    limits: CANNOT_REVIVE,
    patch: ({ spec, hasDiverged }) => {
      const { learningRate } = spec.training.optimizer;
      return learningRate > 0
        ? { training: { optimizer: { learningRate: rounded(learningRate * (hasDiverged ? 0.1 : 0.3)) } } }
        : null;
    },
    evidence: ({ spec }) => ({ learningRate: spec.training.optimizer.learningRate }),
  },
  scheduleLearningRate: {
    for: IN_TRAINING,
    reason:
      'The first steps have the largest gradients. A rate that warms up during them and decays towards the end keeps steps small when they do the most harm.',
    limits: `${CANNOT_REVIVE} A warm-up prevents early deaths only.`,
    patch: ({ spec, plannedSteps }) => {
      const { type, warmupSteps } = spec.training.schedule;
      const suggested = Math.max(1, Math.min(1000, Math.ceil(plannedSteps / 10)));
      if (type !== 'constant' && warmupSteps >= suggested) return null;
      return type === 'constant'
        ? { training: { schedule: { type: 'cosine', warmupSteps: suggested, minimumFactor: 0 } } }
        : { training: { schedule: { warmupSteps: suggested } } };
    },
    evidence: ({ spec, plannedSteps }) => ({
      schedule: spec.training.schedule.type,
      warmupSteps: spec.training.schedule.warmupSteps,
      plannedSteps,
    }),
  },
  clipGradients: {
    for: IN_TRAINING,
    reason:
      'Clipping the gradient norm limits the update from a single bad batch. In our measurements, a norm of 1 kept every neuron alive at rates that otherwise killed a third of them or diverged.',
    limits:
      'It cannot revive dead neurons. Adam, RMSprop and Adagrad scale the step by past gradients, so with them clipping helps against single spikes, but not against a rate that is too high throughout.',
    patch: ({ spec, windows }) => {
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
    for: [...INACTIVE, 'stuck'],
    reason:
      'The default choice when many neurons are inactive: a small slope for z <= 0 gives every neuron a gradient, at no extra cost.',
    limits:
      'With a slope of 0.01, the gradient of an inactive neuron is a hundred times smaller, so the neuron recovers slowly and can stay stuck. (In a slowly changing regression task 95 % stayed stuck, with the same loss as plain ReLU; with a slope of 0.3, none did.) It does not fix a learning rate that is too high.',
    patch: ({ spec }) => switchRelu(spec, { type: 'leakyRelu', alpha: 0.01 }) ?? steepenLeaky(spec, 0.3),
  },
  prelu: {
    for: INACTIVE,
    reason:
      'The slope for z <= 0 is learned, one per neuron, starting at 0.25 (He et al. 2015), so inactive neurons get a strong gradient from the start.',
    limits: `It adds one parameter per neuron, which weight decay would pull towards ReLU, and it can overfit small data sets. ${NOT_ENOUGH}`,
    patch: ({ spec }) => switchRelu(spec, { type: 'prelu', alpha: 0.25 }),
  },
  elu: {
    for: [...INACTIVE, 'stuck'],
    reason:
      'It is smooth for z <= 0, with values down to -1. Neurons just below zero keep a gradient, and mean outputs are closer to zero, which keeps the next layer centred (Clevert et al. 2016).',
    limits: `Far below zero it saturates, and its gradient vanishes too. ${NOT_ENOUGH}`,
    patch: ({ spec }) => switchRelu(spec, { type: 'elu', alpha: 1 }) ?? steepenToElu(spec),
  },
  selu: {
    for: INACTIVE,
    reason:
      'It keeps the mean and variance of the outputs near 0 and 1 through many layers (Klambauer et al. 2017), which suits deep plain networks. It requires LeCun normal weights and alpha dropout, and the patch sets both.',
    limits: 'This holds for plain dense networks with standardised inputs. With few layers there is little to gain.',
    patch: ({ spec, hidden }) => (hidden.length >= 4 ? switchToSelu(spec) : null),
    evidence: ({ hidden, spec }) => ({ hiddenLayers: hidden.length, normalize: spec.dataset.normalize }),
  },
  positiveBias: {
    for: ['bornDead'],
    reason:
      'A bias of 0.1 lets neurons fire at the start. For nine layers of two neurons, it halves the share of networks that are born dead (from 0.88 to 0.42, measured).',
    limits:
      'This helps only at initialisation: at a high learning rate it led to more deaths, not fewer. In wide layers it changes little.',
    patch: ({ spec }) => initializeRelu(spec, { biasInitializer: { type: 'constant', value: 0.1 } }),
  },
  heInitialization: {
    for: ['bornDead'],
    reason:
      'Normal weights of variance 2 / inputs and zero biases preserve the scale of the signal through ReLU layers (He et al. 2015). With smaller weights it shrinks with depth until the biases alone decide which neurons fire.',
    limits: 'Half of the weights are still negative, so a narrow, deep network is born dead as often as before.',
    patch: ({ spec }) =>
      isHe(spec)
        ? null
        : initializeRelu(spec, { kernelInitializer: { type: 'heNormal' }, biasInitializer: { type: 'zeros' } }),
  },
  randomizedAsymmetric: {
    for: ['bornDead'],
    reason:
      'One weight or bias of every neuron, including the output layer, is drawn positive (Lu et al. 2020). For nine layers of two neurons, the share of networks that are born dead falls from 0.88 to 0.23 (measured).',
    limits:
      'This is meant for narrow, deep networks. In wide ones it is nearly the same as He initialisation. Neurons can still die during training.',
    patch: ({ spec, hidden }) =>
      hidden.some(({ spec: { units } }) => units <= NARROW) ? initializeAsymmetric(spec) : null,
  },
  normalizeInputs: {
    for: ['diverged', 'bornDead', 'diedInTraining', 'saturated', 'uncentred'],
    reason:
      'Inputs with mean 0 and standard deviation 1 lie on both sides of most neurons. The ratio of mean to deviation predicts how many neurons are born dead (arXiv 2605.31518).',
    limits: 'This affects the first layer. Deeper layers see the outputs of the layers below them.',
    patch: ({ spec }) => (spec.dataset.normalize === 'standard' ? null : { dataset: { normalize: 'standard' } }),
    evidence: ({ data, spec }) => ({
      normalize: spec.dataset.normalize,
      inputMeanToDeviation: data?.inputMeanToDeviation ?? null,
      largestInput: data?.largestInput ?? null,
    }),
  },
  normalizeTargets: {
    for: IN_TRAINING,
    reason:
      'The scale of the targets sets the scale of the gradients. Large targets cause large updates; very small ones let ReLU neurons die (Arnekvist et al. 2020).',
    limits: 'The loss is then in units of the standardised targets, and predictions must be scaled back.',
    patch: standardizeTargets,
    evidence: ({ data }) => ({ targetMean: data?.targetMean ?? null, targetDeviation: data?.targetDeviation ?? null }),
  },
  batchNormalization: {
    for: ['diverged', 'bornDead', 'diedInTraining', 'stuck', 'saturated'],
    reason:
      'It centres every pre-activation over the batch, so each neuron fires on part of the batch and gets a gradient (Ioffe and Szegedy 2015).',
    limits:
      'It needs batches of at least 16 samples. Predictions use running statistics, which take a few hundred steps to settle. A learned offset can still push a neuron below zero.',
    patch: ({ spec }) =>
      spec.training.batchSize >= 16
        ? normalizeLayers(spec, { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-5 })
        : null,
    evidence: ({ spec }) => ({ batchSize: spec.training.batchSize }),
  },
  layerNormalization: {
    for: ['diverged', 'bornDead', 'diedInTraining', 'stuck', 'saturated'],
    reason:
      'It centres the pre-activations of each sample over the layer (Ba et al. 2016), so some neurons of every layer fire on every sample. It works with any batch size.',
    limits:
      'A single neuron can still be silent on all samples. Layers of two or three neurons lose almost all information about their input.',
    patch: ({ spec, hidden }) =>
      hidden.every(({ spec: { units } }) => units >= 4)
        ? normalizeLayers(spec, { type: 'layerNormalization', epsilon: 1e-5 })
        : null,
  },
};

/** The patch of a remedy for a job that has not trained yet; null if the remedy does not apply. */
export const remedyPatch = (code: Exclude<AdviceCode, 'none'>, spec: JobSpec, plannedSteps: number): Patch | null =>
  REMEDIES[code].patch(openRunRecord({ spec, verdicts: [], error: null, plannedSteps }));

function nothingToDo(hasSymptoms: boolean, findings: readonly Finding[]): Advice {
  const evidence = { findings: findings.map(({ code, layer }) => (layer ? `${code} ${layer}` : code)) };
  return hasSymptoms
    ? {
        code: 'none',
        addresses: [],
        reason: 'This job already uses every remedy that fits its findings.',
        evidence,
        limits: 'A different architecture or different data may still help.',
        patch: {},
        change: [],
      }
    : {
        code: 'none',
        addresses: [],
        reason: 'No change is needed: no layer has lost a tenth of its neurons.',
        evidence,
        limits: 'This applies to the latest verdict. Further training can change it.',
        patch: {},
        change: [],
      };
}

/** Replaces Leaky ReLU, whose neurons are stuck, with ELU. */
const steepenToElu = (spec: JobSpec): Patch | null => {
  const layers = spec.model.layers.map((layer) =>
    'activation' in layer && layer.activation.type === 'leakyRelu'
      ? { ...layer, activation: { type: 'elu', alpha: 1 } }
      : layer,
  );
  return layers.some((layer, i) => layer !== spec.model.layers[i]) ? { model: { layers } } : null;
};

const isHe = ({ model }: JobSpec): boolean =>
  model.initialWeights === undefined &&
  model.layers.every(
    (layer) =>
      layer.type !== 'dense' ||
      (layer.kernelInitializer.type.startsWith('he') && layer.biasInitializer.type === 'zeros'),
  );

/** 1, or twice the largest window's mean norm if gradients were always smaller than that. */
function clipNormFor(means: readonly number[]): number {
  const largest = Math.max(0, ...means);
  return largest > 0 && largest < 0.5 ? rounded(2 * largest) : 1;
}

/** Standardises inline regression targets column by column, if their deviation is far from 1. */
function standardizeTargets({ spec, data }: RunRecord): Patch | null {
  const { targets, task } = spec.dataset;
  const deviation = data?.targetDeviation ?? null;
  if (
    task !== 'regression' ||
    targets === undefined ||
    deviation === null ||
    deviation === 0 ||
    (deviation >= 0.1 && deviation <= 10)
  )
    return null;
  const rows = targets.map((row) => (Array.isArray(row) ? row : [row]));
  const scaled = rows[0]!.map((_, j) => standardize(rows.map((row) => row[j]!)));
  return {
    dataset: {
      targets: targets.map((row, n) => (Array.isArray(row) ? scaled.map((column) => column[n]!) : scaled[0]![n]!)),
    },
  };
}

function standardize(column: readonly number[]): number[] {
  const mean = column.reduce((sum, value) => sum + value / column.length, 0);
  const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2 / column.length, 0));
  return column.map((value) => (deviation > 0 ? (value - mean) / deviation : 0));
}

const rounded = (value: number): number => Number(value.toPrecision(2));
