/** How often causes are named and remedies work. Seeds of one case are much alike, so that each case counts once. */
import type { CauseCode, Finding } from '../../src/vocabulary/index.ts';
import { interval95 } from '../verify/check.ts';
import type { Case } from './case.ts';
import type { Result } from './follow-advice.ts';

/** A case with its runs, one per seed. */
export interface Replayed {
  trouble: Case;
  results: Result[];
}

export interface Rate {
  /** The sum of the shares: a case of which one seed of two is fixed counts one half. */
  sum: number;
  cases: number;
  interval: readonly [low: number, high: number];
}

export const isControl = ({ trouble }: Replayed): boolean => trouble.truth.causeCodes.length === 0;
export const failing = ({ results }: Replayed): Result[] => results.filter(({ fails }) => fails);

/** Over the failing runs of cases that are no controls. */
function rate(replayed: readonly Replayed[], isCounted: (result: Result, trouble: Case) => boolean): Rate {
  const shares = replayed
    .filter((each) => !isControl(each) && failing(each).length > 0)
    .map((each) => share(failing(each), (result) => isCounted(result, each.trouble)));
  return rateOf(shares);
}

/** Over the runs of controls that are as good as they should be. */
const controlRate = (replayed: readonly Replayed[]): Rate =>
  rateOf(
    replayed
      .filter(isControl)
      .map(({ results }) => results.filter(({ fails }) => !fails))
      .filter((results) => results.length > 0)
      .map((results) => share(results, isLeftAlone)),
  );

function rateOf(shares: readonly number[]): Rate {
  const sum = shares.reduce((total, part) => total + part, 0);
  return { sum, cases: shares.length, interval: shares.length === 0 ? [0, 1] : interval95(sum, shares.length) };
}

const share = (results: readonly Result[], isCounted: (result: Result) => boolean): number =>
  results.filter(isCounted).length / results.length;

export const firstFinding = ({ diagnosis }: Result): Finding | null => diagnosis.findings[0] ?? null;

/** Of the first finding that has one. */
export const firstCause = ({ diagnosis }: Result): CauseCode | null =>
  diagnosis.findings.find(({ cause }) => cause !== null)?.cause?.code ?? null;

/** The first cause is one of the right ones. */
export const namesCause = (result: Result, { truth }: Case): boolean =>
  truth.causeCodes.includes(firstCause(result) ?? 'none');

export const isFixedAfter =
  (rounds: number) =>
  ({ rounds: trials }: Result): boolean =>
    trials.slice(0, rounds).some(({ isFixed }) => isFixed);

/** By the first advice, or by another piece of the same list, alone. */
export const isFixedByBest = (result: Result): boolean =>
  isFixedAfter(1)(result) || result.pieces.some(({ isFixed }) => isFixed);

/** No finding calls for a change. */
export const isLeftAlone = ({ diagnosis }: Result): boolean =>
  diagnosis.findings.every(({ severity }) => severity === 'info');

export type RateName = 'found' | 'cause' | 'first' | 'two' | 'three' | 'best' | 'controls';

/** What the bench is for, in the order of the documentation. */
export const ratesOf = (replayed: readonly Replayed[]): { name: RateName; what: string; rate: Rate }[] => [
  { name: 'found', what: 'a warning at all', rate: rate(replayed, (result) => !isLeftAlone(result)) },
  { name: 'cause', what: 'a right cause first', rate: rate(replayed, namesCause) },
  { name: 'first', what: 'fixed by the first advice', rate: rate(replayed, isFixedAfter(1)) },
  { name: 'two', what: 'fixed after two rounds', rate: rate(replayed, isFixedAfter(2)) },
  { name: 'three', what: 'fixed after three rounds', rate: rate(replayed, isFixedAfter(3)) },
  { name: 'best', what: 'fixed by the best single piece', rate: rate(replayed, isFixedByBest) },
  { name: 'controls', what: 'controls without a warning', rate: controlRate(replayed) },
];

export const rateInWords = ({ sum, cases, interval: [low, high] }: Rate): string =>
  cases === 0
    ? 'no cases'
    : `${sum.toFixed(1).replace('.0', '')} of ${cases}, ${percent(sum / cases)} (${percent(low)} to ${percent(high)})`;

const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;
