/**
 * What to change. Causes come first: each names the remedies that treat it, in the order in which they were measured to
 * work (docs/remedies.md). A remedy that cannot work against any of the causes is not offered. The first piece treats
 * every cause that the evidence supports well, together, so that one run is enough; the pieces after it treat one each.
 */
import {
  ADVICE_LABELS,
  changesBetween,
  mergePatch,
  type Advice,
  type AdviceCode,
  type Cause,
  type CauseCode,
  type Finding,
  type JobSpec,
} from '../../vocabulary/index.ts';
import { joinPatches, type Patch } from './patches.ts';
import { REMEDIES, type RemedyCode } from './remedies.ts';
import { rootCauses, WELL_SUPPORTED } from './roots.ts';
import { openRunRecord, type RunRecord } from './run-record.ts';

/** Best first. Narrow networks need units more than anything else; elsewhere a wider layer only delays the trouble. */
export const REMEDIES_FOR: Readonly<Record<CauseCode, readonly RemedyCode[]>> = {
  outputActivation: ['linearOutput', 'normalizeTargets'],
  initializer: ['heInitialization', 'randomizedAsymmetric'],
  givenWeights: ['heInitialization', 'prelu', 'batchNormalization'],
  negativeBias: ['positiveBias', 'heInitialization', 'batchNormalization', 'layerNormalization'],
  weightsTooSmall: ['heInitialization', 'batchNormalization', 'layerNormalization'],
  weightsTooLarge: ['heInitialization', 'reduceLearningRate', 'layerNormalization'],
  unscaledInputs: ['normalizeBoth', 'normalizeInputs', 'batchNormalization', 'reduceLearningRate'],
  unscaledTargets: ['normalizeBoth', 'normalizeTargets'],
  uncentredInputs: ['normalizeBoth', 'normalizeInputs', 'moreUnits', 'batchNormalization'],
  weightDecayTooStrong: ['lessWeightDecay'],
  classImbalance: ['classWeights', 'trainLonger'],
  explodingGradient: ['heInitialization', 'reduceLearningRate', 'clipGradients', 'layerNormalization'],
  vanishingGradient: ['reluInstead', 'batchNormalization', 'raiseLearningRate'],
  learningRateTooHigh: ['reduceLearningRate', 'normalizeInputs', 'batchNormalization', 'clipGradients'],
  largeUpdate: [
    'reduceLearningRate',
    'normalizeInputs',
    'batchNormalization',
    'clipGradients',
    'scheduleLearningRate',
    'moreUnits',
    'leakyRelu',
  ],
  narrowAndDeep: ['moreUnits', 'prelu', 'elu', 'randomizedAsymmetric', 'selu', 'leakyRelu'],
  tooFewUnits: ['moreUnits', 'prelu', 'elu'],
  chanceAtBirth: ['moreUnits', 'prelu', 'randomizedAsymmetric', 'elu', 'batchNormalization'],
  learningRateTooLow: ['raiseLearningRate', 'trainLonger'],
  tooFewSteps: ['trainLonger', 'raiseLearningRate'],
  smallTargetVariance: ['normalizeBoth', 'normalizeTargets', 'raiseLearningRate'],
  biasDrift: ['moreUnits', 'batchNormalization', 'selu', 'reduceLearningRate'],
  upstreamChange: ['moreUnits', 'batchNormalization', 'selu', 'reduceLearningRate'],
  gradualDrift: ['moreUnits', 'batchNormalization', 'selu', 'reduceLearningRate'],
  // The cause lies in another layer, and so does its remedy.
  upstreamDeath: [],
  spareCapacity: [],
  unknown: ['moreUnits', 'batchNormalization', 'prelu', 'elu', 'leakyRelu'],
};

/** Updates are already too large: whatever gives more neurons a gradient makes them larger, and the run diverges. */
const HOT: ReadonlySet<CauseCode> = new Set([
  'unscaledInputs',
  'unscaledTargets',
  'learningRateTooHigh',
  'largeUpdate',
]);
const NEEDS_CALM: ReadonlySet<RemedyCode> = new Set([
  'leakyRelu',
  'prelu',
  'elu',
  'selu',
  'moreUnits',
  'raiseLearningRate',
  'trainLonger',
  'positiveBias',
  'randomizedAsymmetric',
  'reluInstead',
]);

export function advise(run: RunRecord, findings: readonly Finding[]): Advice[] {
  const pressing = findings.filter(({ severity }) => severity !== 'info');
  if (pressing.length === 0) return [nothingToDo(findings)];
  const roots = rootCauses(run);
  const supported = [...pressing.flatMap(({ cause }) => cause ?? []), ...roots].filter(
    ({ code }, at, all) => all.findIndex((other) => other.code === code) === at,
  );
  // Neurons that all start alike stay alike, whatever else is changed.
  const equal = supported.filter(({ code }) => code === 'initializer' && roots.some((root) => root.code === code));
  const causes = equal.length > 0 ? equal : supported;
  const isHot = causes.some(({ code, confidence }) => HOT.has(code) && confidence >= WELL_SUPPORTED);
  const singles = causes
    .flatMap(({ code }) => REMEDIES_FOR[code])
    .filter((code, at, all) => all.indexOf(code) === at && (!isHot || !NEEDS_CALM.has(code)));
  const together = combine(run, causes, roots);
  const advice = [...(together ? [together] : []), ...singles.flatMap((code) => pieceOf(run, [code], causes) ?? [])];
  // The first piece stands for its code: what it adds belongs to it.
  const distinct = advice.filter(({ code }, at) => advice.findIndex((other) => other.code === code) === at);
  return distinct.length > 0 ? distinct : [nothingLeft(pressing)];
}

