/** What trials measured, in words, for the page and the terminal. */
import { ADVICE_LABELS } from './diagnosis-words.ts';
import type { Advice, Measured } from './diagnosis.ts';
import { isLoss, type TrialMetric } from './trials.ts';

/** A piece of advice by its name; a pair by both. */
export const adviceName = ({ code, combines = [code] }: Pick<Advice, 'code' | 'combines'>): string =>
  combines.map((part) => ADVICE_LABELS[part]).join(' and ');

/** Better or worse is said only where all seeds agree. */
export function effectInWords({ runs, agrees, metric, before, after }: Measured): string {
  if (runs < 2) return 'one seed';
  const [then, now] = [asGain(before, metric), asGain(after, metric)];
  if (!agrees || then === now) return 'seeds disagree';
  return now > then ? 'better with every seed' : 'worse with every seed';
}

/** Higher is better. A run without a figure has diverged, or was stopped early: nothing is worse. */
function asGain(value: number | null, metric: TrialMetric): number {
  if (value === null) return -Infinity;
  return isLoss(metric) ? -value : value;
}
