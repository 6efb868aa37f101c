/** What trials say about each piece of advice, and the order that follows from it. */
import { isLoss, type Advice, type Change, type Measured, type TrialMetric } from '../vocabulary/index.ts';
import type { TrialResult, TrialsPlan } from '../store/store.ts';
import { numberOf, UNTOUCHED, type Results } from './prospects.ts';

export interface RankedPiece {
  advice: Advice;
  /** Its place in the plan, from 1 on. */
  piece: number;
  measured: Measured | null;
}

/**
 * Best first: by the share of seeds that it fixed, then by the median score to two decimals, then by the number of
 * changes, so that a pair comes before a single piece only if it is clearly better. What is not
 * measured yet comes after the pieces that fixed something, and before those that fixed nothing.
 */
export function rankPieces(plan: TrialsPlan, results: Results): RankedPiece[] {
  const ranked = plan.pieces.map((advice, index) => {
    const own = resultsOf(plan, results, index + 1);
    return {
      advice,
      piece: index + 1,
      measured: measure(plan, results, index + 1),
      fixed: own.filter((result) => result?.isFixed).length,
      score: rounded(median(own.flatMap((result) => (result ? [scoreOf(result)] : [])))),
    };
  });
  return ranked
    .toSorted(
      (a, b) =>
        b.fixed - a.fixed ||
        Number(a.measured !== null) - Number(b.measured !== null) ||
        compare(b.score, a.score) ||
        a.advice.change.length - b.advice.change.length ||
        a.piece - b.piece,
    )
    .map(({ advice, piece, measured }) => ({ advice, piece, measured }));
}

/** Null before the first pair of runs has ended. */
function measure(plan: TrialsPlan, results: Results, piece: number): Measured | null {
  const before = resultsOf(plan, results, UNTOUCHED);
  const after = resultsOf(plan, results, piece);
  const pairs = after.flatMap((result, seed) => {
    const untouched = before[seed];
    return hasRun(result) && hasRun(untouched) ? [{ before: untouched, after: result }] : [];
  });
  if (pairs.length === 0) return null;
  const metric = metricFor(plan, plan.pieces[piece - 1]?.change ?? [], pairs);
  const figures = (side: 'before' | 'after') => pairs.map((pair) => figureOf(pair[side], metric));
  const differences = figures('after').map((value, index) => value - (figures('before')[index] ?? NaN));
  const medians = { before: median(figures('before')), after: median(figures('after')) };
  const isSpread = differences.length > 1 && differences.every(Number.isFinite);
  return {
    runs: pairs.length,
    fixed: pairs.filter((pair) => pair.after.isFixed).length,
    metric,
    before: finite(medians.before),
    after: finite(medians.after),
    effect: finite(medians.after - medians.before),
    interval: isSpread ? [Math.min(...differences), Math.max(...differences)] : null,
    agrees:
      differences.length > 1 &&
      (differences.every((difference) => difference > 0) || differences.every((difference) => difference < 0)),
  };
}

/** Where one of these changes, losses before and after have different units. */
const OTHER_UNIT = ['training.loss', 'training.classWeights', 'dataset.normalizeTargets'];

/** The loss, on the validation part if there is one; where its unit changes, what all runs have in common. */
function metricFor(
  { task }: TrialsPlan,
  change: readonly Change[],
  pairs: readonly { before: TrialResult; after: TrialResult }[],
): TrialMetric {
  const isKnown = (metric: TrialMetric): boolean =>
    pairs.some(({ before, after }) => isNumber(before.figures[metric]) || isNumber(after.figures[metric]));
  const isSameUnit = !change.some(({ path }) => OTHER_UNIT.some((place) => path.startsWith(place)));
  const losses: TrialMetric[] = ['valLoss', 'epochLoss', 'loss'];
  const others: TrialMetric[] =
    task === 'regression' ? ['r2'] : ['macroF1', 'valAccuracy', 'epochAccuracy', 'accuracy'];
  return (isSameUnit ? [...losses, ...others] : others).find(isKnown) ?? (isSameUnit ? 'loss' : 'accuracy');
}

const resultsOf = (plan: TrialsPlan, results: Results, piece: number): (TrialResult | undefined)[] =>
  plan.seeds.map((_, seed) => results[numberOf(plan, piece, seed)]);

/** A cancelled trial says nothing about the piece. */
const hasRun = (result: TrialResult | undefined): result is TrialResult =>
  result !== undefined && result.outcome !== 'skipped' && result.outcome !== 'cancelled';

/** A run without a figure, because it diverged or was stopped, is worse than all others. */
function figureOf({ figures }: TrialResult, metric: TrialMetric): number {
  const value = figures[metric];
  return isNumber(value) ? value : isLoss(metric) ? Infinity : -Infinity;
}

/** What was stopped early is better than what diverged, and worse than what was measured. */
function scoreOf({ outcome, score }: TrialResult): number {
  return score ?? (outcome === 'diverged' || outcome === 'failed' ? -Infinity : -Number.MAX_VALUE);
}

const rounded = (score: number): number => (Math.abs(score) < 1000 ? Math.round(100 * score) / 100 : score);

/** The mean of the middle two of an even number; those that are infinite stay so. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted(compare);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === high ? low : (low + high) / 2;
}

/** Infinite values are equal to themselves, and what is unknown comes first. */
const compare = (a: number, b: number): number =>
  a === b || (Number.isNaN(a) && Number.isNaN(b)) ? 0 : Number.isNaN(a) || a < b ? -1 : 1;
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const isNumber = (value: unknown): value is number => typeof value === 'number';
