/** What is wrong with what a network has learned, whatever its neurons do. */
import type { Cause, CauseCode, Finding, Severity } from '../../vocabulary/index.ts';
import { finding, percent } from './finding.ts';
import type { Learning, Setback } from './learning.ts';
import { RARE_MISSED, rootCauses, STILL_FALLING } from './roots.ts';
import type { RunRecord } from './run-record.ts';

/** Below this share of a constant's loss gained, nothing has been learned that could not be chance. */
const NOTHING = 0.05;
/** From this skill on, a few samples are learned by heart. */
const BY_HEART = 0.9;
/** What nearest neighbours reach, less this much in R² or accuracy, is within reach of a network too. */
const SHORTFALL = 0.1;
/** The same where something is known to be wrong; in skill where there are too many features for neighbours. */
const SHORTFALL_BY_DEFECT = 0.03;
const LEFT_BY_DEFECT = 0.85;
/** How well a defect must be supported to count here. */
const LIKELY = 0.8;
const IS_NARROW: ReadonlySet<CauseCode> = new Set(['narrowAndDeep', 'tooFewUnits']);
/** Beyond this, most of what can be learned is missing. */
const MOST_IS_MISSING = 0.3;
/** Where neighbours say nothing, a network that leaves this share of a constant's loss has not learned well. */
const LEFT_OVER = 0.5;
/** Before this share of the steps, and before this many, a run has only begun. */
const BEGUN = { share: 0.25, steps: 200 };
/** A setback of this size in accuracy, or in the loss of a constant answer, costs most of what was learned. */
const CRITICAL_SETBACK = 0.2;

/** Causes that explain a dead network rather than being explained by it. */
const BEFORE_DEATH: ReadonlySet<CauseCode> = new Set([
  'initializer',
  'negativeBias',
  'weightsTooSmall',
  'weightsTooLarge',
  'unscaledInputs',
  'unscaledTargets',
  'uncentredInputs',
  'weightDecayTooStrong',
]);

/** `collapse`: why the network's output no longer depends on its input, if that is so. */
export function learningFindings(run: RunRecord, collapse: Cause | null): Finding[] {
  const { learning, last, plannedSteps } = run;
  const step = last?.step ?? 0;
  if (step === 0 || step < Math.min(BEGUN.share * plannedSteps, BEGUN.steps)) return [];
  const roots = rootCauses(run);
  const cause = roots.find(({ code }) => BEFORE_DEATH.has(code)) ?? collapse ?? roots[0] ?? null;
  if (isNothing(learning)) return [notLearning(learning, cause)];
  const found = learning.setback ? [gotWorse(run, learning.setback, roots)] : [];
  return [...found, ...unfinished(run, cause, found.length > 0)];
}

/** No better than the best constant answer, in the loss and in the accuracy, beyond what may be chance. */
function isNothing({ skill, accuracy, constantAccuracy, isAccuracyChance, shortfall }: Learning): boolean {
  if (skill === null) return false;
  // Neighbours that know nothing either: there is nothing to learn.
  if (shortfall !== null && shortfall < NOTHING) return false;
  // So few samples are no evidence, unless they are learned by heart.
  if (isAccuracyChance && skill < BY_HEART) return true;
  // A loss like a constant's with a better accuracy is overconfidence, not ignorance.
  const isBetter = accuracy !== null && constantAccuracy !== null && accuracy > constantAccuracy + NOTHING;
  return skill < NOTHING && !isBetter;
}

function notLearning({ loss, baseline, skill, accuracy, constantAccuracy }: Learning, cause: Cause | null): Finding {
  const classes =
    accuracy === null || constantAccuracy === null
      ? ''
      : ` Its training accuracy is ${percent(accuracy)}; always answering the commonest class gives ${percent(constantAccuracy)}${skill !== null && skill >= NOTHING ? ', and with so few samples the difference may be chance' : ''}.`;
  return finding(
    'notLearning',
    'critical',
    null,
    null,
    `The network is no better than a constant answer, beyond what may be chance: the mean training loss of the last epoch is ${text(loss)}, and the best constant answer has ${text(baseline)}.${classes}`,
    cause,
  );
}

