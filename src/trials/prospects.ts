/** Which trials are worth their time. Everything is decided from results and recorded steps, never from the clock. */
import type { TrialResult, TrialsPlan } from '../store/store.ts';

export type Results = Readonly<Record<number, TrialResult>>;

/** The untouched job has the numbers of piece 0. */
export const UNTOUCHED = 0;
export const numberOf = ({ seeds }: TrialsPlan, piece: number, seed: number): number => piece * seeds.length + seed;
export const countOf = ({ pieces, seeds }: TrialsPlan): number => (pieces.length + 1) * seeds.length;

/** What can be started, in order, and what is not worth it after the first seed. Trials with a result are in neither. */
export function nextTrials(plan: TrialsPlan, results: Results): { open: number[]; skipped: number[] } {
  const all = plan.seeds.flatMap((_, seed) =>
    [...Array(plan.pieces.length + 1).keys()].map((piece) => ({ piece, seed, number: numberOf(plan, piece, seed) })),
  );
  const isOver = all.every(({ seed, number }) => seed > 0 || results[number] !== undefined);
  const left = all.filter(({ number }) => results[number] === undefined);
  const isSkipped = ({ piece, seed }: { piece: number; seed: number }) =>
    isOver && seed > 0 && !hasProspects(plan, results, piece);
  return {
    // The untouched job runs with every seed, whatever the others come to.
    open: left
      .filter((trial) => trial.seed === 0 || trial.piece === UNTOUCHED || (isOver && !isSkipped(trial)))
      .map(({ number }) => number),
    skipped: left.filter(isSkipped).map(({ number }) => number),
  };
}

/**
 * Whether a piece goes on after its first seed: not if it diverged or was stopped there, and not if it did no better than
 * the untouched job while another piece has fixed it.
 */
function hasProspects(plan: TrialsPlan, results: Results, piece: number): boolean {
  if (piece === UNTOUCHED) return true;
  const first = results[numberOf(plan, piece, 0)];
  if (first?.outcome !== 'measured') return false;
  if (first.isFixed) return true;
  const isAnyFixed = plan.pieces.some((_, index) => results[numberOf(plan, index + 1, 0)]?.isFixed);
  const untouched = results[numberOf(plan, UNTOUCHED, 0)]?.score ?? -Infinity;
  return !isAnyFixed || (first.score ?? -Infinity) > untouched;
}

/** Shorter runs end soon enough by themselves. */
export const LEAST_STEPS_TO_STOP = 1000;
/** The steps at which a run is compared with the untouched job, as shares of the untouched job's steps. */
export const COMPARED = { from: 0.4, to: 0.5 };
const FAR_BEHIND = 2;

/**
 * Whether a run is so far behind that it is stopped. Both losses are means over the same steps, as shares of the loss of
 * the best constant answer.
 */
export const isFarBehind = (loss: number, untouched: number): boolean => loss > 1 && loss > FAR_BEHIND * untouched;
