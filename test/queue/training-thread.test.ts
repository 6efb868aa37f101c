import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { StartOrder, ThreadReport } from '../../src/schemas/index.ts';
import { threadUrl } from '../../src/queue/thread-url.ts';
import { TrainingThread, type ThreadCrash, type ThreadListener } from '../../src/queue/training-thread.ts';
import { rehearsalJob } from '../support/rehearsal-job.ts';

const url = threadUrl('../support/rehearsal-thread', import.meta.url);

class Listener extends EventEmitter implements ThreadListener {
  reports: ThreadReport[] = [];
  onReport(report: ThreadReport): void {
    this.reports.push(report);
    this.emit(report.type, report);
  }
  onCrash(crash: ThreadCrash): void {
    this.emit('crash', crash);
  }
}

function startOrder(metadata: Record<string, string | number>): StartOrder {
  const reported = { metrics: -1, epochMetrics: -1, verdict: -1, snapshot: -1 };
  return {
    type: 'start',
    runId: 'run_1',
    attempt: 1,
    spec: rehearsalJob(metadata),
    dataset: null,
    checkpoint: null,
    reported,
    neurons: null,
  };
}

function open(heapMb = 256): { thread: TrainingThread; freed: () => number } {
  let count = 0;
  return {
    thread: new TrainingThread({
      url,
      heapMb,
      idleMs: 60_000,
      onFree: () => {
        count++;
      },
    }),
    freed: () => count,
  };
}

test('a thread trains one run after the other', async () => {
  const { thread, freed } = open();
  for (let round = 1; round <= 3; round++) {
    const listener = new Listener();
    thread.start(startOrder({ chunks: 2, chunkMs: 0 }), listener);
    assert.ok(thread.isBusy);
    assert.throws(() => thread.start(startOrder({}), listener), /cannot take a run/);
    await once(listener, 'finished');
    assert.equal(listener.reports[0]?.type, 'started');
    assert.equal(freed(), round);
  }
  await thread.stop();
});

test('a thread follows an order between two chunks', async () => {
  const { thread } = open();
  const listener = new Listener();
  const assignment = thread.start(startOrder({ chunks: 10_000 }), listener);
  await once(listener, 'metrics');
  assignment.order({ type: 'pause' });
  const [finished] = (await once(listener, 'finished')) as [ThreadReport & { type: 'finished' }];
  assert.equal(finished.outcome, 'paused');
  await thread.stop();
});

test('an order to a run that has left the thread does not reach the next one', async () => {
  const { thread } = open();
  const [first, second] = [new Listener(), new Listener()];
  const assignment = thread.start(startOrder({ chunks: 1, chunkMs: 0 }), first);
  await once(first, 'finished');
  thread.start(startOrder({ chunks: 3, chunkMs: 0 }), second);
  for (const type of ['hold', 'cancel'] as const) assignment.order({ type });
  const [finished] = (await once(second, 'finished')) as [ThreadReport & { type: 'finished' }];
  assert.equal(finished.outcome, 'succeeded');
  await thread.stop();
});

for (const [behaviour, code] of [
  ['throw', 'THREAD_CRASHED'],
  ['exit', 'THREAD_CRASHED'],
  ['heap', 'OUT_OF_MEMORY'],
] as const) {
  test(`a thread that ends by '${behaviour}' reports ${code} and is replaced`, async () => {
    const { thread, freed } = open(64);
    const listener = new Listener();
    thread.start(startOrder({ behaviour, at: 10 }), listener);
    const [crash] = (await once(listener, 'crash')) as [ThreadCrash];
    assert.equal(crash.code, code);
    assert.ok(crash.message.length > 20);
    assert.ok(!thread.isBusy);
    await new Promise(setImmediate);
    assert.equal(freed(), 1);
    const next = new Listener();
    thread.start(startOrder({ chunks: 1 }), next);
    await once(next, 'finished');
    await thread.stop();
  });
}

test('a thread that cannot be loaded is a crash, not an exception', async () => {
  const thread = new TrainingThread({ url: new URL('./missing.js', url), heapMb: 64, idleMs: 1000, onFree: () => {} });
  const listener = new Listener();
  thread.start(startOrder({}), listener);
  const [crash] = (await once(listener, 'crash')) as [ThreadCrash];
  assert.match(crash.message, /missing\.js/);
  await thread.stop();
});
