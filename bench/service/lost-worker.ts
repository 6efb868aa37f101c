/**
 * Measures how soon a run trains again when the worker that trained it was killed, and whether a machine that has far too
 * much to do makes the service take a worker for dead that is not.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess } from '../../test/support/end-process.ts';
import { startServer } from '../../test/support/postgres-server.ts';
import type { RelumineClient } from '../../src/client/index.ts';
import type { Job, Run } from '../../src/vocabulary/index.ts';
import { ServiceProcess } from './service-process.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

const CLI = new URL('../../src/cli.js', import.meta.url).pathname;
/** Processes that only count, beside two workers, of which one trains. */
const LOAD = 15;
const BUSY_MS = 60_000;
const LOOK_EVERY_MS = 20;

const longJob: Job = {
  name: 'benchmark: lost worker',
  dataset: { name: 'moons', samples: 2000 },
  model: { layers: [{ type: 'dense', units: 64 }] },
  training: { epochs: 1_000_000, batchSize: 32, seed: 1 },
  telemetry: { checkpointEverySeconds: 1 },
};

/** `database`: the URL of an empty database on a Postgres server; by default on one that is started for this. */
export async function measureLostWorker(rounds: number, database?: string): Promise<Row[]> {
  const server = database === undefined ? await startServer() : null;
  try {
    const url = database ?? (await server!.createDatabase());
    return await withFolder(async (dataDir) => {
      const env = { DATABASE_URL: url, DATA_DIR: dataDir };
      const service = await ServiceProcess.start({ dataDir, env: { ...env, WORKERS: '0' } });
      const workers: ChildProcess[] = [];
      const hire = async () => workers.push(await startWorker({ ...env, WORKERS: '1' }));
      try {
        return await measure(service.client, { workers, hire }, rounds);
      } finally {
        await Promise.all(workers.map(kill));
        await service.stop();
      }
    });
  } finally {
    await server?.stop();
  }
}

const kill = (child: ChildProcess): Promise<void> => endProcess(child, 'SIGKILL');

interface Staff {
  /** The first one trains, the other waits. */
  workers: ChildProcess[];
  hire: () => Promise<unknown>;
}

async function measure(client: RelumineClient, { workers, hire }: Staff, rounds: number): Promise<Row[]> {
  await hire();
  const { id } = await client.submit(longJob);
  const when = async (isSo: (run: Run) => boolean): Promise<Run> => {
    for (;;) {
      const run = await client.get(id);
      if (isSo(run)) return run;
      await delay(LOOK_EVERY_MS);
    }
  };
  const advances = async () => {
    const { progress } = await client.get(id);
    return when((run) => run.progress.step > progress.step);
  };
  const claimedMs: number[] = [];
  const trainingMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await advances();
    await hire();
    const { attempt } = await advances();
    const killedAt = performance.now();
    await kill(workers.shift()!);
    const { progress } = await client.get(id);
    await when((run) => run.attempt > attempt);
    claimedMs.push(performance.now() - killedAt);
    await when((run) => run.progress.step > progress.step);
    trainingMs.push(performance.now() - killedAt);
  }
  await hire();
  const before = (await client.get(id)).attempt;
  const load = Array.from({ length: LOAD }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  await delay(BUSY_MS);
  const { attempt } = await client.get(id);
  await Promise.all(load.map(kill));
  await advances();
  await client.cancel(id);
  const beside = `${LOAD} busy processes on ${availableParallelism()} processors for ${BUSY_MS / 1000} s`;
  return [
    { what: 'a worker is killed, Postgres: until another has its run', values: claimedMs, unit: 'ms' },
    { what: 'the same: until the run is further than before', values: trainingMs, unit: 'ms', limit: 5000 },
    { what: `${beside}: workers taken for dead`, values: [attempt - before], unit: '', limit: 0 },
  ];
}

/** Resolves once it waits for runs. */
async function startWorker(env: Record<string, string>): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [CLI, 'worker'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(worker.stdout)) {
    if (!line.includes('worker ready')) continue;
    worker.stdout.resume();
    return worker;
  }
  throw new Error('The worker ended before it was ready.');
}
