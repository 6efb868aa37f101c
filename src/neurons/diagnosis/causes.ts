/**
 * Why neurons of a layer are inactive, from the recorded evidence. A cause's confidence is the share of the layer's
 * inactive neurons that the evidence covers, times how clearly the evidence decides between this cause and the next. It
 * ranks causes; it is not a probability.
 */
import type { Cause, CauseCode, LayerHealth, Neurons } from '../../vocabulary/index.ts';
import { inactiveSince, isBlocked, type RunRecord } from './run-record.ts';
import type { DeathEvidence, TrainingWindow } from '../verdict/evidence.ts';
import { meanOf } from './initializers.ts';
import { momentumOf } from './rates.ts';
import { rootCauses, WELL_SUPPORTED, type RootCode } from './roots.ts';
import { bornDeadUpperBound } from '../risk/published-bounds.ts';

/** An update half as large as the neuron's weights, in a layer whose median neuron moved by a quarter. */
const LARGE_UPDATE = 0.5,
  LARGE_LAYER_UPDATE = 0.25;
/** A gradient norm this many times the window's mean is a spike. */
const SPIKE = 5;
/** Mean over deviation of the inputs. From 1 on, half of the weight directions have all inputs on one side. */
const UNCENTRED = 1;
/** Standard deviation of the targets below which Arnekvist et al. (2020) observed ReLU units dying. */
const SMALL_TARGETS = 0.1;

const cause = (code: CauseCode, confidence: number, evidence: Record<string, unknown>): Cause => ({
  code,
  confidence: Math.round(100 * Math.min(1, Math.max(0, confidence))) / 100,
  evidence,
});

function mechanismOf(run: RunRecord, neurons: Neurons, k: number): Cause {
  const layer = neurons.layers[k]!;
  const blocked = neurons.layers.slice(0, k).find(isBlocked);
  // This is certain: the layer's inputs are the same for every sample.
  if (blocked) return cause('upstreamDeath', 1, { layer: blocked.name });
  const since = inactiveSince(layer);
  const born = since.filter(({ isBorn }) => isBorn).length,
    died = since.length - born;
  if (since.length === 0) return cause('unknown', 0, {});
  const evidence = { bornDead: born, diedInTraining: died };
  return born >= died
    ? causeOfBirth(run, k, born / since.length, evidence)
    : causeOfDeath(run, layer, died / since.length, evidence);
}

function causeOfBirth(
  { spec, data, hidden }: RunRecord,
  k: number,
  share: number,
  counts: Record<string, unknown>,
): Cause {
  const own = hidden[k]!;
  const { kernelInitializer, biasInitializer } = own.spec;
  const evidence = { ...counts, kernelInitializer: kernelInitializer.type, biasInitializer: biasInitializer.type };
  if (spec.model.initialWeights) return cause('givenWeights', share, counts);
  const bias = meanOf(biasInitializer);
  if (bias < 0) return cause('negativeBias', share, { ...evidence, bias });
  if (kernelInitializer.type === 'zeros' || kernelInitializer.type === 'constant')
    return cause('initializer', share, { ...evidence, value: meanOf(kernelInitializer) });
  const ratio = data?.inputMeanToDeviation ?? 0;
  if (k === 0 && ratio > UNCENTRED)
    return cause('uncentredInputs', share * (ratio / (1 + ratio)), {
      ...evidence,
      inputMeanToDeviation: ratio,
      normalize: spec.dataset.normalize,
    });
  const widths = hidden.slice(0, k + 1).map(({ spec: { units } }) => units);
  const bornDead = bornDeadUpperBound(widths);
  if (own.activation.type === 'relu' && bornDead >= 0.05)
    return cause('narrowAndDeep', share * (0.5 + bornDead / 2), { ...evidence, widths, deadAtOneInput: bornDead });
  if (own.activation.type === 'relu' && !kernelInitializer.type.startsWith('he'))
    return cause('initializer', share * 0.6, evidence);
  return cause('chanceAtBirth', share * 0.5, { ...evidence, widths });
}

function causeOfDeath(run: RunRecord, layer: LayerHealth, share: number, counts: Record<string, unknown>): Cause {
  const inactive = new Set(
    layer.neurons.filter(({ state }) => state === 'dead' || state === 'silent').map(({ index }) => index),
  );
  const deaths = (run.deaths.get(layer.name) ?? []).filter(({ neuron }) => inactive.has(neuron));
  const steps = new Set(inactiveSince(layer).map(({ step }) => step));
  const windows = run.windows.filter(({ fromStep, steps: length }) => steps.has(fromStep + length));
  const evidence = { ...counts, ...trainingEvidence(run, windows) };
  const deviation = run.data?.targetDeviation ?? null;
  if (deaths.length === 0) return cause('unknown', 0, evidence);
  const votes = new Map<CauseCode, DeathEvidence[]>();
  const hasSpike = windows.some(isSpike);
  for (const death of deaths) {
    const code = causeOfOneDeath(death, hasSpike);
    votes.set(code, [...(votes.get(code) ?? []), death]);
  }
  const [code, examples] = [...votes].sort((a, b) => b[1].length - a[1].length)[0]!;
  const weight = share * (examples.length / deaths.length);
  const detail = {
    ...evidence,
    deathsExamined: deaths.length,
    deathsOfThisCause: examples.length,
    examples: examples.slice(0, 3),
  };
  if (code === 'gradualDrift' && deviation !== null && deviation < SMALL_TARGETS)
    return cause('smallTargetVariance', weight * 0.6, { ...detail, targetDeviation: deviation });
  return cause(code, weight * (code === 'gradualDrift' ? 0.5 : 0.9), detail);
}