/**
 * The first remedy of the first cause, and of every other root that is well supported. The scale of the data comes first,
 * and brings the rate along that fits it.
 */
function combine(run: RunRecord, causes: readonly Cause[], roots: readonly Cause[]): Advice | null {
  const wanted = causes.filter(
    (cause, at) => at === 0 || (roots.includes(cause) && cause.confidence >= WELL_SUPPORTED),
  );
  const codes: RemedyCode[] = [];
  for (const { code } of wanted) {
    const first = firstRemedy(run, code);
    if (first !== undefined && !codes.some((other) => excludes(other, first))) codes.push(first);
  }
  const scales = codes.filter(isScale);
  // A rate that fits the changed job follows from the change, not from what was measured before it.
  const changesScale = scales.length > 0 || codes.includes('heInitialization');
  const hasOwnRate = codes.some((code) => !isRate(code) && REMEDIES[code].companions !== undefined);
  const isFitting = (code: RemedyCode): boolean =>
    !isScale(code) && !(isRate(code) && changesScale) && !(code === 'raiseLearningRate' && hasOwnRate);
  // The range of the outputs decides how targets can be normalised, and the scale which rate fits.
  const inOrder = [
    ...codes.filter((code) => code === 'linearOutput'),
    ...scales,
    ...codes.filter((code) => code !== 'linearOutput' && isFitting(code)),
  ];
  const [main = 'linearOutput'] = codes;
  return pieceOf(run, inOrder, causes, inOrder.includes(main) ? main : scales[0]);
}

const firstRemedy = (run: RunRecord, cause: CauseCode): RemedyCode | undefined =>
  REMEDIES_FOR[cause].find((code) => REMEDIES[code].patch(run, run.spec) !== null);

const isScale = (code: RemedyCode): boolean => code.startsWith('normalize');
const isRate = (code: RemedyCode): boolean => code.endsWith('LearningRate');

/** Two remedies for the same thing do not go together. */
const GROUPS: readonly (readonly RemedyCode[])[] = [
  ['reduceLearningRate', 'raiseLearningRate', 'scheduleLearningRate'],
  ['normalizeInputs', 'normalizeTargets', 'normalizeBoth'],
  ['heInitialization', 'randomizedAsymmetric', 'selu'],
  ['leakyRelu', 'prelu', 'elu', 'selu', 'reluInstead'],
  ['batchNormalization', 'layerNormalization'],
];
const excludes = (one: RemedyCode, other: RemedyCode): boolean =>
  one === other || GROUPS.some((group) => group.includes(one) && group.includes(other));

/**
 * The remedies on top of one another, named by `code`. Null where one of them does not apply. What a remedy needs to work
 * beside it, it brings along.
 */
function pieceOf(
  run: RunRecord,
  codes: readonly RemedyCode[],
  causes: readonly Cause[],
  code = codes[0],
): Advice | null {
  if (code === undefined) return null;
  let patch: Patch = {};
  let { spec } = run;
  const all = [...codes];
  const beside: RemedyCode[] = [];
  for (const each of all) {
    const next = REMEDIES[each].patch(run, spec);
    if (next === null && codes.includes(each)) return null;
    if (next === null) continue;
    if (!codes.includes(each)) beside.push(each);
    patch = joinPatches(patch, next);
    spec = patched(spec, next);
    const companions = REMEDIES[each].companions?.(run, spec) ?? [];
    all.push(...companions.filter((companion) => !all.some((other) => excludes(other, companion))));
  }
  const treated = causes.filter((cause) => codes.some((each) => REMEDIES_FOR[cause.code].includes(each)));
  return {
    code,
    addresses: treated.map((cause) => cause.code),
    reason: [
      ...codes.map((each) => REMEDIES[each].reason),
      ...(beside.length > 0 ? [`The changed job needs this too: ${beside.map(labelOf).join(', ')}.`] : []),
    ].join(' '),
    evidence: {
      causes: Object.fromEntries(treated.map((cause) => [cause.code, cause.evidence])),
      ...Object.assign({}, ...codes.map((each) => REMEDIES[each].evidence?.(run) ?? {})),
    },
    limits: codes.map((each) => REMEDIES[each].limits).join(' '),
    patch,
    change: changesBetween(run.spec, spec),
  };
}

const labelOf = (code: RemedyCode): string => ADVICE_LABELS[code].toLowerCase();

const patched = (spec: JobSpec, patch: Patch): JobSpec => mergePatch(spec, patch) as JobSpec;

/** The patch of a remedy for a job that has not trained yet; null if the remedy does not apply. */
export const remedyPatch = (code: Exclude<AdviceCode, 'none'>, spec: JobSpec, plannedSteps: number): Patch | null =>
  REMEDIES[code].patch(openRunRecord({ spec, verdicts: [], error: null, plannedSteps }), spec);

const nameOf = ({ code, layer }: Finding): string => (layer ? `${code} ${layer}` : code);

const nothingLeft = (findings: readonly Finding[]): Advice => ({
  code: 'none',
  addresses: [],
  reason: 'This job already uses every remedy that fits its findings.',
  evidence: { findings: findings.map(nameOf) },
  limits: 'Another architecture, other data or other features of the inputs may still help.',
  patch: {},
  change: [],
});

const nothingToDo = (findings: readonly Finding[]): Advice => ({
  code: 'none',
  addresses: [],
  reason:
    'No change is needed by our criteria: the network does better than a constant answer and no layer has lost a tenth of its neurons.',
  evidence: { findings: findings.map(nameOf) },
  limits: 'This applies to the latest verdict. Further training can change it.',
  patch: {},
  change: [],
});
