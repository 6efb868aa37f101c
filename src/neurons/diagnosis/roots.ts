/**
 * Why a network has not learned, from what the run recorded and from its spec. Each suspect is one rule over numbers, in
 * the order in which they explain one another: data without scale make every rate wrong, so they come before the rate.
 */
import { DEFAULT_OUTPUT, type Cause, type CauseCode, type OutputActivation } from '../../vocabulary/index.ts';
import { bornDeadUpperBound } from '../risk/published-bounds.ts';
import { meanOf } from './initializers.ts';
import { hasLearnedWell } from './learning.ts';
import { inactiveCount, isBlocked, type RunRecord } from './run-record.ts';
import { momentumOf, usualRate } from './rates.ts';

type Evidence = Record<string, unknown>;
/** How well the evidence supports it, from 0 to 1, with its figures; null if it does not. */
type Rule = (run: RunRecord) => { weight: number; evidence: Evidence } | null;

/** Largest |input|, largest deviation of one, and largest over smallest: beyond these, first weights of usual size no longer fit. */
const INPUTS = { largest: 12, deviation: 5, ratio: 100, tiny: 0.1 };
/** |mean| / deviation of the inputs, where they lie on one side of nearly all neurons. */
const UNCENTRED = 2;
/** Mean and deviation of the targets, in the unit that is minimised. */
const TARGETS = { large: 10, offCentre: 5, small: 0.1, tiny: 0.02 };
/**
 * Product over the layers of (size of the weights) / (size by He), beyond which signals vanish or explode; and signal of
 * the last layer over that of the first, which also shows weights that all have one sign.
 */
const WEIGHTS = { small: 0.005, large: 10, growth: 30 };
/** Update to weight ratios of a first step. */
const STEP = { high: 0.2, extreme: 1 };
/** Weights smaller than this, in units of He, make every update look large. */
const USUAL_SIZE = 0.1;
/** Path of the weights over the whole run, in units of their size. */
const MOVED_LITTLE = 0.3;
const FEW_STEPS = 300;
/** Gradient of the first layer over that of the last. */
const GRADIENT = { vanishing: 0.03, exploding: 100, layers: 3 };
/** Share of their first size that the weights keep. */
const SHRUNK = 0.6;
/** Layers of this many units or fewer are narrow. */
const NARROW = 8;
/** Share of the rarest class or label among the samples, in units of an even share. */
const RARE = 0.25;
/** Macro F1 below which a class is hardly found at all. */
export const RARE_MISSED = 0.7;
/** A loss that still falls by this share from the third to the last quarter of the steps. */
export const STILL_FALLING = 0.03;

/** What an output activation can answer, and the share of the targets' range that may lie outside. */
const REACH: Readonly<Record<OutputActivation, { low: number; high: number }>> = {
  linear: { low: -Infinity, high: Infinity },
  relu: { low: 0, high: Infinity },
  softplus: { low: 0, high: Infinity },
  sigmoid: { low: 0, high: 1 },
  tanh: { low: -1, high: 1 },
};
const UNREACHED = 0.05;