/**
 * What pushed the mean pre-activation down: the layer below or the neuron's own update. The latter is a large update, a
 * drift of the bias, or a slow drift of the weights.
 */
function causeOfOneDeath(
  { ownShift, upstreamShift, biasChange, relativeUpdate, layerUpdate }: DeathEvidence,
  hasSpike: boolean,
): CauseCode {
  if (upstreamShift < 0 && upstreamShift < ownShift) return 'upstreamChange';
  if ((relativeUpdate >= LARGE_UPDATE && layerUpdate >= LARGE_LAYER_UPDATE) || (hasSpike && ownShift < 0))
    return 'largeUpdate';
  if (biasChange < 0 && biasChange <= 0.5 * ownShift) return 'biasDrift';
  return 'gradualDrift';
}

const isSpike = ({ maxGradientNorm, meanGradientNorm }: TrainingWindow): boolean =>
  maxGradientNorm !== null && meanGradientNorm !== null && maxGradientNorm > SPIKE * meanGradientNorm;

/** What explains the cause of a death, if the run has it: a drift or a large update has a reason of its own. */
const EXPLAINS: readonly RootCode[] = [
  'initializer',
  'weightsTooSmall',
  'weightsTooLarge',
  'unscaledInputs',
  'unscaledTargets',
  'weightDecayTooStrong',
];
/** Causes that only say how it happened. */
const MECHANISMS: ReadonlySet<CauseCode> = new Set([
  'largeUpdate',
  'biasDrift',
  'upstreamChange',
  'gradualDrift',
  'chanceAtBirth',
  'initializer',
  'unknown',
]);

export function causeOfInactivity(run: RunRecord, neurons: Neurons, k: number): Cause {
  const how = mechanismOf(run, neurons, k);
  if (!MECHANISMS.has(how.code)) return how;
  const why = rootCauses(run).find(
    ({ code, confidence }) =>
      confidence >= WELL_SUPPORTED &&
      // A large update says as much as the rate behind it.
      (EXPLAINS.includes(code) || (code === 'learningRateTooHigh' && how.code !== 'largeUpdate')),
  );
  return why ? { ...why, evidence: { ...why.evidence, mechanism: how.code, ...how.evidence } } : how;
}

/** A layer of a few units that drifts into silence has too few of them: a wider one loses some, not all. */
export function causeOfCollapse(run: RunRecord, neurons: Neurons, k: number): Cause {
  const how = causeOfInactivity(run, neurons, k);
  if (!DRIFTS.has(how.code)) return how;
  const why = rootCauses(run).find(({ code }) => code === 'narrowAndDeep' || code === 'tooFewUnits');
  return why ? { ...why, evidence: { ...why.evidence, mechanism: how.code, ...how.evidence } } : how;
}
const DRIFTS: ReadonlySet<CauseCode> = new Set(['biasDrift', 'upstreamChange', 'gradualDrift', 'unknown']);

/** Why neurons sit in a flat part of their activation: what pushed them there, if the run has it. */
export const causeOfFlatness = (run: RunRecord): Cause =>
  rootCauses(run).find(({ code, confidence }) => FLATTENS.includes(code) && confidence >= WELL_SUPPORTED) ??
  cause('unknown', 0, {});
const FLATTENS: readonly RootCode[] = [...EXPLAINS, 'negativeBias'];

/**
 * Weights that are too large for their network explode at any rate; otherwise the rate is too high for these data. Data
 * without scale stand in the evidence, and the advice treats both.
 */
export function causeOfDivergence(run: RunRecord): Cause {
  const evidence = {
    ...trainingEvidence(run, run.windows),
    ...run.data,
    lossBefore: run.learning.loss,
    failure: run.error?.message ?? null,
  };
  const roots = rootCauses(run);
  const weights = roots.find(({ code }) => code === 'weightsTooLarge');
  if (weights) return { ...weights, evidence: { ...weights.evidence, ...evidence } };
  const usual = roots.find(({ code }) => code === 'learningRateTooHigh');
  return cause('learningRateTooHigh', usual?.confidence ?? 0.6, { ...evidence, ...usual?.evidence });
}

/** The training side of a cause: rates, gradient norms, momentum. */
function trainingEvidence({ spec }: RunRecord, windows: readonly TrainingWindow[]): Record<string, unknown> {
  const { optimizer } = spec.training;
  return {
    optimizer: optimizer.type,
    learningRate: optimizer.learningRate,
    momentum: momentumOf(optimizer),
    clipNorm: spec.training.clipNorm,
    maxLearningRate: largest(windows.map((window) => window.maxLearningRate)),
    meanGradientNorm: largest(windows.map((window) => window.meanGradientNorm)),
    maxGradientNorm: largest(windows.map((window) => window.maxGradientNorm)),
    windows: windows.length,
  };
}

const largest = (values: readonly (number | null)[]): number | null =>
  values.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null);
