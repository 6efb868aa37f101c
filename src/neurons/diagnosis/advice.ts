/**
 * What to change, in the order in which the dying ReLU problem is usually treated: learning rate first, then another
 * activation, then the first weights, then normalisation. Every remedy is one entry: for which symptoms it is offered,
 * why, what it cannot do, and its patch.
 */
import {
  ADVICE_CODES,
  type Advice,
  type AdviceCode,
  type CauseCode,
  type Finding,
  type FindingCode,
  type JobSpec,
} from '../../vocabulary/index.ts';
import { openCase, type Case } from './case.ts';
import {
  initializeAsymmetric,
  initializeRelu,
  normalizeLayers,
  steepenLeaky,
  switchRelu,
  switchToSelu,
  type Patch,
} from './layer-changes.ts';

/** What the findings come down to. */
type Symptom = 'diverged' | 'bornDead' | 'diedInTraining' | 'stuck' | 'saturated' | 'uncentred';
interface Remedy {
  for: readonly Symptom[];
  reason: string;
  limits: string;
  patch(run: Case): Patch | null;
  evidence?(run: Case): Record<string, unknown>;
}

export function advise(run: Case, findings: readonly Finding[]): Advice[] {
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
  const advice = ADVICE_CODES.filter((code) => code !== 'none').flatMap((code): Advice[] => {
    const remedy = REMEDIES[code];
    if (!remedy.for.some((symptom) => symptoms.has(symptom))) return [];
    const patch = remedy.patch(run);
    return patch === null
      ? []
      : [
          {
            code,
            reason: remedy.reason,
            evidence: { ...evidence, ...remedy.evidence?.(run) },
            limits: remedy.limits,
            patch,
          },
        ];
  });
  return advice.length > 0 ? advice : [nothingToDo(symptoms.size > 0, findings)];
}

/** Only what is at least a warning calls for a change. */
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

/** When a cause makes neurons inactive; null: elsewhere than in their own layer. */
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

/** Where a layer has neurons of both kinds, the smaller group counts from a quarter on. */
function inactivitySymptoms({ cause }: Finding): Symptom[] {
  const main = cause && ACTS[cause.code];
  if (!main) return [];
  const born = Number(cause.evidence['bornDead'] ?? 0),
    died = Number(cause.evidence['diedInTraining'] ?? 0);
  const other: Symptom = main === 'bornDead' ? 'diedInTraining' : 'bornDead';
  return born + died > 0 && Math.min(born, died) >= 0.25 * (born + died) ? [main, other] : [main];
}

/** Ten ReLU layers of this width are born dead in less than 1 % of the draws (Lu et al. 2020). */
const NARROW = 10;
const IN_TRAINING = ['diverged', 'diedInTraining'] as const;
const INACTIVE = ['bornDead', 'diedInTraining'] as const;
const CANNOT_REVIVE =
  'It prevents new deaths. It cannot revive a dead neuron of the first layer, whose gradient is zero on every sample at any rate; deeper ones come back only where the layers below them move.';

const NOT_ENOUGH =
  'More neurons with a gradient make larger updates: where a high learning rate was the cause, lower it or clip as well.';

