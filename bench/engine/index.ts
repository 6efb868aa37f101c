/**
 * Measures the speed of a training step with all neuron counters on, compared with PyTorch, JAX and TensorFlow.js on
 * this machine. Each has one thread, and they alternate round by round, so that other load on the machine affects all
 * of them equally.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { NETWORKS, SAMPLES, type BenchNetwork } from './networks.ts';
import { KINDS, Participant, type KindName } from './participant.ts';
import { tableOf, type Result, type Times } from './table.ts';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '9' },
    only: { type: 'string' },
    clock: { type: 'string', default: 'wall' },
    engine: { type: 'string', default: 'auto' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`npm run bench:engine -- [options]
  --python PATH   a Python with PyTorch, TensorBoard and JAX (python3)
  --rounds N      rounds of each contestant (9)
  --only TEXT     networks whose name has this text
  --engine NAME   our engine (auto)
  --clock wall|cpu  wall time, or CPU time, which is steadier on a busy machine (wall)`);
  process.exit();
}
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds must be a whole number above 0, not ${options.rounds}`);
const clock = options.clock === 'cpu' ? 'cpu' : 'wall';

const missing = new Map<string, string>();
const results: Result[] = [];
for (const network of NETWORKS.filter(({ name }) => name.includes(options.only ?? ''))) {
  console.error(`${network.name} ...`);
  results.push({ network, ...(await compete(network)) });
}
console.log(
  `Milliseconds of ${clock} time per step: medians of ${rounds} alternating rounds, one thread each, Adam, Node.js ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}\n`,
);
console.log(tableOf(results));
for (const [name, reason] of missing) console.log(`\nMissing: ${name}: ${reason}`);

async function compete(network: BenchNetwork): Promise<Omit<Result, 'network'>> {
  const participants: Participant[] = [];
  for (const kind of Object.keys(KINDS) as KindName[]) {
    if (network.limits.aged === null && (kind === 'young' || kind === 'aged')) continue;
    const participant = await Participant.start(kind, options, network, SAMPLES);
    if (typeof participant === 'string') missing.set(`${KINDS[kind].name}, ${network.name}`, participant);
    else participants.push(participant);
  }
  const times: Times = {};
  for (let round = 0; round < rounds; round++) {
    for (const participant of participants) (times[participant.kind] ??= []).push(await participant.round(clock));
  }
  for (const participant of participants) await participant.close();
  return { times, engine: participants.find(({ kind }) => kind === 'counters')?.engine ?? null };
}
