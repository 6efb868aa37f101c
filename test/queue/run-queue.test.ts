import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RelumineError } from '../../src/errors.ts';
import { isFinal, type Run, type RunStatus } from '../../src/vocabulary/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { promptly } from '../support/promptly.ts';
import { rehearsalJob } from '../support/rehearsal-job.ts';
import { rehearse as rehearseOn, statusesOf, type Options, type Rehearsal } from '../support/rehearsal.ts';
import { progressAt } from '../support/runs.ts';
import { createDatabase, STORE_KINDS, type TestDatabase } from '../support/database.ts';

const isCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof RelumineError && error.code === code;
const LONG = { chunks: 100_000 };

/** What a process leaves behind that dies before it queues the run. */
async function justCreated(store: Store): Promise<string> {
  const spec = rehearsalJob({ chunks: 1 });
  const { id } = await store.runs.create({ kind: 'trained', spec, progress: progressAt(0) });
  return id;
}

for (const kind of STORE_KINDS) {
  describe(`the queue on the ${kind} store`, () => {
    let database: TestDatabase;
    let sharedStore: Store;
    before(async () => {
      database = await createDatabase(kind);
      sharedStore = await openStore(database);
    });
    after(async () => {
      await sharedStore.close();
      await database.remove();
    });
    const rehearse = (name: string, options: Options, play: (rehearsal: Rehearsal) => Promise<void>): void => {
      test(name, () => rehearseOn(sharedStore, options, play));
    };

    rehearse(
      'a submitted run is trained to its end, and its log has every step once',
      { workers: 2 },
      async ({ submit, store, ended }) => {
        const { id } = await submit(rehearsalJob({ chunks: 20 }));
        const run = await ended(id);
        assert.equal(run.status, 'succeeded');
        assert.equal(run.attempt, 1);
        assert.equal(run.progress.step, 200);
        assert.equal(run.engine?.backend, 'rehearsal');
        const { loss } = await store.metrics.read(id, { points: 'all' });
        assert.deepEqual(
          loss?.steps,
          Array.from({ length: 200 }, (_, step) => step),
        );
        assert.deepEqual(await statusesOf(store, id), ['queued', 'running', 'running', 'succeeded']);
        const last = (await store.log.read(id, 0, 10_000)).at(-1);
        assert.ok(last?.kind === 'message' && last.message.type === 'status', 'the final state is the last word');
      },
    );

    rehearse(
      'an idle worker starts a run within tens of milliseconds, without waiting for its heartbeat',
      { workers: 1, heartbeatMs: 600_000 },
      async ({ submit, status, ended }) => {
        await ended((await submit(rehearsalJob({ chunks: 1 }))).id);
        await promptly(300, async () => {
          const from = performance.now();
          const { id } = await submit(rehearsalJob({ chunks: 1 }));
          await status(id, 'running');
          const tookMs = performance.now() - from;
          await ended(id);
          return tookMs;
        });
      },
    );

    rehearse(
      'higher priority first, then the order of submission',
      { workers: 1 },
      async ({ submit, queue, status, ended, startOrder }) => {
        const first = await submit(rehearsalJob(LONG));
        await status(first.id, 'running');
        const ids: string[] = [];
        for (const priority of [0, 5, -5, 5, 0]) ids.push((await submit(rehearsalJob({ chunks: 1 }, { priority }))).id);
        assert.deepEqual(await Promise.all(ids.map((id) => queue.position(id))), [2, 0, 4, 1, 3]);
        await queue.cancel(first.id);
        await Promise.all(ids.map((id) => ended(id)));
        assert.deepEqual(
          startOrder().filter((id) => ids.includes(id)),
          [1, 3, 0, 4, 2].map((index) => ids[index]),
        );
      },
    );

    rehearse(
      'a run that returns to the queue keeps its place',
      { workers: 1 },
      async ({ submit, queue, status, ended, startOrder }) => {
        const first = await submit(rehearsalJob(LONG));
        await status(first.id, 'running');
        const ids: string[] = [];
        for (let count = 0; count < 3; count++) ids.push((await submit(rehearsalJob({ chunks: 1 }))).id);
        assert.equal((await queue.pause(ids[0] as string)).status, 'paused');
        assert.equal(await queue.position(ids[0] as string), null);
        assert.equal((await queue.resume(ids[0] as string)).status, 'queued');
        assert.equal(await queue.position(ids[0] as string), 0);
        const paused = await queue.pause(first.id);
        await Promise.all(ids.map((id) => ended(id)));
        await queue.resume(first.id);
        await status(first.id, 'running', (run) => run.progress.step > paused.progress.step);
        assert.deepEqual(startOrder(), [first.id, ...ids, first.id]);
        await queue.cancel(first.id);
      },
    );

    rehearse(
      'pause, resume and cancel a running run, within half a second each',
      { workers: 1, answerMs: 60_000 },
      async ({ submit, queue, store, status }) => {
        const round = async (measured: 'pause' | 'cancel'): Promise<number> => {
          let tookMs = Infinity;
          const order = async (name: 'pause' | 'cancel', runId: string): Promise<Run> => {
            const from = performance.now();
            const run = await queue[name](runId);
            if (name === measured) tookMs = performance.now() - from;
            return run;
          };
          const { id } = await submit(rehearsalJob(LONG));
          await status(id, 'running', (run) => run.progress.step > 0);
          const paused = await order('pause', id);
          assert.equal(paused.status, 'paused');
          assert.ok(paused.progress.step > 0);
          assert.equal((await store.checkpoints.latest(id))?.step, paused.progress.step, 'a pause leaves a checkpoint');
          assert.equal((await queue.resume(id)).status, 'queued');
          await status(id, 'running', (run) => run.progress.step > paused.progress.step);
          const cancelled = await order('cancel', id);
          assert.equal(cancelled.status, 'cancelled');
          assert.equal(cancelled.attempt, 2);
          const { loss } = await store.metrics.read(id, { points: 'all' });
          assert.deepEqual(
            loss?.steps,
            Array.from({ length: cancelled.progress.step }, (_, step) => step),
            'no step twice, none missing',
          );
          return tookMs;
        };
        await promptly(500, () => round('pause'));
        await promptly(500, () => round('cancel'));
      },
    );

    rehearse(
      'an order that the state does not allow reports the state and what is possible',
      { workers: 1 },
      async ({ submit, queue, status, ended }) => {
        const states: Partial<Record<RunStatus, string>> = {};
        states.running = (await submit(rehearsalJob(LONG))).id;
        await status(states.running, 'running');
        states.queued = (await submit(rehearsalJob())).id;
        states.paused = (await queue.pause((await submit(rehearsalJob())).id)).id;
        states.cancelled = (await queue.cancel((await submit(rehearsalJob())).id)).id;
        const refused = {
          running: ['resume'],
          queued: ['resume'],
          paused: ['pause'],
          cancelled: ['pause', 'resume', 'cancel'],
        } as const;
        for (const [state, orders] of Object.entries(refused)) {
          for (const order of orders) {
            await assert.rejects(
              queue[order](states[state as RunStatus] as string),
              (error) => isCode('WRONG_STATE')(error) && (error as Error).message.includes(` is in state "${state}".`),
            );
          }
        }
        for (const order of ['pause', 'resume', 'cancel', 'inspect', 'position'] as const)
          await assert.rejects(queue[order]('run_nowhere'), isCode('RUN_NOT_FOUND'));
        assert.equal(await queue.inspect(states.queued), false);
        assert.equal(await queue.inspect(states.running), true);
        assert.equal((await queue.cancel(states.paused)).status, 'cancelled');
        assert.equal((await queue.cancel(states.running)).status, 'cancelled');
        assert.equal((await ended(states.queued)).status, 'succeeded');
        await assert.rejects(
          queue.cancel(states.queued),
          /Run "run_\w+" is in state "succeeded"\. Only a run that is queued, running or paused can be cancelled\.$/,
        );
      },
    );

    rehearse(
      'racing orders end in one state, and all report the truth',
      { workers: 2 },
      async ({ submit, queue, store, status }) => {
        for (let round = 0; round < 6; round++) {
          const { id } = await submit(rehearsalJob({ chunks: 12, chunkMs: 4 }));
          if (round % 2) await status(id, 'running');
          const answers = await Promise.allSettled([
            queue.pause(id),
            queue.cancel(id),
            queue.pause(id),
            queue.resume(id),
            queue.cancel(id),
          ]);
          for (const answer of answers)
            if (answer.status === 'rejected') assert.ok(isCode('WRONG_STATE')(answer.reason), String(answer.reason));
          let run = (await store.runs.get(id)) as Run;
          if (run.status === 'paused') run = await queue.cancel(id);
          else if (!isFinal(run.status)) run = await status(id, 'succeeded');
          assert.ok(isFinal(run.status));
        }
      },
    );

    rehearse('a thread that does not respond is bypassed', { workers: 1, answerMs: 300 }, async (rehearsal) => {
      const { submit, queue, store, status } = rehearsal;
      const gate = rehearsal.gate();
      const { id } = await submit(rehearsalJob({ behaviour: 'deaf', chunks: 40, ...gate.at(20) }));
      await status(id, 'running', (run) => run.progress.step === 20);
      const cancelled = await queue.cancel(id);
      assert.equal(cancelled.status, 'cancelled');
      const lastSeq = await store.log.lastSeq(id);
      gate.open();
      const next = await submit(rehearsalJob({ chunks: 1 }));
      await status(next.id, 'succeeded');
      assert.equal(await store.log.lastSeq(id), lastSeq, 'what it says afterwards is not written');
    });

    rehearse(
      'an order to a run that is still being prepared takes effect at once',
      { workers: 1 },
      async (rehearsal) => {
        const { submit, queue, store, status } = rehearsal;
        const gate = rehearsal.gate();
        const { id } = await submit(rehearsalJob({ behaviour: 'slowStart', ...gate.at(0) }));
        await status(id, 'running');
        assert.equal((await queue.pause(id)).status, 'paused');
        assert.equal((await store.runs.get(id))?.engine, null, 'before the thread is ready');
        gate.open();
        await queue.resume(id);
        await status(id, 'succeeded');
      },
    );

    rehearse(
      'a run that keeps crashing its thread fails after three attempts without progress',
      { workers: 1 },
      async ({ submit, store, ended }) => {
        const atOnce = await ended((await submit(rehearsalJob({ behaviour: 'throw', at: 0 }))).id);
        assert.equal(atOnce.status, 'failed');
        assert.equal(atOnce.error?.code, 'THREAD_CRASHED');
        assert.match(atOnce.error?.message ?? '', /a fault of the rehearsal.*3 times/);
        assert.equal(atOnce.attempt, 3);
        const later = await ended((await submit(rehearsalJob({ behaviour: 'exit', at: 50 }))).id);
        assert.equal(later.error?.code, 'THREAD_CRASHED');
        assert.equal(later.attempt, 4, 'the first attempt got further');
        const { data: events } = await store.log.events(later.id, 0, 100);
        assert.deepEqual(
          events.map(({ event }) => event.code),
          ['THREAD_CRASHED', 'THREAD_CRASHED', 'THREAD_CRASHED'],
        );
        assert.equal(
          (await ended((await submit(rehearsalJob({ chunks: 1 }))).id)).status,
          'succeeded',
          'the service lives on',
        );
      },
    );

    rehearse(
      'attempts that ended with their process do not count as crashes of the thread',
      { workers: 0 },
      async ({ submit, store, queue, reopen }) => {
        const { id } = await submit(rehearsalJob({ behaviour: 'throw', at: 0 }));
        for (let kills = 0; kills < 2; kills++) {
          await store.runs.claim(id, 'killed');
          await store.runs.requeueAbandoned(0);
        }
        await queue.stop();
        const run = await (await reopen({ workers: 1 })).ended(id);
        assert.equal(run.error?.code, 'THREAD_CRASHED');
        assert.equal(run.attempt, 5);
      },
    );

    rehearse(
      'a full queue refuses runs, and a refused run leaves nothing behind',
      { workers: 0, maxQueued: 2 },
      async ({ submit, queue, store }) => {
        const { id } = await submit(rehearsalJob());
        await submit(rehearsalJob());
        await assert.rejects(submit(rehearsalJob()), isCode('QUEUE_FULL'));
        assert.equal((await store.runs.list({ limit: 10 })).data.length, 2);
        await queue.cancel(id);
        await submit(rehearsalJob());
      },
    );

    rehearse(
      'a run that was created but never queued is found',
      { workers: 1, heartbeatMs: 100 },
      async (rehearsal) => {
        assert.equal((await rehearsal.ended(await justCreated(rehearsal.store))).status, 'succeeded');
      },
    );
    rehearse(
      'a process that dies between creating and queueing a run loses nothing: the next one trains the run once',
      { workers: 0 },
      async ({ queue, store, reopen }) => {
        const id = await justCreated(store);
        await queue.stop();
        const next = await reopen({ workers: 1 });
        const run = await next.ended(id);
        assert.deepEqual([run.status, run.attempt], ['succeeded', 1]);
        assert.deepEqual(next.startOrder(), [id]);
      },
    );
    test('a run of which nobody was told is still accepted, and found later', async (t) => {
      await rehearseOn(sharedStore, { workers: 0 }, async ({ submit, store, reopen }) => {
        const { ended } = await reopen({ workers: 1, heartbeatMs: 100 });
        const refused = t.mock.method(store, 'publish', () => Promise.reject(new Error('the connection was lost')));
        const run = await submit(rehearsalJob({ chunks: 1 }));
        refused.mock.restore();
        assert.deepEqual([run.status, refused.mock.callCount()], ['queued', 1]);
        assert.equal((await ended(run.id)).status, 'succeeded');
      });
    });

    rehearse('a deleted run stops', { workers: 1, heartbeatMs: 100 }, async ({ submit, store, status }) => {
      const { id } = await submit(rehearsalJob(LONG));
      await status(id, 'running');
      await store.runs.delete(id);
      const next = await submit(rehearsalJob({ chunks: 1 }));
      await status(next.id, 'succeeded');
    });

    rehearse(
      'stop returns running runs to the queue, and the next start continues them',
      { workers: 2, yieldMs: 60_000 },
      async (rehearsal) => {
        const { submit, queue, store, status, reopen } = rehearsal;
        const gate = rehearsal.gate();
        const running = await Promise.all(
          [0, 1].map(async () => (await submit(rehearsalJob({ chunks: 300, ...gate.at(130) }))).id),
        );
        const waiting = (await submit(rehearsalJob({ chunks: 1 }))).id;
        for (const id of running) await status(id, 'running', (run) => run.progress.step === 130);
        await queue.stop();
        gate.open();
        await assert.rejects(submit(rehearsalJob()), isCode('SHUTTING_DOWN'));
        for (const id of [...running, waiting]) assert.equal((await store.runs.get(id))?.status, 'queued');
        const next = await reopen();
        for (const id of running) {
          const run = await next.ended(id);
          assert.equal(run.status, 'succeeded');
          assert.equal(run.attempt, 2);
          const { loss } = await store.metrics.read(id, { points: 'all' });
          assert.deepEqual(
            loss?.steps,
            Array.from({ length: 3000 }, (_, step) => step),
          );
        }
        await next.ended(waiting);
      },
    );

    rehearse(
      'stop does not wait forever for a thread that does not respond',
      { workers: 1, yieldMs: 300 },
      async (rehearsal) => {
        const { submit, queue, status, reopen, store } = rehearsal;
        const gate = rehearsal.gate();
        const { id } = await submit(rehearsalJob({ behaviour: 'deaf', chunks: 40, ...gate.at(20) }));
        await status(id, 'running', (run) => run.progress.step === 20);
        await queue.stop();
        assert.equal((await store.runs.get(id))?.status, 'running');
        gate.open();
        const next = await reopen({ silentMs: 500, heartbeatMs: 100 });
        const run = await next.ended(id);
        assert.equal(run.status, 'succeeded');
        assert.equal(run.attempt, 2);
      },
    );
  });
}
