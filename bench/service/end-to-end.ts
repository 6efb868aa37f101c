/**
 * Measures the MNIST job through HTTP, store and stream with a watching client, and the engine's loop alone, in
 * alternating rounds.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoopTimes } from './engine-loop.ts';
import { mnistJob } from './jobs.ts';
import { ServiceProcess } from './service-process.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

/** As seen by the watching client. */
interface ServedTimes {
  submittedToEndMs: number;
  runningMs: number;
  trainingMs: number;
  /** CPU time of the busiest thread, which is the training thread, and of all threads. */
  threadCpuMs: number;
  processCpuMs: number;
}
interface Round {
  served: ServedTimes;
  loop: LoopTimes;
}

export async function measureEndToEnd(rounds: number, epochs: number): Promise<Row[]> {
  return withFolder(async (dataDir) => {
    const service = await ServiceProcess.start({ dataDir });
    const loops = fork(new URL('engine-loop.js', import.meta.url));
    try {
      const { client } = service;
      const { spec } = await client.validate(mnistJob(epochs));
      const loop = async (): Promise<LoopTimes> => {
        loops.send(spec);
        const [times] = (await once(loops, 'message')) as [LoopTimes];
        return times;
      };
      const play = async (): Promise<Round> => ({ served: await serve(service, epochs), loop: await loop() });
      // In the first round both sides load their libraries and compile.
      await play();
      const played: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        played.push(await play());
        console.error(JSON.stringify(played.at(-1)));
      }
      return rowsOf(played, epochs);
    } finally {
      loops.disconnect();
      await service.stop();
    }
  });
}

async function serve(service: ServiceProcess, epochs: number): Promise<ServedTimes> {
  const { client } = service;
  const before = service.threadCpuMs();
  const submittedAt = performance.now();
  const { id } = await client.submit(mnistJob(epochs));
  let runningAt = NaN,
    trainingMs = NaN;
  for await (const message of client.watch(id)) {
    if (message.type !== 'status') continue;
    if (message.status === 'running') runningAt = performance.now();
    if (message.status === 'failed') throw new Error(message.error?.message);
    trainingMs = 1000 * (message.summary.trainingSeconds ?? NaN);
  }
  const endedAt = performance.now();
  const spentMs = [...service.threadCpuMs()].map(([thread, ms]) => ms - (before.get(thread) ?? 0));
  await client.delete(id);
  return {
    submittedToEndMs: endedAt - submittedAt,
    runningMs: endedAt - runningAt,
    trainingMs,
    threadCpuMs: Math.max(...spentMs),
    processCpuMs: spentMs.reduce((sum, ms) => sum + ms, 0),
  };
}

function rowsOf(rounds: readonly Round[], epochs: number): Row[] {
  const row = (what: string, unit: Row['unit'], value: (round: Round) => number, limit?: number): Row => ({
    what,
    unit,
    values: rounds.map(value),
    limit,
  });
  const job = `MNIST, ${epochs} epochs`;
  return [
    row(`${job}, served: running to succeeded`, 's', ({ served }) => served.runningMs / 1000),
    row(`${job}, engine's loop alone`, 's', ({ loop }) => loop.loopMs / 1000),
    row('served / alone: running to succeeded', 'x', ({ served, loop }) => served.runningMs / loop.loopMs, 1.03),
    row(
      'served / alone: submitted to succeeded, data and network opened in both',
      'x',
      ({ served, loop }) => served.submittedToEndMs / (loop.openMs + loop.loopMs),
      1.1,
    ),
    row(
      'served / alone: CPU time of the training thread',
      'x',
      ({ served, loop }) => served.threadCpuMs / loop.allCpuMs,
    ),
    row('served / alone: CPU time of all threads', 'x', ({ served, loop }) => served.processCpuMs / loop.allCpuMs),
    row('served / alone: training steps', 'x', ({ served, loop }) => served.trainingMs / loop.trainMs),
  ];
}
