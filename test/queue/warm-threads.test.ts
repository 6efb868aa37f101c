/** Threads that load what runs need before there is a run. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { StartOrder, ThreadReport } from '../../src/schemas/index.ts';
import { threadUrl } from '../../src/queue/thread-url.ts';
import { TrainingThread, type ThreadOptions } from '../../src/queue/training-thread.ts';
import { dense, NOTHING_REPORTED, resolve } from '../training/drive.ts';

const order: StartOrder = {
  type: 'start',
  runId: 'run_1',
  attempt: 1,
  spec: resolve({
    dataset: { name: 'moons', samples: 300 },
    model: { layers: [dense(8)] },
    training: { epochs: 3, seed: 1 },
  }),
  dataset: null,
  checkpoint: null,
  reported: NOTHING_REPORTED,
  neurons: null,
};

const openThread = (options: Partial<ThreadOptions> = {}): TrainingThread =>
  new TrainingThread({
    url: threadUrl('../../src/training/thread', import.meta.url),
    heapMb: 512,
    idleMs: 60_000,
    onFree: () => {},
    ...options,
  });

/** That come after a time, so a fast run has none. */
const TIMED = ['progress', 'snapshot'];

/** The losses of the run, and what its reports were. */
function train(
  thread: TrainingThread,
  ordered?: 'cancel',
): Promise<{ losses: unknown[]; types: Set<string>; outcome: string }> {
  return new Promise((succeed, fail) => {
    const reports: ThreadReport[] = [];
    const assignment = thread.start(order, {
      onReport: (report) => {
        reports.push(report);
        if (report.type !== 'finished') return;
        const losses = reports.flatMap((each) => (each.type === 'metrics' ? (each.values['loss'] ?? []) : []));
        succeed({
          losses,
          types: new Set(reports.map(({ type }) => type).filter((type) => !TIMED.includes(type))),
          outcome: report.outcome,
        });
      },
      onCrash: ({ message }) => fail(new Error(message)),
    });
    if (ordered) assignment.order({ type: ordered });
  });
}

test('a run that comes while its thread warms up is trained as on any other thread', async () => {
  const [cold, warm] = [openThread(), openThread()];
  try {
    warm.warm();
    assert.ok(!warm.isBusy);
    const results = await Promise.all([train(warm), train(cold)]);
    assert.equal(results[0].outcome, 'succeeded');
    assert.deepEqual(results[0], results[1]);
    assert.deepEqual((await train(warm)).losses, results[1].losses, 'and so is the next one');
  } finally {
    await Promise.all([cold.stop(), warm.stop()]);
  }
});

test('an order to cancel reaches the run, not only the warm-up before it', async () => {
  const thread = openThread();
  try {
    thread.warm();
    assert.equal((await train(thread, 'cancel')).outcome, 'cancelled');
  } finally {
    await thread.stop();
  }
});

test('a thread that warms up stops with the process, and is not warmed again', async () => {
  const thread = openThread();
  thread.warm();
  await thread.stop();
  thread.warm();
  assert.throws(() => thread.start(order, { onReport: () => {}, onCrash: () => {} }), /cannot take a run/);
});

test('after a while without runs a new thread waits in the place of one that stays warm', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'relumine-warm-'));
  process.env['WARM_NOTE'] = join(folder, 'note');
  const thread = openThread({
    url: threadUrl('../support/rehearsal-thread', import.meta.url),
    idleMs: 1,
    staysWarm: true,
  });
  try {
    assert.equal((await train(thread)).outcome, 'succeeded');
    while (!existsSync(join(folder, 'note'))) await delay(5);
    assert.equal((await train(thread)).outcome, 'succeeded');
  } finally {
    delete process.env['WARM_NOTE'];
    await thread.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
