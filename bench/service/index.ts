/**
 * Measures how fast the service starts, how much memory it uses, its overhead over the engine alone, and the latency of
 * the stream. Linux only, because memory is read from /proc.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAccess } from './access.ts';
import { measureEndToEnd } from './end-to-end.ts';
import { measureFashionMnist } from './fashion-mnist.ts';
import { measureHistory } from './history.ts';
import { measureLatency } from './latency.ts';
import { measureLists } from './lists.ts';
import { measureLostWorker } from './lost-worker.ts';
import { measureBurstOfSockets, measureSockets, type SocketOptions } from './sockets.ts';
import { measureStartAndMemory } from './start-and-memory.ts';
import { tableOf } from './table.ts';
import { measureTelemetry } from './telemetry-cost.ts';
import { measureTinyJobs } from './tiny-jobs.ts';
import { measureUpload } from './upload.ts';

const { values: options } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '10000' },
    requests: { type: 'string', default: '3000' },
    sockets: { type: 'string', default: '5000' },
    messages: { type: 'string', default: '50000' },
    jobs: { type: 'string', default: '500' },
    database: { type: 'string' },
    only: { type: 'string' },
    fashion: { type: 'string', default: '/usr/share/datasets/fashion-mnist' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`npm run bench:service -- [options]
  --starts N   starts of each kind (5)
  --rounds N   rounds of served and alone, in turns (5)
  --epochs N   epochs of the MNIST job (5)
  --fashion FOLDER  the four files of Fashion-MNIST (/usr/share/datasets/fashion-mnist)
  --megabytes N  size of the uploaded file (1000)
  --runs N     runs in the history (10000)
  --database U upload, history, lists, tiny jobs and lost workers on a Postgres server: the URL of an empty database
  --requests N  requests with a key and without, in turns (3000)
  --sockets N  readers of one run (5000)
  --messages N  in the log of the run that they all open at once (50000)
  --jobs N     tiny jobs (500)
  --only PART  start, endToEnd, telemetry, latency, fashion, upload, history, lists, access, sockets, burst, tiny or lost`);
  process.exit();
}
const count = (
  name: 'starts' | 'rounds' | 'epochs' | 'megabytes' | 'runs' | 'requests' | 'sockets' | 'messages' | 'jobs',
): number => {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`--${name} must be a whole number above 0, not ${options[name]}`);
  return value;
};

const socketOptions = (): SocketOptions => ({
  sockets: count('sockets'),
  messages: count('messages'),
  databaseUrl: options.database,
});

const PARTS = {
  start: () => measureStartAndMemory(count('starts')),
  endToEnd: () => measureEndToEnd(count('rounds'), count('epochs')),
  telemetry: () => measureTelemetry(count('rounds')),
  latency: () => measureLatency(count('epochs')),
  fashion: () => measureFashionMnist(Math.min(count('rounds'), 3), options.fashion),
  upload: () => measureUpload(count('megabytes'), options.database),
  history: () => measureHistory(count('runs'), options.database),
  lists: () => measureLists(count('runs'), options.database),
  access: () => measureAccess(count('requests')),
  sockets: () => measureSockets(socketOptions()),
  burst: () => measureBurstOfSockets(socketOptions()),
  tiny: () => measureTinyJobs(count('jobs'), [1, 2], options.database),
  lost: () => measureLostWorker(count('rounds'), options.database),
};
if (options.only !== undefined && !(options.only in PARTS))
  throw new RangeError(`--only must be one of ${Object.keys(PARTS).join(', ')}, not ${options.only}`);

const rows = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (options.only !== undefined && options.only !== name) continue;
  console.error(`${name} ...`);
  rows.push(...(await measure()));
}
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown processor'}, Node.js ${process.version}, embedded database, one training thread\n`,
);
console.log(tableOf(rows));