function gotWorse(run: RunRecord, { of, best, bestStep, last }: Setback, roots: readonly Cause[]): Finding {
  const isAccuracy = of === 'accuracy' || of === 'valAccuracy';
  const lost = isAccuracy ? best - last : (last - best) / (run.learning.baseline ?? 1);
  const severity: Severity = lost >= CRITICAL_SETBACK ? 'critical' : 'warning';
  const [split, what] = {
    accuracy: ['training', 'accuracy'],
    valAccuracy: ['validation', 'accuracy'],
    loss: ['training', 'loss'],
    valLoss: ['validation', 'loss'],
  }[of] as [string, string];
  const [from, to] = isAccuracy ? [percent(best), percent(last)] : [text(best), text(last)];
  const why =
    roots.find(({ code }) => code === 'learningRateTooHigh' || code === 'weightDecayTooStrong') ?? roots[0] ?? null;
  return finding(
    'gotWorse',
    severity,
    null,
    bestStep,
    `The network was better before: its ${split} ${what} was ${from} at step ${bestStep} and is ${to} now.`,
    why,
  );
}

/** Something was learned, but less than there is to learn. */
function unfinished(run: RunRecord, cause: Cause | null, isToldAlready: boolean): Finding[] {
  const { skill, shortfall, fall, accuracy, loss, baseline, macroF1 } = run.learning;
  if (isToldAlready || skill === null) return [];
  // Right more often than a constant answer, but with a worse loss: far too sure of its mistakes.
  const isTooSure = skill < NOTHING && accuracy !== null;
  if (!isShort(run, cause) && !isTooSure) return [];
  const isFalling = fall !== null && fall >= STILL_FALLING;
  const reach =
    shortfall === null || isTooSure
      ? `The training loss is ${text(loss)}, that of a constant answer is ${text(baseline)}.`
      : accuracy === null
        ? `It explains ${percent(Math.max(0, skill))} of the variance of the targets; the nearest other sample alone would explain about ${percent(Math.min(1, skill + shortfall))}.`
        : `Its training accuracy is ${percent(accuracy)}; answering as the nearest other sample would give about ${percent(Math.min(1, accuracy + shortfall))}.`;
  const rarest = run.data?.rarestClass ? ` The rarest one is ${JSON.stringify(run.data.rarestClass)}.` : '';
  const rare =
    cause?.code === 'classImbalance' && macroF1 !== null
      ? ` Its macro F1 is ${macroF1.toFixed(2)}: rare classes are hardly found.${rarest}`
      : '';
  const severity: Severity =
    shortfall !== null && shortfall > MOST_IS_MISSING
      ? 'critical'
      : shortfall === null && cause === null
        ? 'info'
        : 'warning';
  return isFalling
    ? [
        finding(
          'slowLearning',
          severity,
          null,
          null,
          `The network still learns, slowly: its training loss fell by ${percent(fall)} from the third to the last quarter of the steps. ${reach}${rare}`,
          cause,
        ),
      ]
    : [
        finding(
          'learningStalled',
          severity,
          null,
          null,
          `The network has stopped learning short of what the data allow. ${reach}${rare}`,
          cause,
        ),
      ];
}

/**
 * A known defect makes less of a shortfall enough. Distances between samples of many features tell little, so what
 * neighbours miss there says nothing.
 */
function isShort({ learning }: RunRecord, cause: Cause | null): boolean {
  const { skill, shortfall, macroF1, areNeighboursTelling } = learning;
  if (cause?.code === 'classImbalance' && macroF1 !== null && macroF1 < RARE_MISSED) return true;
  const isDefect =
    cause !== null && (BEFORE_DEATH.has(cause.code) || IS_NARROW.has(cause.code)) && cause.confidence >= LIKELY;
  if (skill === null) return false;
  if (shortfall !== null && shortfall > SHORTFALL) return true;
  if (isDefect)
    return areNeighboursTelling && shortfall !== null ? shortfall > SHORTFALL_BY_DEFECT : skill < LEFT_BY_DEFECT;
  return shortfall === null && skill < LEFT_OVER;
}

const text = (value: number | null): string => (value === null ? 'not known' : value.toPrecision(3));
