import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { FINAL_STATUSES, type RunStatus } from '../../src/vocabulary/index.ts';
import type { Hint, LogRecord, Store } from '../../src/store/store.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { LogBroadcaster } from '../../src/telemetry/log-broadcaster.ts';
import type { Subscriber, Subscription } from '../../src/telemetry/broadcaster.ts';

/** Mulberry32: a small seeded generator, so that a failing interleaving can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A log whose reads take a random number of turns, and which thins old snapshots as the store does. */
class SlowLog {
  records: LogRecord[] = [];
  lastSeq = 0;
  status: RunStatus = 'running';
  #listeners = new Set<(hint: Hint) => void>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  readonly store = {
    log: {
      read: async (_runId: string, since: number, limit: number) => {
        await this.#pause();
        const page = this.records.filter((record) => record.seq > since).slice(0, limit);
        await this.#pause();
        return page;
      },
      lastSeq: async () => {
        await this.#pause();
        return this.lastSeq;
      },
    },
    runs: {
      state: async () => {
        await this.#pause();
        return { status: this.status, priority: 0 };
      },
    },
    subscribe: (listener: (hint: Hint) => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  } as unknown as Pick<Store, 'log' | 'runs' | 'subscribe'>;

  append(kinds: ('snapshot' | 'metrics' | RunStatus)[]): LogRecord[] {
    const added = kinds.map((kind): LogRecord => {
      const seq = ++this.lastSeq;
      if (kind === 'snapshot') return { seq, kind, step: seq, frame: new Uint8Array(1000) };
      const base = { seq, step: seq, at: '' };
      if (kind === 'metrics')
        return { seq, kind: 'message', message: { ...base, type: 'metrics', steps: [seq], values: { loss: [1] } } };
      if ((FINAL_STATUSES as readonly string[]).includes(kind)) this.status = kind;
      const progress = { epoch: 0, epochs: 1, step: 0, steps: 1 };
      return {
        seq,
        kind: 'message',
        message: {
          ...base,
          type: 'status',
          status: kind,
          progress,
          summary: {},
          error: null,
          attempt: 1,
          engine: null,
        },
      };
    });
    this.records.push(...added);
    return added;
  }

  thin(): void {
    this.records = this.records.filter((record) => record.kind === 'message' || this.#random() < 0.5);
  }

  hint(): void {
    for (const listener of this.#listeners) listener({ type: 'appended', runId: 'run', seq: this.lastSeq });
  }

  async #pause(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 4); turns > 0; turns--) await turn();
  }
}

/** Collects what it gets, fills up now and then, and drains after a while. */
class Reader implements Subscriber {
  received: { record: LogRecord; dropped: number }[] = [];
  caughtUpAt: number | null = null;
  hasEnded = false;
  isFull = false;
  subscription: Subscription | null = null;
  readonly #takes: () => boolean;

  constructor(takes: () => boolean = () => true) {
    this.#takes = takes;
  }

  write(record: LogRecord, dropped: number): boolean {
    assert.ok(!this.isFull, 'nothing is written to a full subscriber');
    assert.ok(!this.hasEnded, 'nothing is written after the end');
    this.received.push({ record, dropped });
    this.isFull = !this.#takes();
    return !this.isFull;
  }

  caughtUp(seq: number): void {
    assert.equal(this.caughtUpAt, null, 'caughtUp is reported once');
    this.caughtUpAt = seq;
  }

  ended(): void {
    assert.ok(!this.hasEnded, 'the end is reported once');
    this.hasEnded = true;
  }

  drain(): void {
    this.isFull = false;
    this.subscription?.drained();
  }

  get lastSeq(): number {
    return this.received.at(-1)?.record.seq ?? 0;
  }
  get messages(): number[] {
    return this.received.filter(({ record }) => record.kind === 'message').map(({ record }) => record.seq);
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > 20_000) assert.fail(`never: ${what}`);
    await turn();
  }
}

function open(seed = 1): { log: SlowLog; broadcaster: LogBroadcaster; counters: Counters } {
  const log = new SlowLog(randomFrom(seed));
  const counters = new Counters();
  const broadcaster = new LogBroadcaster({
    store: log.store,
    counters,
    onError: (error) => {
      throw error;
    },
  });
  return { log, broadcaster, counters };
}

test('a subscriber gets the stored records, then caughtUp, then live ones, then the end', async () => {
  const { log, broadcaster } = open();
  log.append(['queued', 'running', 'metrics', 'snapshot', 'metrics']);
  const reader = new Reader();
  broadcaster.subscribe('run', 2, reader);
  await until(() => reader.caughtUpAt === 5, 'caught up');
  assert.deepEqual(
    reader.received.map(({ record }) => record.seq),
    [3, 4, 5],
  );
  broadcaster.appended('run', log.append(['metrics', 'snapshot']));
  broadcaster.appended('run', log.append(['succeeded']));
  assert.deepEqual(
    reader.received.map(({ record }) => record.seq),
    [3, 4, 5, 6, 7, 8],
    'live records need no read',
  );
  assert.ok(reader.hasEnded);
  assert.equal(broadcaster.subscriberCount, 0);
  broadcaster.close();
});