/** In the order of precedence. */
const RULES = {
  initializer: ({ spec, hidden, first }) => {
    const equal = hidden.filter(
      ({
        spec: {
          kernelInitializer: { type },
        },
      }) => type === 'zeros' || type === 'ones' || type === 'constant',
    );
    if (spec.model.initialWeights || equal.length === 0) return null;
    return {
      weight: 1,
      evidence: {
        layers: equal.map(({ name, spec: own }) => `${name}: ${own.kernelInitializer.type}`),
        signal: signals(first),
      },
    };
  },
  negativeBias: ({ hidden, first }) => {
    const low = hidden.filter(({ spec: { biasInitializer: own } }) => meanOf(own) < 0);
    if (low.length === 0) return null;
    return {
      weight: 0.9,
      evidence: { layers: low.map(({ name }) => name), bias: first?.layers.map(({ meanBias }) => meanBias) ?? null },
    };
  },
  weightsTooSmall: (run) => {
    const { product, sizes } = weightSizes(run);
    if (product === null || product >= WEIGHTS.small) return null;
    return { weight: 0.9, evidence: { sizesToHe: sizes, product, signal: signals(run.first) } };
  },
  weightsTooLarge: (run) => {
    const { product, sizes } = weightSizes(run);
    const growth = growthOf(run.first);
    if ((product ?? 0) <= WEIGHTS.large && (growth ?? 0) <= WEIGHTS.growth) return null;
    return { weight: 0.9, evidence: { sizesToHe: sizes, product, signal: signals(run.first), growth } };
  },
  unscaledInputs: ({ data, spec }) => {
    if (!data) return null;
    const [least, most] = data.inputDeviations ?? [1, 1];
    // An offset alone is another cause, and has its own rule.
    const isOffset = (data.inputMeanToDeviation ?? 0) > UNCENTRED;
    const isFarOff =
      (data.largestInput > INPUTS.largest && !isOffset) ||
      most > INPUTS.deviation ||
      most < INPUTS.tiny ||
      most / least > INPUTS.ratio;
    // Standardised inputs have long tails at most.
    if (!isFarOff || spec.dataset.normalize === 'standard' || spec.dataset.normalize === 'minMax') return null;
    return {
      weight: 0.9,
      evidence: {
        largestInput: data.largestInput,
        inputDeviations: data.inputDeviations,
        ...(data.inputNames && {
          narrowestInput: data.inputNames.narrowest,
          widestInput: data.inputNames.widest,
          inputWithTheLargest: data.inputNames.largest,
        }),
        inputMeanToDeviation: data.inputMeanToDeviation,
        normalize: spec.dataset.normalize,
      },
    };
  },
  unscaledTargets: ({ targets, data }) => {
    if (!targets) return null;
    const { mean, deviation } = targets;
    const isFarOff =
      Math.max(mean, deviation) > TARGETS.large || mean > TARGETS.offCentre * deviation || deviation < TARGETS.tiny;
    if (!isFarOff) return null;
    return { weight: 0.9, evidence: { targetMean: data?.targetMean, targetDeviation: data?.targetDeviation } };
  },
  uncentredInputs: ({ data, spec }) => {
    const ratio = data?.inputMeanToDeviation ?? 0;
    if (ratio <= UNCENTRED) return null;
    return {
      weight: ratio / (1 + ratio),
      evidence: { inputMeanToDeviation: ratio, normalize: spec.dataset.normalize },
    };
  },
  weightDecayTooStrong: ({ spec, first, latest }) => {
    const { weightDecay } = spec.training.optimizer;
    if (weightDecay === 0 || !first?.moves || !latest?.moves) return null;
    const kept = first.moves.map(({ weightNorm }, k) => (latest.moves?.[k]?.weightNorm ?? 0) / weightNorm);
    const typical = kept.toSorted((a, b) => a - b)[Math.floor(kept.length / 2)] ?? 1;
    if (!(typical < SHRUNK)) return null;
    return {
      weight: 0.9,
      evidence: { weightDecay, learningRate: spec.training.optimizer.learningRate, shareOfWeightsKept: kept },
    };
  },
  explodingGradient: ({ hidden, first, latest }) => {
    const ratio = gradientRatio(latest) ?? gradientRatio(first);
    if (hidden.length < GRADIENT.layers || ratio === null || ratio < GRADIENT.exploding) return null;
    return { weight: 0.7, evidence: { gradient: gradients(latest), firstToLast: ratio } };
  },
  learningRateTooHigh: (run) => {
    const { spec, hasDiverged, learning } = run;
    const step = largestStep(run);
    const rate = spec.training.optimizer.learningRate;
    const usual = usualOf(run);
    const { loss, baseline } = learning;
    const firstLoss = run.windows[0]?.meanLoss ?? null;
    // Worse than at the start, and than a constant answer.
    const isWorse =
      loss !== null && baseline !== null && firstLoss !== null && loss > 1.05 * Math.max(baseline, firstLoss);
    const isHigh = (step !== null && step > STEP.high) || rate > 10 * usual || isWorse;
    if (!hasDiverged && !isHigh) return null;
    const weight = hasDiverged || (step !== null && step > STEP.extreme) || rate > 10 * usual ? 0.9 : 0.6;
    return { weight, evidence: { ...rates(run), largestFirstStep: step, usualLearningRate: usual } };
  },
  vanishingGradient: ({ hidden, first, latest, verdictEvidence }) => {
    const ratios = verdictEvidence.flatMap((each) => gradientRatio(each) ?? []);
    const ratio = ratios[0] ?? null;
    const saturating = hidden.filter(({ activation: { type } }) => type === 'sigmoid' || type === 'tanh');
    if (saturating.length < GRADIENT.layers || ratio === null || ratio > GRADIENT.vanishing) return null;
    return { weight: 0.8, evidence: { gradient: gradients(latest ?? first), firstToLast: ratio } };
  },
  narrowAndDeep: (run) => narrow(run, (layers) => layers > 1),
  tooFewUnits: (run) => narrow(run, (layers) => layers === 1),
  classImbalance: (run) => {
    const { learning, data } = run;
    const { macroF1, rarestShare } = learning;
    if (macroF1 === null || rarestShare === null || rarestShare > RARE || macroF1 >= RARE_MISSED) return null;
    return {
      // Where the network has no room to tell classes apart, weights only move its mistakes around.
      weight: narrow(run, () => true) ? 0.5 : 0.9,
      evidence: {
        ...(data?.rarestClass && { rarestClass: data.rarestClass }),
        shareOfTheRarest: rarestShare,
        classShares: data?.classShares ?? null,
        macroF1,
      },
    };
  },
  learningRateTooLow: (run) => {
    const path = pathOf(run);
    const rate = run.spec.training.optimizer.learningRate;
    const usual = usualOf(run);
    const hasHardlyMoved = path !== null && path < MOVED_LITTLE;
    // A dead network does not move at any rate.
    const isDead = run.last?.layers.some(isBlocked) ?? false;
    if (rate > usual || isDead || (!hasHardlyMoved && !isFarBelow(rate, usual))) return null;
    return {
      weight: isFarBelow(rate, usual) ? 0.9 : 0.5,
      evidence: { ...rates(run), usualLearningRate: usual, weightsMoved: path },
    };
  },
  smallTargetVariance: ({ targets }) => {
    if (!targets || targets.deviation >= TARGETS.small || targets.deviation < TARGETS.tiny) return null;
    return { weight: 0.8, evidence: { targetMean: targets.mean, targetDeviation: targets.deviation } };
  },
  tooFewSteps: ({ plannedSteps, learning }) => {
    const { fall } = learning;
    const isFalling = fall === null ? plannedSteps < FEW_STEPS / 3 : fall >= 3 * STILL_FALLING;
    if (!isFalling) return null;
    return { weight: plannedSteps <= FEW_STEPS ? 0.8 : 0.5, evidence: { steps: plannedSteps, fallOfLoss: fall } };
  },
  outputActivation: ({ spec, data, latest, learning }) => {
    const { activation } = spec.model.output ?? DEFAULT_OUTPUT;
    const [smallest, largest] = data?.targetRange ?? [0, 0];
    const { low, high } = REACH[activation];
    const slack = UNREACHED * (largest - smallest);
    const isOutOfReach = smallest < low - slack || largest > high + slack;
    // A ReLU output that is below zero on every sample passes nothing on, whatever else is mended.
    const isAtRisk = activation === 'relu' && !hasLearnedWell(learning);
    if (!isOutOfReach && !isAtRisk) return null;
    return {
      weight: 0.9,
      evidence: { activation, targetRange: data?.targetRange ?? null, gradient: gradients(latest) },
    };
  },
} satisfies Partial<Record<CauseCode, Rule>>;
export type RootCode = keyof typeof RULES;
const ROOT_CODES = Object.keys(RULES) as RootCode[];

