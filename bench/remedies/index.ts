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
 *       --vary N        replay the variation of this number of each case instead
 *       --json FILE     write everything that was found
 *
 * A line says: case and seed, first finding and its cause, every piece of advice in order, what the first one changes,
 * and the score of the untouched job and after each round. `npm run verify` writes docs/remedies.md from the same replay.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allCases } from './all-cases.ts';
import { readCases } from './case.ts';
import { rateInWords, ratesOf } from './rates.ts';
import { replayAll } from './replay-all.ts';
import { vary } from './vary.ts';

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string' },
    only: { type: 'string', default: '' },
    seeds: { type: 'string', default: 'Infinity' },
    rounds: { type: 'string', default: '3' },
    all: { type: 'boolean', default: false },
    remedies: { type: 'boolean', default: false },
    vary: { type: 'string' },
    json: { type: 'string' },
  },
});
const wanted = options.only.split(',');
const cases = options.cases === undefined ? allCases() : readCases(options.cases);
const startedAt = performance.now();
const chosen = cases
  .filter(({ name }) => wanted.some((part) => name.includes(part)))
  .map((trouble) => (options.vary === undefined ? trouble : vary(trouble, Number(options.vary))))
  .map((trouble) => ({ ...trouble, seeds: trouble.seeds.slice(0, Number(options.seeds)) }));
const replayed = await replayAll(chosen, {
  rounds: Number(options.rounds),
  pieces: options.all ? 'all' : 'none',
  remedies: options.remedies,
});
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(replayed.flatMap(({ results }) => results)));
console.log();
for (const { what, rate } of ratesOf(replayed)) console.log(`${what}: ${rateInWords(rate)}`);
console.log(`${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
