/** Measures the time until the service responds, and its memory while idle. */
import { setTimeout as delay } from 'node:timers/promises';
import { smallJob } from './jobs.ts';
import { ServiceProcess } from './service-process.ts';
import type { Row } from './table.ts';
import { withFolder } from './temporary-folder.ts';

const IDLE_MS = 5_000;
const AFTER_RUN_MS = 10_000;

export async function measureStartAndMemory(starts: number): Promise<Row[]> {
  const coldMs: number[] = [],
    warmMs: number[] = [],
    idleMb: number[] = [],
    afterRunMb: number[] = [];
  for (let round = 0; round < starts; round++) {
    await withFolder(async (dataDir) => {
      const cold = await ServiceProcess.start({ dataDir });
      coldMs.push(cold.readyMs);
      await cold.stop();
      const warm = await ServiceProcess.start({ dataDir });
      warmMs.push(warm.readyMs);
      await delay(IDLE_MS);
      idleMb.push(warm.residentMb());
      if (round === 0) {
        const { id } = await warm.client.submit(smallJob);
        for await (const _ of warm.client.watch(id));
        await delay(AFTER_RUN_MS);
        afterRunMb.push(warm.residentMb());
      }
      await warm.stop();
    });
  }
  return [
    { what: 'start to ready, new data directory', values: coldMs.map((ms) => ms / 1000), unit: 's' },
    { what: 'start to ready, warm', values: warmMs.map((ms) => ms / 1000), unit: 's', limit: 5 },
    { what: 'resident memory, idle for 5 s after start', values: idleMb, unit: 'MB', limit: 350 },
    { what: 'resident memory, 10 s after a small run', values: afterRunMb, unit: 'MB', limit: 350 },
  ];
}
