import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lockData } from '../../src/store/embedded/data-lock.ts';
import { StoreUnavailable } from '../../src/store/postgres/unavailable.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'relumine-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A process that takes the lock, prints "held" or "refused", and keeps the lock until told to end. */
const CONTENDER = fileURLToPath(new URL('lock-contender.js', import.meta.url));
const contend = () => fork(CONTENDER, [directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

test('the lock can be taken again once it was released', async () => {
  for (let i = 0; i < 3; i += 1) await (await lockData(directory)).release();
  assert.deepEqual(await readdir(join(directory, 'lock')), []);
});

test('a second lock in the same process is refused', async () => {
  const lock = await lockData(directory);
  await assert.rejects(
    lockData(directory),
    (error: Error) => error instanceof StoreUnavailable && error.message.includes('already open in this process'),
  );
  await lock.release();
});

test('another process is refused with one line that names the holder', async () => {
  const holder = contend();
  assert.deepEqual(await once(holder, 'message'), ['held', undefined]);
  await assert.rejects(lockData(directory), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, new RegExp(`in use by process ${holder.pid}\\b`));
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (await lockData(directory)).release();
});

test('of processes that find the same stale lock at once, exactly one gets it', async () => {
  for (let round = 0; round < 2; round += 1) {
    const dead = contend();
    await once(dead, 'message');
    dead.kill('SIGKILL');
    await once(dead, 'exit');

    const contenders = Array.from({ length: 4 }, contend);
    const answers = await Promise.all(
      contenders.map(async (contender) => ((await once(contender, 'message')) as [string])[0]),
    );
    assert.deepEqual(answers.toSorted(), ['held', 'refused', 'refused', 'refused'], `round ${round}`);
    await Promise.all(
      contenders.map(async (contender) => {
        const exited = once(contender, 'exit');
        contender.kill('SIGKILL');
        await exited;
      }),
    );
  }
});

test(
  'a claim whose process id now belongs to another process is stale',
  { skip: process.platform === 'win32' },
  async () => {
    const lock = await lockData(directory);
    const [name = ''] = await readdir(join(directory, 'lock'));
    await lock.release();
    const [host] = name.split('.');
    await writeFile(join(directory, 'lock', `${host}.${process.ppid}.1`), '');
    await (await lockData(directory)).release();
  },
);

test('a claim from another machine counts while it is touched', async () => {
  const foreign = await foreignClaim();
  const touching = setInterval(() => void utimes(foreign, new Date(), new Date()), 20);
  try {
    await assert.rejects(lockData(directory), /in use by process 1 on another machine/);
  } finally {
    clearInterval(touching);
  }
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(foreign, longAgo, longAgo);
  await (await lockData(directory)).release();
});

test('a fresh claim that nobody touches, as of a container that was killed and starts again, is waited out', async () => {
  await foreignClaim();
  await (await lockData(directory, { foreignClaimLivesMs: 300 })).release();
});

test('the clock of another machine may be ahead', async () => {
  const foreign = await foreignClaim();
  const ahead = new Date(Date.now() + 3_600_000);
  await utimes(foreign, ahead, ahead);
  await (await lockData(directory, { foreignClaimLivesMs: 300 })).release();
});

test(
  'a process that was killed and that its parent has not waited for is dead',
  { skip: process.platform !== 'linux' },
  async () => {
    // The parent never waits, so the killed child stays a zombie.
    const parent = spawn(
      '/bin/sh',
      ['-c', `"${process.execPath}" "${CONTENDER}" "${directory}" & echo $!; exec sleep 600`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let pid = 0;
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      pid = Number(line.toString());
      while ((await claimsOf(pid)).length === 0) await delay(20);
      await assert.rejects(lockData(directory), new RegExp(`in use by process ${pid}\\b`));
      process.kill(pid, 'SIGKILL');
      while (!/^\d+ \(.*\) Z/.test(await readFile(`/proc/${pid}/stat`, 'utf8'))) await delay(20);
      await (await lockData(directory)).release();
    } finally {
      if (pid > 0) process.kill(pid, 'SIGKILL');
      parent.kill('SIGKILL');
    }
  },
);

test('a process that finds that another one has taken its place is told so', async () => {
  const lost = new EventEmitter();
  const lock = await lockData(directory, { touchEveryMs: 20, onLost: (reason) => lost.emit('lost', reason) });
  const [name = ''] = await readdir(join(directory, 'lock'));
  const told = once(lost, 'lost');
  await writeFile(join(directory, 'lock', '0123456789ab.1.12345'), '');
  await rm(join(directory, 'lock', name));
  // The lock alone does not keep a process alive.
  const alive = setInterval(() => undefined, 1000);
  assert.match(String(await told), /Another process has opened the data directory/);
  clearInterval(alive);
  await lock.release();
});

async function foreignClaim(): Promise<string> {
  await lockData(directory).then((lock) => lock.release());
  const path = join(directory, 'lock', '0123456789ab.1.12345');
  await writeFile(path, '');
  return path;
}

const claimsOf = async (pid: number): Promise<string[]> =>
  (await readdir(join(directory, 'lock')).catch(() => [])).filter((name) => name.split('.')[1] === String(pid));