const REMEDIES: Record<Exclude<AdviceCode, 'none'>, Remedy> = {
  reduceLearningRate: {
    for: [...IN_TRAINING, 'stuck', 'saturated'],
    reason:
      "One update that is too large pushes a neuron's pre-activation below zero on every sample. The limit is sharp: twice a rate that kills nothing can lose the run.",
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
      'The first steps have the largest gradients: a rate that rises over them, and falls towards the end, keeps the step small when it does most harm.',
    limits: `${CANNOT_REVIVE} A warm-up helps against early deaths only.`,
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
      'Bounding the norm of the gradient bounds the update of a single bad batch. In our measurements a norm of 1 kept every neuron alive at rates that otherwise killed a third of them or diverged.',
    limits:
      'It cannot revive what is dead. Adam, RMSprop and Adagrad scale the step by past gradients: clipping helps them against single spikes, not against a rate that is too high throughout.',
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
      'The default choice where many neurons are inactive: a small slope for z <= 0 keeps a gradient in every neuron, at no cost.',
    limits:
      'With a slope of 0.01 the gradient of an inactive neuron is a hundred times smaller: it comes back slowly, and can stay stuck (in slowly changing regression 95 % did, with the loss of plain ReLU; a slope of 0.3 had none). It does not tame a learning rate that is too high.',
    patch: ({ spec }) => switchRelu(spec, { type: 'leakyRelu', alpha: 0.01 }) ?? steepenLeaky(spec, 0.3),
  },
  prelu: {
    for: INACTIVE,
    reason:
      'The slope for z <= 0 is learned, one per neuron, from 0.25 (He et al. 2015): inactive neurons get a gradient that is strong from the start.',
    limits: `One more parameter per neuron, which weight decay pulls towards ReLU; small data sets can overfit it. ${NOT_ENOUGH}`,
    patch: ({ spec }) => switchRelu(spec, { type: 'prelu', alpha: 0.25 }),
  },
  elu: {
    for: [...INACTIVE, 'stuck'],
    reason:
      'Smooth for z <= 0 with values down to -1: a gradient near zero, and mean outputs closer to zero, which keeps the next layer centred (Clevert et al. 2016).',
    limits: `Far below zero it saturates and its gradient vanishes too. ${NOT_ENOUGH}`,
    patch: ({ spec }) => switchRelu(spec, { type: 'elu', alpha: 1 }) ?? steepenToElu(spec),
  },
  selu: {
    for: INACTIVE,
    reason:
      'Keeps mean and variance of the outputs near 0 and 1 through many layers (Klambauer et al. 2017): the choice for deep plain networks. LeCun normal weights and alpha dropout belong to it and are part of the patch.',
    limits: 'Holds for plain dense networks with standardised inputs; little is gained with few layers.',
    patch: ({ spec, hidden }) => (hidden.length >= 4 ? switchToSelu(spec) : null),
    evidence: ({ hidden, spec }) => ({ hiddenLayers: hidden.length, normalize: spec.dataset.normalize }),
  },
  positiveBias: {
    for: ['bornDead'],
    reason:
      'A bias of 0.1 lets neurons fire at the start. For nine layers of two neurons it halves the share of networks that are born dead (0.88 to 0.42, measured).',
    limits:
      'For birth only: at a high learning rate it led to more deaths, not fewer. In wide layers it changes little.',
    patch: ({ spec }) => initializeRelu(spec, { biasInitializer: { type: 'constant', value: 0.1 } }),
  },
  heInitialization: {
    for: ['bornDead'],
    reason:
      'Normal weights of variance 2 / inputs and zero biases keep the size of the signal through ReLU layers (He et al. 2015): with smaller weights it shrinks with depth until the biases alone decide who fires.',
    limits: 'Half of the weights are negative still: a narrow and deep network is born dead as often as before.',
    patch: ({ spec }) =>
      isHe(spec)
        ? null
        : initializeRelu(spec, { kernelInitializer: { type: 'heNormal' }, biasInitializer: { type: 'zeros' } }),
  },
  randomizedAsymmetric: {
    for: ['bornDead'],
    reason:
      'One weight or bias of every neuron, those of the output layer too, is drawn positive (Lu et al. 2020): for nine layers of two neurons 0.23 instead of 0.88 of the networks are born dead (measured).',
    limits:
      'Made for narrow and deep networks; in wide ones it equals He initialisation. Deaths in training still come.',
    patch: ({ spec, hidden }) =>
      hidden.some(({ spec: { units } }) => units <= NARROW) ? initializeAsymmetric(spec) : null,
  },
  normalizeInputs: {
    for: ['diverged', 'bornDead', 'diedInTraining', 'saturated', 'uncentred'],
    reason:
      'Inputs with mean 0 and deviation 1 lie on both sides of most neurons; the ratio of mean to deviation predicts how many are dead at birth (arXiv 2605.31518).',
    limits: 'Acts on the first layer; deeper ones see the outputs below them.',
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
      'The size of the targets is the size of the gradients. Large ones make large updates; very small ones let ReLU neurons die (Arnekvist et al. 2020).',
    limits: 'The loss is then in units of the standardised targets; predictions have to be scaled back.',
    patch: standardizeTargets,
    evidence: ({ data }) => ({ targetMean: data?.targetMean ?? null, targetDeviation: data?.targetDeviation ?? null }),
  },
  batchNormalization: {
    for: ['diverged', 'bornDead', 'diedInTraining', 'stuck', 'saturated'],
    reason:
      'Centres every pre-activation over the batch, so that each neuron fires on a part of it and gets a gradient (Ioffe and Szegedy 2015).',
    limits:
      'Needs batches of some size (16 and more); predictions use running statistics, which need some hundred steps to settle; a learned offset can still push a neuron below zero.',
    patch: ({ spec }) =>
      spec.training.batchSize >= 16
        ? normalizeLayers(spec, { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-5 })
        : null,
    evidence: ({ spec }) => ({ batchSize: spec.training.batchSize }),
  },
  layerNormalization: {
    for: ['diverged', 'bornDead', 'diedInTraining', 'stuck', 'saturated'],
    reason:
      'Centres the pre-activations of each sample over the layer (Ba et al. 2016): some neurons of every layer fire on every sample. Works with any batch size.',
    limits:
      'A single neuron can still be silent on all samples; layers of two or three neurons keep next to nothing of their input.',
    patch: ({ spec, hidden }) =>
      hidden.every(({ spec: { units } }) => units >= 4)
        ? normalizeLayers(spec, { type: 'layerNormalization', epsilon: 1e-5 })
        : null,
  },
};

/** What a remedy changes in a job that has not trained yet; null where it does not apply. */
export const remedyPatch = (code: Exclude<AdviceCode, 'none'>, spec: JobSpec, plannedSteps: number): Patch | null =>
  REMEDIES[code].patch(openCase({ spec, verdicts: [], error: null, plannedSteps }));

function nothingToDo(hasSymptoms: boolean, findings: readonly Finding[]): Advice {
  const evidence = { findings: findings.map(({ code, layer }) => (layer ? `${code} ${layer}` : code)) };
  return hasSymptoms
    ? {
        code: 'none',
        reason: 'Every remedy that fits what was found is in this job already.',
        evidence,
        limits: 'Another architecture or other data may still help.',
        patch: {},
      }
    : {
        code: 'none',
        reason: 'Nothing calls for a change: no layer has lost a tenth of its neurons.',
        evidence,
        limits: 'Holds for the newest verdict; later steps can change it.',
        patch: {},
      };
}

/** ELU in place of a Leaky ReLU whose neurons are stuck. */
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

/** 1 unless gradients were smaller than that from the start: then twice the largest window's mean. */
function clipNormFor(means: readonly number[]): number {
  const largest = Math.max(0, ...means);
  return largest > 0 && largest < 0.5 ? rounded(2 * largest) : 1;
}

/** Inline regression targets whose deviation is far from 1, standardised column by column. */
function standardizeTargets({ spec, data }: Case): Patch | null {
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
