/**
 * Only one process at a time may open a data directory. PGlite has no lock, and two processes would corrupt the data.
 *
 * Each process creates a claim: an empty file whose name identifies the process. A process that then sees no other live
 * claim has the lock. A claim is removed only by its owner or after its owner has died, and names are never reused, so
 * removing a stale claim cannot remove a new one. If two processes start at once, at least one sees the other,
 * withdraws and tries again.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DataInUse, StoreUnavailable } from '../postgres/unavailable.ts';
import { birthOf, isRunning } from './process-state.ts';

export interface DataLock {
  release(): Promise<void>;
}

export interface DataLockOptions {
  /**
   * Another process has taken the data directory, because this one was suspended for so long that it counted as dead. It
   * must write nothing more.
   */
  onLost?: (reason: string) => void;
  touchEveryMs?: number;
  /**
   * A process on another machine or in another container cannot be checked. It counts as alive while its file is touched,
   * and as dead after this long without.
   */
  foreignClaimLivesMs?: number;
}

interface Claim {
  host: string;
  pid: number;
  birth: string;
}
interface Rival extends Claim {
  /** That the process lives. Otherwise it may have died without removing its claim. */
  isCertain: boolean;
}

const TRIES = 12;
const TOUCH_EVERY_MS = 2000;
const FOREIGN_CLAIM_LIVES_MS = 15_000;

/**
 * Throws DataInUse if another process has the directory open. Where only a process that cannot be checked may have it, as
 * after the restart of a container, this takes up to 15 s: until that process has touched its claim, or has not for too
 * long.
 */
export async function lockData(directory: string, options: DataLockOptions = {}): Promise<DataLock> {
  const { onLost, touchEveryMs = TOUCH_EVERY_MS, foreignClaimLivesMs = FOREIGN_CLAIM_LIVES_MS } = options;
  const claims = join(directory, 'lock');
  await mkdir(claims, { recursive: true, mode: 0o700 });
  const own: Claim = { host: await hostId(), pid: process.pid, birth: await birthOf(process.pid) };
  const path = join(claims, nameOf(own));
  const foreign = new ForeignClaims(claims, foreignClaimLivesMs);

  let rival: Rival | null = null;
  for (let attempt = 0; attempt < TRIES;) {
    try {
      await (await open(path, 'wx', 0o600)).close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new StoreUnavailable(`The data directory ${directory} is already open in this process (${process.pid}).`);
    }
    rival = await findRival(claims, own, foreign);
    if (!rival) return held(path, touchEveryMs, onLost);
    await rm(path, { force: true });
    if (rival.isCertain) attempt += 1;
    await delay(20 + Math.random() * 80);
  }
  const where = rival && rival.host !== own.host ? ' on another machine or in another container' : '';
  throw new DataInUse(
    `The data directory ${directory} is in use by process ${rival?.pid}${where}. Stop that process, set DATA_DIR to another directory, or set DATABASE_URL to share a Postgres server.`,
  );
}

function held(path: string, touchEveryMs: number, onLost: DataLockOptions['onLost']): DataLock {
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return;
      // If the whole directory is gone, there is nothing left to lock.
      const others = await readdir(dirname(path)).catch(() => []);
      if (others.length === 0) return;
      clearInterval(touch);
      onLost?.(`Another process has opened the data directory ${dirname(dirname(path))} while this one was suspended.`);
    });
  }, touchEveryMs);
  touch.unref();
  return {
    async release() {
      clearInterval(touch);
      await rm(path, { force: true });
    },
  };
}

async function findRival(claims: string, own: Claim, foreign: ForeignClaims): Promise<Rival | null> {
  for (const name of await readdir(claims)) {
    const claim = parseName(name);
    if (!claim || name === nameOf(own)) continue;
    const life =
      claim.host === own.host
        ? (await isRunning(claim.pid, claim.birth))
          ? 'alive'
          : 'dead'
        : await foreign.look(name);
    if (life !== 'dead') return { ...claim, isCertain: life === 'alive' };
    await rm(join(claims, name), { force: true });
  }
  return null;
}

/** Claims of processes that can only be watched. */
class ForeignClaims {
  readonly #claims: string;
  readonly #livesMs: number;
  /** When each was touched last, as we first saw it, and when that was. */
  readonly #seen = new Map<string, { touched: number; at: number }>();

  constructor(claims: string, livesMs: number) {
    this.#claims = claims;
    this.#livesMs = livesMs;
  }

  async look(name: string): Promise<'alive' | 'dead' | 'unknown'> {
    const file = await stat(join(this.#claims, name)).catch(() => null);
    if (!file) return 'dead';
    const touched = file.mtimeMs;
    const first = this.#seen.get(name) ?? { touched, at: performance.now() };
    this.#seen.set(name, first);
    if (touched !== first.touched) return 'alive';
    // The clock of the other machine may be ahead of ours.
    const silentMs = Math.max(Date.now() - touched, performance.now() - first.at);
    return silentMs < this.#livesMs ? 'unknown' : 'dead';
  }
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
