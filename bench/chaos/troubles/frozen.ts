/** Processes that train are stopped (SIGSTOP) for longer than a lease lasts, and go on (SIGCONT) when it is too late. */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../../src/random.ts';
import { Client } from '../harness/client.ts';
import { job } from '../harness/result.ts';
import { Runs } from '../harness/runs.ts';
import { Traffic } from '../harness/traffic.ts';
import { World } from '../harness/world.ts';
import { rounds, type TroubleOptions } from './trouble.ts';

const LONG_FREEZES = 20;
/** A lease lasts 10 s at most. */
const FROZEN_MS = 15_000;
const SECONDS = 5;
const LONGEST_RECOVERY_MS = 30_000;
const LONGEST_END_MS = 180_000;

export async function frozen(options: TroubleOptions): Promise<void> {
  const { database, createDatabase, tally, seed } = options;
  const world = await World.open({ database, databaseUrl: await createDatabase(), tally });
  try {
    const random = new Random(seed, 'drawing', 3);
    const client = new Client(world);
    const runs = new Runs(client, world);
    const service = await world.serve();
    const expected = await runs.reference(job('', SECONDS));
    const processes = [service, ...(database === 'server' ? [world.spawn('worker'), world.spawn('worker')] : [])];
    const traffic = new Traffic(runs, client, job('', SECONDS));
    let done = 0;
    for (const round of rounds(options, LONG_FREEZES)) {
      done = round + 1;
      await Promise.race([...runs.witnesses.map((one) => one.next()), delay(FROZEN_MS)]);
      const victim = processes[random.below(processes.length)]!;
      victim.freeze();
      await delay(FROZEN_MS);
      victim.thaw();
      const isReady = (await world.ready(service, LONGEST_RECOVERY_MS)) && !victim.hasExited;
      tally.recovered(isReady, `from ${FROZEN_MS / 1000} s in which ${victim.role} was stopped: ${victim.lastLines()}`);
    }
    await traffic.end();
    await runs.end(LONGEST_END_MS);
    await runs.check(expected);
    tally.tried = `${done} stops of ${FROZEN_MS / 1000} s`;
  } finally {
    await world.close();
  }
}
