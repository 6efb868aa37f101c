/** Trains a case, follows the first advice for some rounds, and tries the other pieces where asked. */
import { mergePatch, type Advice, type Diagnosis } from '../../src/vocabulary/index.ts';
import type { Case, Success } from './case.ts';
import { InvalidJob, replay, type Replay } from './replay.ts';

/** What a patch did. `score` is null where the run failed, or where the job that it makes is not valid. */
export interface Trial {
  code: string;
  patch: unknown;
  score: number | null;
  isFixed: boolean;
  /** Why the run failed, or what is invalid. */
  error: string | null;
  diagnosis: Diagnosis | null;
}

export interface Result {
  case: string;
  seed: number;
  score: number | null;
  /** Whether the untouched job fails by the case's own measure. */
  fails: boolean;
  error: string | null;
  diagnosis: Diagnosis;
  /** The first advice, applied again and again until the case is fixed or nothing is advised. */
  rounds: Trial[];
  /** Pieces of advice for the untouched job, each alone. */
  pieces: Trial[];
  /** The patches of the case that are known to work. Empty unless asked for. */
  remedies: Trial[];
  seconds: number;
}

export interface FollowOptions {
  rounds: number;
  /** Which pieces of advice are tried alone: where the first one does not fix the case, until one does; or all of them. */
  pieces: 'none' | 'untilFixed' | 'all';
  /** Try the remedies of the case. */
  remedies: boolean;
}

export async function followAdvice(
  { name, job, success, truth }: Case,
  seed: number,
  { rounds, pieces, remedies }: FollowOptions,
): Promise<Result> {
  const startedAt = performance.now();
  const seeded = mergePatch(job, { training: { seed } });
  const base = await replay(seeded, success.metric);
  const isFixed = isFixedBy(success);
  const result: Result = {
    case: name,
    seed,
    score: base.score,
    fails: !isFixed(base),
    error: base.error?.message ?? null,
    diagnosis: base.diagnosis,
    rounds: [],
    pieces: [],
    remedies: [],
    seconds: 0,
  };
  if (result.fails) {
    let before: Pick<Replay, 'spec' | 'diagnosis'> | null = base;
    while (before !== null && result.rounds.length < rounds) {
      const advice = firstAdvice(before.diagnosis);
      if (advice === null) break;
      const { trial, run } = await tryPatch(before.spec, advice, success);
      result.rounds.push(trial);
      before = trial.isFixed ? null : run;
    }
    for (const advice of base.diagnosis.advice) {
      if (pieces === 'none' || (pieces === 'untilFixed' && hasFixed(result))) break;
      if (isEmpty(advice)) continue;
      const first = advice === firstAdvice(base.diagnosis) ? result.rounds[0] : undefined;
      result.pieces.push(first ?? (await tryPatch(base.spec, advice, success)).trial);
    }
  }
  if (remedies)
    for (const [code, patch] of Object.entries(truth.remedyPatches))
      result.remedies.push((await tryPatch(seeded, { code, patch }, success)).trial);
  result.seconds = (performance.now() - startedAt) / 1000;
  return result;
}

async function tryPatch(
  spec: unknown,
  { code, patch }: { code: string; patch: unknown },
  success: Success,
): Promise<{ trial: Trial; run: Replay | null }> {
  try {
    const run = await replay(mergePatch(spec, patch), success.metric);
    const { score, error, diagnosis } = run;
    return {
      run,
      trial: { code, patch, score, isFixed: isFixedBy(success)(run), error: error?.message ?? null, diagnosis },
    };
  } catch (error) {
    if (!(error instanceof InvalidJob)) throw error;
    return { run: null, trial: { code, patch, score: null, isFixed: false, error: error.message, diagnosis: null } };
  }
}

const hasFixed = ({ rounds, pieces }: Result): boolean =>
  rounds[0]?.isFixed === true || pieces.some(({ isFixed }) => isFixed);

const isFixedBy =
  ({ atLeast }: Success) =>
  ({ score }: Pick<Replay, 'score'>): boolean =>
    score !== null && score >= atLeast;

/** The one to take: the first that changes anything. */
export const firstAdvice = ({ advice }: Diagnosis): Advice | null => advice.find((piece) => !isEmpty(piece)) ?? null;
const isEmpty = ({ patch }: Advice): boolean => Object.keys(patch).length === 0;
