/**
 * Searches the schedules of queue, leases, log, recorder and sockets for one that breaks a promise, for longer than the tests
 * do. Exits with 1 if there is one, and prints how to repeat it. See docs/reliability.md.
 *
 *   npm run bench:search -- --minutes 10
 *   npm run bench:search -- --minutes 10 --only "two workers" --seed 1000
 */
import { Command } from 'commander';
import { SCENARIOS } from '../../test/support/simulation/scenarios.ts';
import { describeFailure, explore, wander, type Bounds, type Searched } from '../../test/support/simulation/search.ts';

const DEEPER: readonly Bounds[] = [
  { delays: 1, faults: 1, placed: 1, all: 1 },
  { delays: 1, faults: 1, placed: 1, all: 2 },
  { delays: 2, faults: 2, placed: 2, all: 2 },
  { delays: 3, faults: 3, placed: 3, all: 3 },
];
/** Of the time of a scenario: for schedules within bounds. The rest is for random ones. */
const EXPLORED = 0.6;

const options = new Command()
  .name('bench:search')
  .option('--minutes <number>', 'how long, in all', Number, 5)
  .option('--only <text>', 'scenarios whose name contains this')
  .option('--seed <number>', 'of the first random schedule', Number, 1)
  .parse()
  .opts<{ minutes: number; only?: string; seed: number }>();

const scenarios = Object.values(SCENARIOS).filter(({ name }) => name.includes(options.only ?? ''));
const shareMs = (options.minutes * 60_000) / scenarios.length;

function* seedsFrom(first: number): Generator<number> {
  for (let seed = first; ; seed++) yield seed;
}

function report(what: string, { schedules, decisions, joined, isWhole, failure }: Searched): void {
  const end = failure ? 'BROKEN' : isWhole ? 'all of them' : 'as far as the time went';
  console.log(`  ${what}: ${schedules} schedules, ${decisions} decisions, ${joined} joined another one; ${end}`);
  if (!failure) return;
  console.log(describeFailure(failure));
  process.exitCode = 1;
}

for (const scenario of scenarios) {
  console.log(scenario.name);
  const startedAt = performance.now();
  let failed = false;
  for (const bounds of DEEPER) {
    const searched = await explore(scenario, bounds, { until: startedAt + EXPLORED * shareMs });
    report(
      `${bounds.faults} faults, ${bounds.delays} delays, ${bounds.placed} placed, at most ${bounds.all} in all`,
      searched,
    );
    failed = searched.failure !== null;
    if (failed || !searched.isWhole) break;
  }
  if (failed) continue;
  const seeds = seedsFrom(options.seed);
  report('random, up to 4 faults', await wander(scenario, { seeds, mostFaults: 4, until: startedAt + shareMs }));
}