/** Every cause that the evidence supports, those that explain others first. */
export function rootCauses(run: RunRecord): (Cause & { code: RootCode })[] {
  return ROOT_CODES.flatMap((code) => {
    const found = (RULES[code] as Rule)(run);
    return found ? [{ code, confidence: Math.round(100 * found.weight) / 100, evidence: found.evidence }] : [];
  });
}

/** How well a cause must be supported to act on it without asking further. */
export const WELL_SUPPORTED = 0.8;

type VerdictEvidence = RunRecord['first'];
const signals = (evidence: VerdictEvidence) => evidence?.layers.map(({ signal }) => signal ?? null) ?? null;
const gradients = (evidence: VerdictEvidence) => evidence?.layers.map(({ gradient }) => gradient ?? null) ?? null;

/** Of the first hidden layer to the last; null where one is not known or zero. */
function gradientRatio(evidence: VerdictEvidence): number | null {
  const first = evidence?.layers[0]?.gradient,
    last = evidence?.layers.at(-1)?.gradient;
  return typeof first === 'number' && typeof last === 'number' && last > 0 ? first / last : null;
}

/** The size of each layer's first weights in units of the size by He, and their product. */
function weightSizes({ first }: RunRecord): { sizes: number[] | null; product: number | null } {
  const sizes = first?.moves?.map(({ sizeToHe }) => sizeToHe) ?? [];
  if (sizes.length === 0) return { sizes: null, product: null };
  return { sizes, product: sizes.reduce((product, size) => product * size, 1) };
}

