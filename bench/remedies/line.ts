/** A result as one line of text. */
import type { Change, Diagnosis } from '../../src/vocabulary/index.ts';
import { firstAdvice, type Result, type Trial } from './follow-advice.ts';

export function lineOf({ case: name, seed, diagnosis, score, fails, rounds, pieces, remedies }: Result): string {
  const advice = firstAdvice(diagnosis);
  const parts = [
    `${name} s${seed}`,
    findingOf(diagnosis),
    diagnosis.advice.map(({ code }) => code).join(' ') || 'no advice',
    advice === null ? 'no change' : advice.change.map(changeOf).join(', '),
    [number(score), ...rounds.map(({ code, score }) => `${code} ${number(score)}`)].join(' -> '),
    fails ? (rounds.at(-1)?.isFixed ? `fixed after ${rounds.length}` : 'NOT FIXED') : 'does not fail',
    ...[pieces, remedies].flatMap((trials) => (trials.length > 0 ? [trials.map(pieceOf).join(', ')] : [])),
  ];
  return parts.map((part) => (part.length > 300 ? `${part.slice(0, 297)}...` : part)).join(' | ');
}

function findingOf({ findings: [first] }: Diagnosis): string {
  return first ? `${first.severity} ${first.code} (${first.cause?.code ?? 'no cause'})` : 'no finding';
}

const changeOf = ({ path, from, to }: Change): string => `${path} ${JSON.stringify(from)} to ${JSON.stringify(to)}`;
const pieceOf = ({ code, score, isFixed }: Trial): string => `${isFixed ? '+' : '-'}${code} ${number(score)}`;
const number = (value: number | null): string => (value === null ? 'failed' : value.toPrecision(3));
