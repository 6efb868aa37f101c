/**
 * The disk of the database is filled while runs train, and freed. Where this process is root the disk is a small one in
 * memory (tmpfs); elsewhere the service's own writes fail as they do on a full disk.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer, type TestServer } from '../../../test/support/postgres-server.ts';
import { Client } from '../harness/client.ts';
import { job } from '../harness/result.ts';
import { Runs } from '../harness/runs.ts';
import type { ServiceProcess } from '../harness/service-process.ts';
import { Traffic } from '../harness/traffic.ts';
import { World } from '../harness/world.ts';
import { rounds, type TroubleOptions } from './trouble.ts';

const LONG_FILLS = 20;
const DISK_MB = 512;
const FULL_MS = 5000;
const SECONDS = 5;
const DATABASE_END_MS = 2000;
const LONGEST_RECOVERY_MS = 60_000;
const LONGEST_END_MS = 180_000;

/** Metrics at every step fill a disk soonest. */
const greedy = job('', SECONDS, {
  telemetry: { metricsEverySteps: 1, snapshotsPerSecond: 10, checkpointEverySeconds: 0.1 },
});

interface Disk {
  folder: string;
  fill(service: ServiceProcess): void;
  free(service: ServiceProcess): void;
  remove(): void;
}

export async function disk(options: TroubleOptions): Promise<void> {
  const { database, tally } = options;
  const isRoot = process.getuid?.() === 0;
  if (database === 'server' && !isRoot) {
    tally.skipped = 'a full disk of a Postgres server needs root, to mount one in memory';
    return;
  }
  const small = isRoot ? mountedDisk() : pretendedDisk();
  const server = database === 'server' ? await startServer(small.folder) : null;
  const databaseUrl = (await server?.createDatabase()) ?? null;
  const dataDir = server ? undefined : join(small.folder, 'data');
  const world = await World.open({ database, databaseUrl, tally, ...(dataDir === undefined ? {} : { dataDir }) });
  try {
    const client = new Client(world);
    const runs = new Runs(client, world);
    let service = await world.serve();
    const expected = await runs.reference(greedy);
    let done = 0;
    let ends = 0;
    let databaseEnds = 0;
    const traffic = new Traffic(runs, client, greedy);
    for (const round of rounds(options, LONG_FILLS)) {
      done = round + 1;
      await Promise.race([...runs.witnesses.map((one) => one.next()), delay(FULL_MS)]);
      small.fill(service);
      await delay(FULL_MS);
      small.free(service);
      if (server && (await hasEnded(server))) {
        // Without room for its log it ends, and whoever supervises it starts it again.
        databaseEnds++;
        await server.start();
      }
      if (service.hasExited) {
        // It may end, if it says why; whoever supervises it starts it again.
        ends++;
        const reason = service.lastLines(20);
        if (!/space|disk|ENOSPC/i.test(reason)) tally.add('errors', `it ended without a reason: ${service.ending}`);
        service = await world.serve();
      }
      const isReady = await world.ready(service, LONGEST_RECOVERY_MS);
      tally.recovered(isReady, `from a full disk: ${isReady ? '' : service.lastLines()}`);
      if (!isReady) {
        await service.end('SIGKILL');
        service = await world.serve();
      }
    }
    await traffic.end();
    await runs.end(LONGEST_END_MS);
    await runs.check(expected);
    tally.noteLoop(await service.loopDelay());
    tally.tried = `${done} full disks, ${server ? `${databaseEnds} ends of the database` : `${ends} ends of the process`}`;
  } finally {
    await world.close();
    await server?.stop();
    small.remove();
  }
}

/** Soon after it failed to write. */
async function hasEnded(server: TestServer): Promise<boolean> {
  await delay(DATABASE_END_MS);
  return server.pid === null;
}

function mountedDisk(): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'relumine-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=0755`, 'tmpfs', folder]);
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a');
      // The service writes at the same time, so what is free is not known before.
      for (const bytes of [1 << 20, 4096]) while (hasWritten(file, bytes));
      closeSync(file);
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** False on a full disk. */
function hasWritten(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes)) === bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

function pretendedDisk(): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'relumine-disk-'));
  return {
    folder,
    fill: (service) => service.setConditions({ clockShiftMs: 0, isDiskFull: true }),
    free: (service) => service.setConditions({ clockShiftMs: 0, isDiskFull: false }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
