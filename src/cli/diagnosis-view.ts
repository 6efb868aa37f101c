/** A diagnosis as a terminal shows it: what is wrong, why, and what to change. */
import { CAUSE_LABELS, ADVICE_LABELS, wordsOf, type Advice, type Change, type Diagnosis } from '../vocabulary/index.ts';
import { clean, number } from './text.ts';

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

function describeAdvice({ code, addresses, reason, limits, change }: Advice, index: number): string[] {
  const against = addresses.map((cause) => CAUSE_LABELS[cause]).join(', ');
  return [
    `  ${index + 1}. ${ADVICE_LABELS[code]}${against && `, against ${against}`}`,
    ...describeChange(change).map((line) => `     ${line}`),
    `     ${clean(reason)}`,
    `     Limits: ${clean(limits)}`,
  ];
}

/** One line per change: `learning rate: 0.1 -> 0.003`. */
export const describeChange = (change: readonly Change[]): string[] =>
  wordsOf(change).map(({ what, from, to }) => clean(`${what}: ${from} -> ${to}`));
