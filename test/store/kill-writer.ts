/** Kills a process that keeps appending, and checks that the store has everything that it had acknowledged. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Random } from '../../src/random.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';

interface Acknowledged {
  runId: string;
  attempt: number;
  seq: number;
  step: number;
  checkpoint: number;
}

export async function killWriter(
  database: Pick<StoreOptions, 'databaseUrl' | 'dataDir'>,
  random: Random,
): Promise<void> {
  const writer = fork(
    fileURLToPath(new URL('store-process.js', import.meta.url)),
    ['write', database.dataDir, String(random.word()), ...(database.databaseUrl ? [database.databaseUrl] : [])],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const exited = once(writer, 'exit');
  let last: Acknowledged | undefined;
  const target = 20 + random.below(100);
  await new Promise<void>((resolve, reject) => {
    writer.on('message', (acknowledged: Acknowledged) => {
      last = acknowledged;
      // In the middle of whatever comes next.
      if (acknowledged.seq === target || acknowledged.seq === target + 1)
        setTimeout(() => {
          writer.kill('SIGKILL');
          resolve();
        }, random.uniform() * 15);
    });
    writer.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`The writer exited with code ${code}.`));
    });
  });
  await exited;
  assert.ok(last);

  const store = await openStore(database);
  try {
    const { runId, attempt, seq, step, checkpoint } = last;
    const records = await store.log.read(runId, 0, 100_000);
    const end = await store.log.lastSeq(runId);
    assert.ok(end >= seq, `the log ends at ${end}, ${seq} was acknowledged`);
    assert.deepEqual(
      records.map((record) => record.seq),
      Array.from({ length: end }, (_, i) => i + 1),
    );
    const { loss } = await store.metrics.read(runId, { points: 'all' });
    assert.ok(loss && (loss.steps.at(-1) ?? -1) >= step);
    assert.deepEqual(
      loss.steps,
      Array.from({ length: loss.steps.length }, (_, i) => i + 1),
    );
    const run = await store.runs.get(runId);
    assert.equal(run?.progress.step, loss.steps.at(-1), 'progress and log are of one transaction');
    const latest = await store.checkpoints.latest(runId);
    assert.ok((latest?.step ?? 0) >= checkpoint);
    if (latest) assert.ok(latest.state.every((byte) => byte === latest.step % 256));
    if (store.kind === 'embedded') {
      assert.deepEqual(await store.runs.requeueAbandoned(0), [runId]);
      assert.equal((await store.runs.claim(runId, 'next'))?.attempt, attempt + 1);
      await store.runs.transition(runId, { from: ['running'], to: 'cancelled' });
    }
  } finally {
    await store.close();
  }
}
