import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogEntry, LogRecord } from '../../src/store/store.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { Recorder, type Recordable } from '../../src/telemetry/recorder.ts';

/** A log that finishes an append when the test says so. */
class StubbornLog extends EventEmitter {
  appends: {
    entries: readonly LogEntry[];
    change: object;
    after: number | undefined;
    answer: (result: 'commit' | 'refuse' | 'fail') => void;
  }[] = [];
  records: LogRecord[] = [];
  open = 0;

  readonly store = {
    log: {
      append: (_lease: unknown, entries: readonly LogEntry[], change: object, after?: number) => {
        assert.equal(++this.open, 1, 'one append at a time');
        return new Promise<LogRecord[] | null>((resolve, reject) => {
          const answer = (result: 'commit' | 'refuse' | 'fail'): void => {
            this.open--;
            const records = entries.map((_, index): LogRecord => ({
              seq: this.records.length + index + 1,
              kind: 'snapshot',
              step: 0,
              frame: new Uint8Array(0),
            }));
            if (result === 'commit') this.records.push(...records);
            if (result === 'commit') resolve(records);
            else if (result === 'refuse') resolve(null);
            else reject(new Error('the connection was lost'));
          };
          this.appends.push({ entries, change, after, answer });
          this.emit('append');
        });
      },
    },
  };
}

function open(): { log: StubbornLog; recorder: Recorder; pushed: number[]; events: string[]; counters: Counters } {
  const log = new StubbornLog();
  const pushed: number[] = [];
  const events: string[] = [];
  const counters = new Counters();
  const recorder = new Recorder({
    lease: { runId: 'run', attempt: 1 },
    lastSeq: 0,
    store: log.store,
    counters,
    broadcaster: { appended: (_runId, records) => pushed.push(...records.map(({ seq }) => seq)) },
    onHold: (isHeld) => events.push(isHeld ? 'hold' : 'release'),
    onLost: () => events.push('lost'),
    onError: () => events.push('error'),
  });
  return { log, recorder, pushed, events, counters };
}

const metrics = (from: number, count = 1, key = 'loss'): Recordable => ({
  type: 'metrics',
  steps: Array.from({ length: count }, (_, index) => from + index),
  values: { [key]: Array.from({ length: count }, () => 1) },
});
const snapshot = (step: number): Recordable => ({
  type: 'snapshot',
  step,
  epoch: 0,
  samples: 1,
  layers: [],
  data: new Float32Array(4),
});
const event = (step: number): Recordable => ({
  type: 'event',
  step,
  event: { code: 'RUN_RESUMED', level: 'info', message: 'x' },
});

test('reports become one append, in order, and are published only when it is committed', async () => {
  const { log, recorder, pushed } = open();
  recorder.add(metrics(0));
  recorder.add(metrics(1));
  recorder.add(event(2));
  recorder.add(metrics(2));
  recorder.add(metrics(2, 1, 'valLoss'));
  await once(log, 'append');
  assert.deepEqual(
    log.appends[0]?.entries.map((entry) => (entry.type === 'metrics' ? entry.steps : entry.type)),
    [[0, 1], 'event', [2], [2]],
  );
  assert.deepEqual(pushed, []);
  const flushed = recorder.flush();
  log.appends[0]?.answer('commit');
  assert.equal(await flushed, true);
  assert.deepEqual(pushed, [1, 2, 3, 4]);
});

test('metrics of each epoch do not split the columns of each step', async () => {
  const { log, recorder } = open();
  for (let epoch = 0; epoch < 3; epoch++) {
    recorder.add(metrics(10 * epoch, 10));
    recorder.add(metrics(10 * epoch + 9, 1, 'valLoss'));
  }
  await once(log, 'append');
  const written = log.appends[0]?.entries.map((entry) =>
    entry.type === 'metrics' ? [Object.keys(entry.values), entry.steps, entry.step] : null,
  );
  assert.deepEqual(written, [
    [['loss'], Array.from({ length: 30 }, (_, step) => step), 29],
    [['valLoss'], [9, 19, 29], 29],
  ]);
});

