import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.ts';
import { readFrames } from '../support/frames.ts';
import { startServer } from '../support/postgres-server.ts';
import { rehearsalJob } from '../support/rehearsal-job.ts';
import { rehearse } from '../support/rehearsal.ts';

test('a database outage loses no steps, and the worker continues on its own', async () => {
  const server = await startServer();
  const store = await openStore({ databaseUrl: await server.createDatabase(), dataDir: '' });
  try {
    await rehearse(store, { workers: 1, heartbeatMs: 200 }, async (rehearsal) => {
      const { submit, broadcaster, counters, status, ended } = rehearsal;
      const gate = rehearsal.gate();
      const { id } = await submit(rehearsalJob({ chunks: 300, ...gate.at(200) }));
      const seqs: number[] = [];
      const finished = new Promise<void>((resolve) => {
        broadcaster.subscribe(id, 0, {
          write: (frames) => {
            for (const { type, seq } of readFrames(frames)) if (type !== 'caughtUp') seqs.push(seq);
            return true;
          },
          ended: resolve,
        });
      });
      await status(id, 'running', (run) => run.progress.step === 200);
      await server.kill();
      gate.open();
      while (counters.appendFailures === 0) await delay(20);
      await server.start();
      const run = await ended(id);
      await finished;
      assert.equal(run.status, 'succeeded');
      assert.equal(run.attempt, 1, 'it kept its lease');
      const { loss } = await store.metrics.read(id, { points: 'all' });
      assert.deepEqual(
        loss?.steps,
        Array.from({ length: 3000 }, (_, step) => step),
      );
      assert.ok(seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] as number)));
      assert.equal((await ended((await submit(rehearsalJob({ chunks: 1 }))).id)).status, 'succeeded');
    });
  } finally {
    await store.close();
    await server.stop();
  }
});