/** Signal of the last hidden layer over that of the first. */
function growthOf(evidence: VerdictEvidence): number | null {
  const first = evidence?.layers[0]?.signal,
    last = evidence?.layers.at(-1)?.signal;
  return first !== undefined && last !== undefined && first > 0 ? last / first : null;
}

/** The largest update to weight ratio of any layer whose weights have a usual size, in the first steps after a verdict. */
function largestStep({ verdictEvidence }: RunRecord): number | null {
  const steps = verdictEvidence
    .slice(1, 4)
    .flatMap(
      ({ moves }, n) =>
        moves?.flatMap(({ stepChange }, k) =>
          (verdictEvidence[n]?.moves?.[k]?.sizeToHe ?? 0) > USUAL_SIZE ? (stepChange ?? []) : [],
        ) ?? [],
    );
  return steps.length === 0 ? null : Math.max(...steps);
}

/** How far the weights moved in all, in units of their size: the layer that moved most. */
function pathOf({ verdictEvidence }: RunRecord): number | null {
  const paths: number[] = [];
  for (const { moves } of verdictEvidence)
    moves?.forEach(({ change }, k) => {
      if (change !== null) paths[k] = (paths[k] ?? 0) + change;
    });
  return paths.length === 0 ? null : Math.max(...paths.filter(Number.isFinite));
}

const usualOf = ({ spec, data }: RunRecord): number => usualRate(spec, data?.inputPower ?? 1);
const isFarBelow = (rate: number, usual: number): boolean => rate < usual / 5;

function narrow(run: RunRecord, fits: (layers: number) => boolean) {
  const { hidden, last, data, spec } = run;
  const widths = hidden.map(({ spec: { units } }) => units);
  const least = Math.min(...widths);
  if (!fits(widths.length) || widths.length === 0 || least > NARROW) return null;
  const inactive = last?.layers.reduce((sum, layer) => sum + inactiveCount(layer), 0) ?? 0;
  // Weights that never got anywhere say nothing about the width, unless they were never given a gradient.
  const hasMoved = (pathOf(run) ?? Infinity) >= MOVED_LITTLE;
  const isLinear = (spec.model.output ?? DEFAULT_OUTPUT).activation === 'linear';
  if (!hasMoved && inactive === 0 && isLinear && isFarBelow(spec.training.optimizer.learningRate, usualOf(run)))
    return null;
  return {
    weight: least <= NARROW / 2 ? 0.8 : 0.6,
    evidence: {
      widths,
      inactive,
      deadAtOneInput: bornDeadUpperBound(widths),
      reachableByNeighbours: data?.neighbours?.r2 ?? data?.neighbours?.accuracy ?? null,
    },
  };
}

function rates({ spec, windows }: RunRecord): Evidence {
  const { optimizer } = spec.training;
  return {
    optimizer: optimizer.type,
    learningRate: optimizer.learningRate,
    momentum: momentumOf(optimizer),
    clipNorm: spec.training.clipNorm,
    maxGradientNorm: windows.reduce<number | null>(
      (most, { maxGradientNorm: norm }) => (norm === null ? most : Math.max(most ?? norm, norm)),
      null,
    ),
  };
}
