/** A diagnosis as a terminal shows it: what is wrong, why, and what to change. */
import {
  adviceName,
  CAUSE_LABELS,
  effectInWords,
  FIGURES,
  wordsOf,
  type Advice,
  type Change,
  type Diagnosis,
  type Measured,
} from '../vocabulary/index.ts';
import { clean, figure, number } from './text.ts';

export function describeDiagnosis({ step, findings, advice }: Diagnosis): string {
  const remedies = advice.filter(({ code }) => code !== 'none');
  return [
    `Findings as of step ${number(step)}`,
    ...findings.flatMap(({ severity, message, cause }) => [
      `  ${severity === 'info' ? 'note' : severity}: ${clean(message)}`,
      ...(cause ? [`    cause: ${CAUSE_LABELS[cause.code]}`] : []),
    ]),
    '',
    'What to change',
    ...(remedies.length > 0 ? remedies.flatMap(describeAdvice) : advice.map(({ reason }) => `  ${clean(reason)}`)),
  ].join('\n');
}

function describeAdvice(piece: Advice, index: number): string[] {
  const { addresses, reason, limits, change, measured } = piece;
  const against = addresses.map((cause) => CAUSE_LABELS[cause]).join(', ');
  return [
    `  ${index + 1}. ${adviceName(piece)}${against && `, against ${against}`}`,
    ...describeChange(change).map((line) => `     ${line}`),
    ...(measured ? [`     trials: ${describeMeasured(measured)}`] : []),
    `     ${clean(reason)}`,
    `     Limits: ${clean(limits)}`,
  ];
}

/** `fixed 3 of 3, validation loss 0.42 -> 0.03, better with every seed`. */
function describeMeasured(measured: Measured): string {
  const { fixed, runs, metric, before, after } = measured;
  const figures = `${FIGURES[metric].name} ${figure(metric, before)} -> ${figure(metric, after)}`;
  return `fixed ${fixed} of ${runs}, ${figures}, ${effectInWords(measured)}`;
}

/** One line per change: `learning rate: 0.1 -> 0.003`. */
export const describeChange = (change: readonly Change[]): string[] =>
  wordsOf(change).map(({ what, from, to }) => clean(`${what}: ${from} -> ${to}`));
