/**
 * Replays jobs with a known trouble, follows the service's first advice, and says whether it fixed them:
 *
 *     npx tsc && node dist/bench/remedies/index.js [options]
 *       --cases DIR     folder of cases, or of plain jobs (test/cases, and the cases that are made here)
 *       --only A,B      only cases whose name contains one of these
 *       --seeds N       the first N seeds of each case (all of them)
 *       --rounds N      how often the first advice is followed (3)
 *       --all           also try every piece of the first advice alone
 *       --remedies      also try the patches of which the case says that they work
 *       --json FILE     write everything that was found
 *
 * A line says: case and seed, first finding and its cause, every piece of advice in order, what the first one changes,
 * and the score of the untouched job and after each round.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allCases } from './all-cases.ts';
import { readCases } from './case.ts';
import { followAdvice, type Result } from './follow-advice.ts';
import { lineOf } from './line.ts';
import { InvalidJob } from './replay.ts';

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string' },
    only: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    all: { type: 'boolean', default: false },
    remedies: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const wanted = options.only?.split(',') ?? [''];
const results: Result[] = [];
for (const trouble of options.cases === undefined ? allCases() : readCases(options.cases)) {
  if (!wanted.some((part) => trouble.name.includes(part))) continue;
  for (const seed of trouble.seeds.slice(0, Number(options.seeds))) {
    try {
      const result = await followAdvice(trouble, seed, {
        rounds: Number(options.rounds),
        all: options.all,
        remedies: options.remedies,
      });
      results.push(result);
      console.log(lineOf(result));
    } catch (error) {
      if (!(error instanceof InvalidJob)) throw error;
      console.log(`${trouble.name} s${seed} | invalid job: ${error.message}`);
    }
  }
}
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results));

const failing = results.filter(({ fails }) => fails);
const count = (isCounted: (result: Result) => boolean): string =>
  `${failing.filter(isCounted).length} of ${failing.length}`;
console.log(`
${failing.length} of ${results.length} runs fail.
fixed by the first advice:  ${count(({ rounds }) => rounds[0]?.isFixed ?? false)}
after two rounds:           ${count(({ rounds }) => rounds.slice(0, 2).some(({ isFixed }) => isFixed))}
after ${options.rounds} rounds:             ${count(({ rounds }) => rounds.some(({ isFixed }) => isFixed))}${
  options.all ? `\nby some single piece:       ${count(({ pieces }) => pieces.some(({ isFixed }) => isFixed))}` : ''
}
${results.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1)} s`);
