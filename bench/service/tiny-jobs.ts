/**
 * Measures what a job costs beside its training, and how long a submit takes while many clients submit. The jobs are so
 * small that everything else is most of their time.
 */
import { Agent, request } from 'node:http';
import type { Job, Run } from '../../src/vocabulary/index.ts';
import { ServiceProcess } from './service-process.ts';
import { median, quantile } from './statistics.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

const CLIENTS = 50;
/** Not counted: libraries are loaded, programs compiled, statements planned. */
const WARM_UP = 50;

const tinyJob: Job = {
  name: 'benchmark: tiny',
  dataset: { name: 'xor', samples: 64 },
  model: { layers: [{ type: 'dense', units: 4, activation: 'relu' }] },
  training: { epochs: 1, batchSize: 32, seed: 1 },
};

export async function measureTinyJobs(jobs: number, workers: readonly number[], database?: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of workers) {
    rows.push(
      ...(await withFolder(async (dataDir) => {
        const env = { WORKERS: String(count), ...(database === undefined ? {} : { DATABASE_URL: database }) };
        const service = await ServiceProcess.start({ dataDir, env });
        try {
          const where = database === undefined ? 'embedded' : 'Postgres';
          const threads = `${where}, ${count} thread${count === 1 ? '' : 's'}`;
          await submitMany(service, WARM_UP);
          await allEnded(service);
          return [
            ...(await measureThroughput(service, jobs, threads)),
            ...(count === workers[0] ? await measureSubmits(service, jobs, threads) : []),
          ];
        } finally {
          await service.stop();
        }
      })),
    );
  }
  return rows;
}

/** With runs waiting all the time, so that no thread is idle for want of one. */
async function measureThroughput(service: ServiceProcess, jobs: number, threads: string): Promise<Row[]> {
  const before = service.threadCpuMs();
  const { ids } = await submitMany(service, jobs);
  await allEnded(service);
  const cpuMs = [...service.threadCpuMs()].reduce((sum, [thread, ms]) => sum + ms - (before.get(thread) ?? 0), 0);
  const runs: Run[] = [];
  for (const id of ids) runs.push(await service.client.get(id));
  const failed = runs.find(({ status }) => status !== 'succeeded');
  if (failed) throw new Error(`${failed.id} is ${failed.status}: ${failed.error?.message}`);
  const ends = runs.map(({ finishedAt }) => Date.parse(finishedAt ?? '')).toSorted((a, b) => a - b);
  // Those that ran while others were still being submitted are left out.
  const later = ends.slice(ends.length >> 1);
  const perJobMs = (later.at(-1)! - later[0]!) / (later.length - 1);
  const trainingMs = median(runs.map(({ summary }) => 1000 * (summary.trainingSeconds ?? NaN)));
  const row = (what: string, unit: Row['unit'], value: number, limit?: number): Row => ({
    what: `tiny jobs, ${threads}: ${what}`,
    values: [value],
    unit,
    limit,
  });
  return [
    row('per second', '/s', 1000 / perJobMs),
    row('time per job without its training', 'ms', perJobMs - trainingMs, 5),
    row('training of one', 'ms', trainingMs),
    row('CPU time of all threads per job, submit included', 'ms', cpuMs / jobs),
  ];
}

async function measureSubmits(service: ServiceProcess, jobs: number, threads: string): Promise<Row[]> {
  const rows = (what: string, tookMs: readonly number[], seconds: number, limit?: number): Row[] => [
    { what: `submit, ${threads}, ${what}: p50 of ${tookMs.length}`, values: [quantile(tookMs, 0.5)], unit: 'ms' },
    { what: `submit, ${threads}, ${what}: p99`, values: [quantile(tookMs, 0.99)], unit: 'ms', limit },
    { what: `submit, ${threads}, ${what}: per second`, values: [tookMs.length / seconds], unit: '/s' },
  ];
  const paced = await submitMany(service, jobs, { everyMs: 500 });
  await allEnded(service);
  const eager = await submitMany(service, 2 * jobs);
  await allEnded(service);
  return [
    ...rows(`${CLIENTS} clients, each one job per 0.5 s`, paced.tookMs, paced.seconds, 20),
    ...rows(`${CLIENTS} clients without a pause`, eager.tookMs, eager.seconds, 20),
  ];
}

interface Submitted {
  ids: string[];
  tookMs: number[];
  seconds: number;
}

/** `everyMs`: how often each of the clients submits; as often as it can if absent. */
async function submitMany(service: ServiceProcess, jobs: number, { everyMs = 0 } = {}): Promise<Submitted> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const body = Buffer.from(JSON.stringify(tinyJob));
  const ids: string[] = [];
  const tookMs: number[] = [];
  let left = jobs;
  const startedAt = performance.now();
  const client = async (index: number): Promise<void> => {
    for (let turn = 0; left > 0; turn++) {
      left--;
      const dueAt = startedAt + everyMs * (turn + index / CLIENTS);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
      const sentAt = performance.now();
      ids.push(await post(`${service.url}/v1/runs`, agent, body));
      tookMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  agent.destroy();
  return { ids, tookMs, seconds: (performance.now() - startedAt) / 1000 };
}

/** Without the client library, whose `fetch` takes more processor time than is measured here. */
function post(url: string, agent: Agent, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': body.length } },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if (response.statusCode === 201) resolve((JSON.parse(text) as Run).id);
          else reject(new Error(`${response.statusCode}: ${text}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function allEnded({ client }: ServiceProcess): Promise<void> {
  const isLeft = async (): Promise<boolean> => {
    for await (const _ of client.list({ status: ['queued', 'running'], limit: 1 })) return true;
    return false;
  };
  while (await isLeft()) await new Promise((resolve) => setTimeout(resolve, 100));
}
