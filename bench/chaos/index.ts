/**
 * Breaks the service on purpose, in its own processes: requests of any kind, kills, databases that go away, full disks,
 * slow and silent clients, clocks that jump, frozen workers. It prints what was tried and what did not hold, and exits
 * with 1 if something did not. docs/reliability.md says what is promised.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { chaos, TROUBLES } from './chaos.ts';
import { tableOf } from './harness/tally.ts';

const { values: options } = parseArgs({
  options: {
    database: { type: 'string', default: 'embedded' },
    only: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: '20261128' },
    count: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`npm run bench:chaos -- [options]
  --database D  embedded, server or both (embedded)
  --only NAME   ${Object.keys(TROUBLES).join(', ')}; several with commas
  --minutes N   about how long each kind of trouble takes (1)
  --count N     instead: how many requests, kills, outages, full disks ...
  --long        the counts of docs/reliability.md: hours
  --seed N      of everything that is drawn (20261128)`);
  process.exit();
}
const number = (name: 'minutes' | 'seed' | 'count', text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(`--${name} must be a number above 0, not ${text}`);
  return value;
};
const databases = (['embedded', 'server'] as const).filter(
  (kind) => options.database === 'both' || options.database === kind,
);
if (databases.length === 0) throw new RangeError('--database must be embedded, server or both');
const only = options.only?.split(',') ?? Object.keys(TROUBLES);
for (const name of only)
  if (!(name in TROUBLES)) throw new RangeError(`--only must be of ${Object.keys(TROUBLES).join(', ')}, not ${name}`);

const seed = number('seed', options.seed);
console.error(`seed ${seed}`);
const tallies = await chaos({
  databases,
  only,
  seed,
  minutes: number('minutes', options.minutes),
  isLong: options.long,
  ...(options.count !== undefined && { count: number('count', options.count) }),
  onProgress: (text) => console.error(text),
});
console.log(
  `\n${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown processor'}, load ${loadavg()[0]?.toFixed(1)}, Node.js ${process.version}, seed ${seed}\n`,
);
console.log(tableOf(tallies));
for (const { trouble, database, problems, hasFailed } of tallies) {
  if (problems.length > 0) console.log(`\n${trouble}, ${database}:\n${problems.map((text) => `  ${text}`).join('\n')}`);
  if (hasFailed)
    console.log(
      `  again: npm run bench:chaos -- --only ${trouble} --database ${database} --seed ${seed}${options.count === undefined ? '' : ` --count ${options.count}`}`,
    );
}
process.exit(tallies.some(({ hasFailed }) => hasFailed) ? 1 : 0);