test('what arrives during an append goes into the next one, and the final state comes last', async () => {
  const { log, recorder } = open();
  recorder.add(metrics(0));
  await once(log, 'append');
  recorder.add(metrics(1));
  const finished = recorder.flush({ to: 'succeeded' });
  log.appends[0]?.answer('commit');
  await once(log, 'append');
  assert.deepEqual(log.appends[0]?.change, {});
  assert.deepEqual(log.appends[1]?.change, { to: 'succeeded' });
  assert.equal(log.appends[1]?.entries.length, 1);
  log.appends[1]?.answer('commit');
  assert.equal(await finished, true);
});

test('a slow database first costs snapshots, then holds the thread, but never loses a metric', async () => {
  const { log, recorder, events, counters } = open();
  recorder.add(metrics(0));
  await once(log, 'append');
  for (let step = 1; step <= 600; step++) {
    recorder.add(metrics(step * 1000, 1000));
    recorder.add(snapshot(step));
  }
  assert.deepEqual(events, ['hold']);
  assert.equal(counters.snapshotsDropped, 598);
  log.appends[0]?.answer('commit');
  await once(log, 'append');
  const entries = log.appends[1]?.entries ?? [];
  assert.equal(entries.filter(({ type }) => type === 'snapshot').length, 2);
  assert.deepEqual(
    entries.flatMap((entry) => (entry.type === 'metrics' ? entry.steps : [])),
    Array.from({ length: 600_000 }, (_, index) => index + 1000),
  );
  assert.ok(
    entries.every((entry) => entry.type !== 'metrics' || entry.steps.length <= 2048),
    'no message is large',
  );
  const flushed = recorder.flush();
  log.appends[1]?.answer('commit');
  await flushed;
  assert.deepEqual(events, ['hold', 'release']);
});

test('a failed append is retried', async () => {
  const { log, recorder, pushed, events } = open();
  recorder.add(metrics(0));
  await once(log, 'append');
  log.appends[0]?.answer('fail');
  await once(log, 'append');
  assert.deepEqual(log.appends[1]?.entries, log.appends[0]?.entries);
  const flushed = recorder.flush();
  log.appends[1]?.answer('commit');
  assert.equal(await flushed, true);
  assert.deepEqual(pushed, [1]);
  assert.deepEqual(events, ['error']);
});

test('every append says where the log ends, and one that is sent again says the same', async () => {
  const { log, recorder } = open();
  recorder.add(metrics(0));
  recorder.add(event(1));
  await once(log, 'append');
  log.appends[0]?.answer('fail');
  await once(log, 'append');
  log.appends[1]?.answer('commit');
  recorder.add(metrics(1));
  await once(log, 'append');
  log.appends[2]?.answer('commit');
  assert.deepEqual(
    log.appends.map(({ after }) => after),
    [0, 0, 2],
  );
});

test('snapshots that come one after another do not put an append off', async () => {
  const { log, recorder } = open();
  for (let step = 0; step < 500 && log.appends.length === 0; step++) {
    recorder.add(snapshot(step));
    await delay(1);
  }
  assert.equal(log.appends.length, 1);
  log.appends[0]?.answer('commit');
});

test('a lost lease ends the recording', async () => {
  const { log, recorder, pushed, events } = open();
  recorder.add(metrics(0));
  await once(log, 'append');
  const flushed = recorder.flush({ to: 'succeeded' });
  log.appends[0]?.answer('refuse');
  assert.equal(await flushed, false);
  recorder.add(metrics(1));
  assert.equal(await recorder.flush(), false);
  assert.equal(log.appends.length, 1);
  assert.deepEqual(pushed, []);
  assert.deepEqual(events, ['lost']);
});
