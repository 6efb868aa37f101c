/** The time of day jumps, in the service's process and all its threads, while runs train. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Run } from '../../../src/vocabulary/index.ts';
import { Client } from '../harness/client.ts';
import { job } from '../harness/result.ts';
import { Runs } from '../harness/runs.ts';
import { Traffic } from '../harness/traffic.ts';
import { World } from '../harness/world.ts';
import { rounds, type TroubleOptions } from './trouble.ts';

const HOUR_MS = 3_600_000;
const SHIFTS_MS = [-HOUR_MS, HOUR_MS, -24 * HOUR_MS, 0, 24 * HOUR_MS, -60_000, 400 * 24 * HOUR_MS, 0];
const LONG_JUMPS = 20;
const BETWEEN_MS = 4000;
const SECONDS = 3;
const LONGEST_RECOVERY_MS = 30_000;
const LONGEST_END_MS = 120_000;

export async function clock(options: TroubleOptions): Promise<void> {
  const { database, createDatabase, tally } = options;
  const world = await World.open({ database, databaseUrl: await createDatabase(), tally });
  try {
    const client = new Client(world);
    const runs = new Runs(client, world);
    const service = await world.serve();
    const expected = await runs.reference(job('', SECONDS));
    const traffic = new Traffic(runs, client, job('', SECONDS));
    let done = 0;
    for (const round of rounds(options, LONG_JUMPS)) {
      done = round + 1;
      await Promise.race([...runs.witnesses.map((one) => one.next()), delay(BETWEEN_MS)]);
      service.setConditions({ clockShiftMs: SHIFTS_MS[round % SHIFTS_MS.length]!, isDiskFull: false });
      await delay(BETWEEN_MS);
      const isReady = await world.ready(service, LONGEST_RECOVERY_MS);
      tally.recovered(isReady, `from a jump of the clock: ${isReady ? '' : service.lastLines()}`);
    }
    await traffic.end();
    await runs.end(LONGEST_END_MS);
    await runs.check(expected);
    for (const { id, createdAt, startedAt, finishedAt } of await client.list<Run>('/v1/runs')) {
      const times = [createdAt, startedAt, finishedAt].filter((time) => time !== null);
      if (times.some((time, i) => i > 0 && time < times[i - 1]!))
        tally.add('changed', `times of ${id} go backwards: ${times.join(', ')}`);
    }
    tally.noteLoop(await service.loopDelay());
    tally.tried = `${done} jumps of up to 400 days`;
  } finally {
    await world.close();
  }
}