test('a finished run ends its subscriber, wherever that starts', async () => {
  for (const since of [0, 3, 4, 99]) {
    const { log, broadcaster } = open(since);
    log.append(['queued', 'running', 'metrics', 'failed']);
    const reader = new Reader();
    broadcaster.subscribe('run', since, reader);
    await until(() => reader.hasEnded, `the end from ${since}`);
    assert.equal(reader.caughtUpAt, 4);
    assert.deepEqual(
      reader.messages,
      [1, 2, 3, 4].filter((seq) => seq > since),
    );
    broadcaster.close();
  }
});

test('a hint from another process is enough to receive everything', async () => {
  const { log, broadcaster } = open();
  const readers = [new Reader(), new Reader()];
  for (const reader of readers) broadcaster.subscribe('run', 0, reader);
  await until(() => readers.every((reader) => reader.caughtUpAt !== null), 'caught up');
  log.append(Array.from({ length: 200 }, () => 'metrics'));
  log.append(['succeeded']);
  log.hint();
  await until(() => readers.every((reader) => reader.hasEnded), 'the end');
  for (const reader of readers) assert.equal(reader.messages.length, 201);
  broadcaster.close();
});

test('a slow subscriber loses only snapshots, and learns how many', async () => {
  const { log, broadcaster, counters } = open();
  const reader = new Reader(() => reader.received.length !== 2);
  reader.subscription = broadcaster.subscribe('run', 0, reader);
  await until(() => reader.caughtUpAt !== null, 'caught up');
  broadcaster.appended('run', log.append(['metrics', 'snapshot', 'snapshot', 'metrics']));
  broadcaster.appended('run', log.append(['snapshot', 'metrics', 'snapshot']));
  assert.equal(reader.received.length, 2, 'it is full');
  reader.drain();
  await until(() => reader.lastSeq === 6, 'the rest');
  assert.deepEqual(reader.messages, [1, 4, 6]);
  assert.deepEqual(
    reader.received.map(({ dropped }) => dropped),
    [0, 0, 3, 0],
  );
  assert.equal(counters.snapshotsSkipped, 3);
  for (let turns = 0; turns < 20; turns++) await turn(); // its next page is read, and it is live again
  broadcaster.appended('run', log.append(['snapshot', 'metrics']));
  assert.equal(reader.lastSeq, 9, 'live again');
  assert.equal(reader.received.at(-2)?.record.kind, 'snapshot', 'snapshots come again');
  broadcaster.close();
});

test('a subscriber that throws is closed, and no other one is affected', async () => {
  const log = new SlowLog(randomFrom(1));
  const faults: unknown[] = [];
  const broadcaster = new LogBroadcaster({
    store: log.store,
    counters: new Counters(),
    onError: (error) => faults.push(error),
  });
  const reader = new Reader();
  broadcaster.subscribe('run', 0, {
    write: () => {
      throw new Error('a broken socket');
    },
    caughtUp: () => {},
    ended: () => {},
  });
  broadcaster.subscribe('run', 0, reader);
  await until(() => reader.caughtUpAt !== null, 'caught up');
  for (let turns = 0; turns < 20; turns++) await turn();
  broadcaster.appended('run', log.append(['metrics', 'succeeded']));
  await until(() => reader.hasEnded && faults.length === 1, 'the end of one, the fault of the other');
  assert.equal(broadcaster.subscriberCount, 0);
  broadcaster.close();
});

test('there are no gaps, duplicates or disorder, however readers come, go and stall', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomFrom(seed * 7919);
    const { log, broadcaster } = open(seed);
    const readers: { reader: Reader; since: number }[] = [];
    const join = (since: number): void => {
      const reader = new Reader(() => random() < 0.8);
      reader.subscription = broadcaster.subscribe('run', since, reader);
      readers.push({ reader, since });
    };
    join(0);
    for (let round = 0; round < 120; round++) {
      const dice = random();
      if (dice < 0.35) {
        const records = log.append(
          Array.from({ length: 1 + Math.floor(random() * 5) }, () => (random() < 0.5 ? 'snapshot' : 'metrics')),
        );
        if (random() < 0.7) broadcaster.appended('run', records);
        if (random() < 0.9) log.hint();
      } else if (dice < 0.45) join(Math.floor(random() * (log.lastSeq + 1)));
      else if (dice < 0.5) log.thin();
      else if (dice < 0.6) {
        // A socket breaks, and its client reconnects with the last seq that it saw.
        const index = Math.floor(random() * readers.length);
        const gone = readers[index];
        if (gone) {
          gone.reader.subscription?.close();
          const reader = new Reader(() => random() < 0.8);
          reader.received = gone.reader.received;
          reader.subscription = broadcaster.subscribe('run', Math.max(gone.since, gone.reader.lastSeq), reader);
          readers[index] = { reader, since: gone.since };
        }
      } else if (dice < 0.85) for (const { reader } of readers) if (reader.isFull) reader.drain();
      await turn();
    }
    broadcaster.appended('run', log.append(['metrics', 'succeeded']));
    await until(() => {
      for (const { reader } of readers) if (reader.isFull) reader.drain();
      return readers.every(({ reader }) => reader.hasEnded);
    }, `the end, seed ${seed}`);
    for (const { reader, since } of readers) {
      const expected = log.records
        .filter((record) => record.kind === 'message' && record.seq > since)
        .map((record) => record.seq);
      assert.deepEqual(reader.messages, expected, `seed ${seed}`);
      const seqs = reader.received.map(({ record }) => record.seq);
      assert.ok(
        seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] as number)),
        `in order, seed ${seed}`,
      );
    }
    assert.equal(broadcaster.subscriberCount, 0);
    broadcaster.close();
  }
});
