/**
 * Only one process at a time may open a data directory. PGlite has no lock, and two processes would corrupt the data.
 *
 * Each process creates a claim: an empty file whose name identifies the process. A process that then sees no other live
 * claim has the lock. A claim is removed only by its owner or after its owner has died, and names are never reused, so
 * removing a stale claim cannot remove a new one. If two processes start at once, at least one sees the other,
 * withdraws and tries again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataInUse, StoreUnavailable } from '../postgres/unavailable.ts';

export interface DataLock {
  release(): Promise<void>;
}

interface Claim {
  host: string;
  pid: number;
  birth: string;
}

const TRIES = 12;
const TOUCH_EVERY_MS = 2000;
/**
 * A process on another machine or in another container cannot be checked. It counts as alive while its file is touched.
 */
const FOREIGN_CLAIM_LIVES_MS = 15_000;

export async function lockData(directory: string): Promise<DataLock> {
  const claims = join(directory, 'lock');
  await mkdir(claims, { recursive: true, mode: 0o700 });
  const own: Claim = { host: await hostId(), pid: process.pid, birth: (await birthOf(process.pid)) ?? '' };
  const path = join(claims, nameOf(own));

  let rival: Claim | null = null;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    try {
      await (await open(path, 'wx', 0o600)).close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new StoreUnavailable(`The data directory ${directory} is already open in this process (${process.pid}).`);
    }
    rival = await findRival(claims, own);
    if (!rival) return held(path);
    await rm(path, { force: true });
    await delay(20 + Math.random() * 80);
  }
  const where = rival && rival.host !== own.host ? ' on another machine or in another container' : '';
  throw new DataInUse(
    `The data directory ${directory} is in use by process ${rival?.pid}${where}. Stop that process, set DATA_DIR to another directory, or set DATABASE_URL to share a Postgres server.`,
  );
}

function held(path: string): DataLock {
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined); // If the directory is gone, there is nothing left to lock.
  }, TOUCH_EVERY_MS);
  touch.unref();
  return {
    async release() {
      clearInterval(touch);
      await rm(path, { force: true });
    },
  };
}

async function findRival(claims: string, own: Claim): Promise<Claim | null> {
  for (const name of await readdir(claims)) {
    const claim = parseName(name);
    if (!claim || name === nameOf(own)) continue;
    if (await isAlive(claim, own, join(claims, name))) return claim;
    await rm(join(claims, name), { force: true });
  }
  return null;
}

async function isAlive(claim: Claim, own: Claim, path: string): Promise<boolean> {
  if (claim.host !== own.host) {
    const touched = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    return Date.now() - touched < FOREIGN_CLAIM_LIVES_MS;
  }
  try {
    process.kill(claim.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // The process id may have been reused since.
  return ((await birthOf(claim.pid)) ?? claim.birth) === claim.birth;
}

const nameOf = (claim: Claim): string => `${claim.host}.${claim.pid}.${claim.birth}`;

function parseName(name: string): Claim | null {
  const [host, pid, birth, ...rest] = name.split('.');
  if (!host || !/^\d+$/.test(pid ?? '') || birth === undefined || rest.length > 0) return null;
  return { host, pid: Number(pid), birth };
}

/** Processes with the same host id share their process ids: the machine since its boot and, on Linux, the container. */
async function hostId(): Promise<string> {
  const parts = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return createHash('sha256')
    .update([hostname(), ...parts].join('\n'))
    .digest('hex')
    .slice(0, 12);
}

/** When the process started, as one word; null if unknown. */
async function birthOf(pid: number): Promise<string | null> {
  if (process.platform === 'win32') return null;
  if (process.platform === 'linux') {
    // Field 22 of proc(5) stat; the name in field 2 may contain spaces and parentheses.
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    return status?.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  }
  const ps = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => null);
  return ps?.stdout.replace(/\W/g, '') || null;
}
