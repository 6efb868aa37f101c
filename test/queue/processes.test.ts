/** Several processes on one server: an API without threads in this one, workers in their own. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { readFrames } from '../support/frames.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { endProcess } from '../support/end-process.ts';
import { rehearsalJob } from '../support/rehearsal-job.ts';
import { rehearse, type Rehearsal } from '../support/rehearsal.ts';

const LONG = { chunks: 100_000 };

describe('workers in separate processes', () => {
  let database: TestDatabase;
  let store: Store;
  const workers: ChildProcess[] = [];

  before(async () => {
    database = await createDatabase('server');
    store = await openStore(database);
  });
  after(async () => {
    await store.close();
    await database.remove();
  });

  /** Silent workers count as dead only if `SILENT_MS` is short. On a busy machine they may just be slow. */
  function spawnWorker(env: Record<string, string> = {}): ChildProcess {
    const worker = spawn(process.execPath, [fileURLToPath(new URL('../support/worker-process.js', import.meta.url))], {
      env: { ...process.env, DATABASE_URL: database.databaseUrl ?? '', SILENT_MS: '60000', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    workers.push(worker);
    return worker;
  }

  async function startWorker(env: Record<string, string> = {}): Promise<ChildProcess> {
    const worker = spawnWorker(env);
    const [line] = await Promise.race([once(worker.stdout as NodeJS.ReadableStream, 'data'), once(worker, 'exit')]);
    assert.equal(String(line), 'ready\n');
    return worker;
  }

  const play = (
    name: string,
    body: (rehearsal: Rehearsal) => Promise<void>,
    playOn: () => Store = () => store,
  ): void => {
    test(name, () =>
      rehearse(playOn(), { workers: 0, answerMs: 60_000 }, async (rehearsal) => {
        try {
          await body(rehearsal);
        } finally {
          for (const worker of workers.splice(0)) await endProcess(worker, 'SIGKILL');
        }
      }),
    );
  };

  async function assertEveryStepOnce(runId: string, steps: number): Promise<void> {
    const { loss } = await store.metrics.read(runId, { points: 'all' });
    assert.deepEqual(
      loss?.steps,
      Array.from({ length: steps }, (_, step) => step),
    );
  }

  play(
    'a run submitted here starts in another process at once, and follows orders from here',
    async ({ submit, queue, status }) => {
      await startWorker();
      const { id } = await submit(rehearsalJob(LONG));
      await status(id, 'running', (run) => run.progress.step > 0);
      const paused = await queue.pause(id);
      assert.equal(paused.status, 'paused');
      assert.equal((await store.checkpoints.latest(id))?.step, paused.progress.step, 'its worker did it, in order');
      await queue.resume(id);
      await status(id, 'running', (run) => run.progress.step > paused.progress.step);
      assert.equal(await queue.inspect(id), true);
      assert.equal((await queue.cancel(id)).status, 'cancelled');
    },
  );

  play('a live stream crosses processes', async ({ submit, broadcaster }) => {
    await startWorker();
    const { id } = await submit(rehearsalJob({ chunks: 30 }));
    const steps: number[] = [];
    let snapshots = 0;
    await new Promise<void>((resolve) => {
      broadcaster.subscribe(id, 0, {
        write: (frames) => {
          for (const told of readFrames(frames)) {
            if (told.type === 'snapshot') snapshots++;
            if (told.type === 'metrics') steps.push(...told.steps);
          }
          return true;
        },
        ended: resolve,
      });
    });
    assert.deepEqual(
      steps,
      Array.from({ length: 300 }, (_, step) => step),
    );
    assert.ok(snapshots > 0);
  });

  play(
    'an order arrives even if its hint is lost',
    async ({ submit, queue, status }) => {
      await startWorker();
      const { id } = await submit(rehearsalJob(LONG));
      await status(id, 'running', (run) => run.progress.step > 0);
      const paused = await queue.pause(id);
      assert.equal(paused.status, 'paused');
      assert.equal(
        (await store.checkpoints.latest(id))?.step,
        paused.progress.step,
        'by the next heartbeat, before the worker is passed over',
      );
    },
    () => ({ ...store, publish: () => Promise.resolve() }),
  );

  play('the run of a killed worker continues in another from its last checkpoint', async (rehearsal) => {
    const { submit, status, ended } = rehearsal;
    const gate = rehearsal.gate();
    const first = await startWorker();
    const { id } = await submit(rehearsalJob({ chunks: 200, ...gate.at(130) }));
    await status(id, 'running', (run) => run.progress.step === 130);
    await endProcess(first, 'SIGKILL');
    gate.open();
    await startWorker({ SILENT_MS: '1500' });
    const run = await ended(id);
    assert.equal(run.status, 'succeeded');
    assert.equal(run.attempt, 2);
    await assertEveryStepOnce(id, 2000);
  });

  play('the run of a killed worker continues long before its silence is noticed', async (rehearsal) => {
    const { submit, status, ended } = rehearsal;
    const gate = rehearsal.gate();
    const first = await startWorker();
    const second = await startWorker();
    const { id } = await submit(rehearsalJob({ chunks: 200, ...gate.at(130) }));
    await status(id, 'running', (run) => run.progress.step === 130);
    const { rows } = await store.pool.query<{ holder: string }>('select worker_id as holder from runs where id = $1', [
      id,
    ]);
    assert.match(rows[0]!.holder, /^process_/);
    // One of the two holds it. Both would wait for a minute without a heartbeat.
    await endProcess(first, 'SIGKILL');
    await Promise.race([status(id, 'running', (run) => run.attempt === 2), new Promise((go) => setTimeout(go, 8000))]);
    if ((await store.runs.get(id))?.attempt === 1) await endProcess(second, 'SIGKILL');
    gate.open();
    await startWorker();
    const run = await ended(id);
    assert.deepEqual([run.status, run.attempt], ['succeeded', 2]);
    await assertEveryStepOnce(id, 2000);
  });

  play('a worker whose event loop is busy is not taken for dead', async (rehearsal) => {
    const { submit, status } = rehearsal;
    await startWorker();
    const { id } = await submit(rehearsalJob(LONG));
    await status(id, 'running', (run) => run.progress.step > 0);
    await store.pool.query(`update runs set heartbeat_at = now() - interval '20 seconds' where id = $1`, [id]);
    assert.deepEqual(await store.runs.requeueAbandoned(60_000, 1), [], 'its connection says that it is there');
    assert.equal((await rehearsal.queue.cancel(id)).status, 'cancelled');
  });

  play('a worker that was suspended and lost its run writes nothing more', async (rehearsal) => {
    const { submit, status, ended } = rehearsal;
    const gate = rehearsal.gate();
    const sleeper = await startWorker();
    const { id } = await submit(rehearsalJob({ chunks: 300, ...gate.at(130) }));
    await status(id, 'running', (run) => run.progress.step === 130);
    sleeper.kill('SIGSTOP');
    await startWorker({ SILENT_MS: '1500' });
    await status(id, 'running', (run) => run.attempt === 2);
    // Both continue at the same time.
    sleeper.kill('SIGCONT');
    gate.open();
    const run = await ended(id);
    assert.equal(run.status, 'succeeded');
    assert.equal(run.attempt, 2);
    await assertEveryStepOnce(id, 3000);
    assert.equal((await ended((await submit(rehearsalJob({ chunks: 1 }))).id)).status, 'succeeded');
  });

  play(
    'a run that keeps crashing its whole process fails after ten attempts without progress',
    async ({ submit, ended }) => {
      const { id } = await submit(rehearsalJob({ behaviour: 'kill', at: 0 }));
      for (let attempt = 1; attempt <= 7; attempt++) {
        assert.equal((await store.runs.claim(id, `worker_${attempt}`))?.attempt, attempt);
        assert.deepEqual(await store.runs.requeueAbandoned(0), [id], 'its worker fell silent');
      }
      let deaths = 0;
      const over = ended(id);
      // One worker after the other, as a supervisor would start them.
      for (;;) {
        const exit = await Promise.race([once(spawnWorker(), 'exit'), over]);
        if (!Array.isArray(exit)) break;
        if (exit[1] === 'SIGKILL') deaths++;
        assert.deepEqual(await store.runs.requeueAbandoned(0), [id], 'its worker is dead');
      }
      const run = await over;
      assert.deepEqual(
        [run.status, run.error?.code, run.attempt, run.progress.step],
        ['failed', 'ATTEMPTS_EXHAUSTED', 11, 0],
      );
      assert.match(
        run.error?.message ?? '',
        /^10 attempts in a row ended before the run had a newer checkpoint or got past step 0\. /,
      );
      assert.equal(deaths, 3, 'the eleventh attempt was not given to a thread');
    },
  );

  play('several workers share the work, and no run is trained twice', async ({ submit, ended }) => {
    await Promise.all([startWorker(), startWorker()]);
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await submit(rehearsalJob({ chunks: 3 }))).id),
    );
    for (const run of await Promise.all(ids.map((id) => ended(id)))) {
      assert.equal(run.status, 'succeeded');
      assert.equal(run.attempt, 1);
    }
  });
});
