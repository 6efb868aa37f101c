/** Replays cases one after another, and says what came of each. */
import type { Case } from './case.ts';
import { followAdvice, type FollowOptions } from './follow-advice.ts';
import { lineOf } from './line.ts';
import type { Replayed } from './rates.ts';
import { InvalidJob } from './replay.ts';

/** A job that is not valid is named and left out. */
export async function replayAll(cases: readonly Case[], options: FollowOptions): Promise<Replayed[]> {
  const replayed: Replayed[] = [];
  for (const trouble of cases) {
    const each: Replayed = { trouble, results: [] };
    for (const seed of trouble.seeds) {
      try {
        const result = await followAdvice(trouble, seed, options);
        each.results.push(result);
        console.log(lineOf(result));
      } catch (error) {
        if (!(error instanceof InvalidJob)) throw error;
        console.log(`${trouble.name} s${seed} | invalid job: ${error.message}`);
      }
    }
    if (each.results.length > 0) replayed.push(each);
  }
  return replayed;
}
