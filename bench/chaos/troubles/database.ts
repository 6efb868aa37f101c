/** The database server stops, starts again, is frozen, gets slow or silent, and its connections are cut. */
import { setTimeout as delay } from 'node:timers/promises';
import { startServer, type TestServer } from '../../../test/support/postgres-server.ts';
import { Client } from '../harness/client.ts';
import { signalTree } from '../harness/process-tree.ts';
import { job } from '../harness/result.ts';
import { Runs } from '../harness/runs.ts';
import { Traffic } from '../harness/traffic.ts';
import { WeakLink } from '../harness/weak-link.ts';
import { World } from '../harness/world.ts';
import { rounds, type TroubleOptions } from './trouble.ts';

/** In the long mode: so many, of so many seconds. */
const LONG = { outages: 20, seconds: 60 };
const SHORT_SECONDS = 5;
const SECONDS = 5;
const LONGEST_RECOVERY_MS = 60_000;
const LONGEST_END_MS = 180_000;

type Outage = (server: TestServer, link: WeakLink, ms: number) => Promise<void>;

const OUTAGES: Readonly<Record<string, Outage>> = {
  async stopped(server, _link, ms) {
    await server.kill();
    await delay(ms);
    await server.start();
  },
  async frozen(server, _link, ms) {
    if (server.pid === null) return;
    signalTree(server.pid, 'SIGSTOP');
    await delay(ms);
    signalTree(server.pid, 'SIGCONT');
  },
  async restarted(server) {
    await server.kill();
    await server.start();
  },
  async cut(_server, link, ms) {
    for (let left = ms; left > 0; left -= 500) {
      link.cut();
      await delay(500);
    }
  },
  async slow(_server, link, ms) {
    link.state = 'slow';
    await delay(ms);
    link.state = 'open';
    // What was late may have been overtaken.
    link.cut();
  },
  async silent(_server, link, ms) {
    link.state = 'silent';
    await delay(ms);
    link.state = 'open';
    link.cut();
  },
  async refused(_server, link, ms) {
    link.state = 'refused';
    link.cut();
    await delay(ms);
    link.state = 'open';
  },
};

export async function database(options: TroubleOptions): Promise<void> {
  const { database: kind, tally, isLong } = options;
  if (kind === 'embedded') {
    tally.skipped = 'the embedded database goes away with the service: see kills';
    return;
  }
  // One of its own, because it is stopped.
  const server = await startServer();
  const { link, url } = await WeakLink.to(await server.createDatabase());
  const world = await World.open({ database: kind, databaseUrl: url, tally });
  try {
    const client = new Client(world);
    const runs = new Runs(client, world);
    const service = await world.serve();
    world.spawn('worker');
    const expected = await runs.reference(job('', SECONDS));
    const traffic = new Traffic(runs, client, job('', SECONDS));
    const outageMs = 1000 * (isLong ? LONG.seconds : SHORT_SECONDS);
    const names = Object.keys(OUTAGES);
    let done = 0;
    for (const round of rounds(options, LONG.outages)) {
      done = round + 1;
      const name = names[round % names.length]!;
      // Long enough for a client to get its turn, however often it was refused.
      await delay(Math.max(1000 * SHORT_SECONDS, outageMs / 3));
      await OUTAGES[name]!(server, link, outageMs);
      const isReady = await world.ready(service, LONGEST_RECOVERY_MS);
      tally.recovered(
        isReady,
        `from a database that was ${name} for ${outageMs / 1000} s. ${isReady ? '' : service.lastLines()}`,
      );
      if (service.hasExited) throw new Error(service.ending);
    }
    await traffic.end();
    await runs.end(LONGEST_END_MS);
    await runs.check(expected);
    tally.noteLoop(await service.loopDelay());
    tally.tried = `${done} outages of ${outageMs / 1000} s`;
  } finally {
    await world.close();
    await link.close();
    await server.stop();
  }
}
