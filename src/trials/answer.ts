/** Trials as clients see them, and a diagnosis in the order that they measured. */
import type { Advice, Diagnosis, Trial, Trials } from '../vocabulary/index.ts';
import type { StoredTrials, TrialsStore } from '../store/store.ts';
import { CRITERION } from './judge-trial.ts';
import { rankPieces, type RankedPiece } from './measured.ts';
import { countOf, numberOf, UNTOUCHED } from './prospects.ts';

export function toAnswer(
  { runId, status, plan, results, createdAt, finishedAt }: StoredTrials,
  parts: Awaited<ReturnType<TrialsStore['parts']>>,
): Trials {
  const started = new Map(parts.map(({ id, trial }) => [trial, id]));
  const trialsOf = (piece: number): Trial[] =>
    plan.seeds.map((seed, index): Trial => {
      const number = numberOf(plan, piece, index);
      const { outcome = null, isFixed = false, score = null } = results[number] ?? {};
      return { runId: started.get(number) ?? null, seed, outcome, isFixed, score };
    });
  return {
    object: 'trials',
    runId,
    status,
    criterion: CRITERION,
    seeds: plan.seeds,
    progress: { ended: Object.keys(results).length, total: countOf(plan) },
    runs: parts.map(({ id }) => id),
    untouched: trialsOf(UNTOUCHED),
    pieces: rankPieces(plan, results).map((ranked) => ({ ...withMeasured(ranked), trials: trialsOf(ranked.piece) })),
    createdAt,
    finishedAt,
  };
}

/**
 * The advice in the order that trials measured, pairs included. What was not tried comes after the pieces that fixed
 * something, and before those that fixed nothing.
 */
export function inMeasuredOrder(diagnosis: Diagnosis, trials: StoredTrials | null): Diagnosis {
  if (trials === null) return diagnosis;
  const given = new Set(diagnosis.advice.map(({ code }) => code));
  const ranked = rankPieces(trials.plan, trials.results).filter(({ advice: { code, combines = [code] } }) =>
    combines.every((part) => given.has(part)),
  );
  const isTried = new Set(ranked.map(({ advice }) => keyOf(advice)));
  const others = diagnosis.advice.filter((advice) => !isTried.has(keyOf(advice)));
  return {
    ...diagnosis,
    trials: trials.status,
    advice: [
      ...ranked.filter(hasFixed).map(withMeasured),
      // A pair is a piece of advice only because it was measured.
      ...ranked.filter(({ advice, measured }) => measured === null && !advice.combines).map(({ advice }) => advice),
      ...others,
      ...ranked.filter((piece) => piece.measured !== null && !hasFixed(piece)).map(withMeasured),
    ],
  };
}

const withMeasured = ({ advice, measured }: RankedPiece): Advice => (measured ? { ...advice, measured } : advice);
const hasFixed = ({ measured }: RankedPiece): boolean => measured !== null && measured.fixed > 0;
const keyOf = ({ patch }: Advice): string => JSON.stringify(patch);
