import assert from 'node:assert/strict';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { encodeSnapshot, FINAL_STATUSES, SNAPSHOT_FIELDS, type RunStatus } from '../../src/vocabulary/index.ts';
import type { Hint, LogRecord, Store } from '../../src/store/store.ts';
import { Counters } from '../../src/telemetry/counters.ts';
import { LogBroadcaster } from '../../src/telemetry/log-broadcaster.ts';
import type { Subscriber, Subscription } from '../../src/telemetry/broadcaster.ts';
import { readFrames, type Told } from '../support/frames.ts';
import { randomFrom } from '../support/random-from.ts';

/** A log whose reads take a random number of turns, and which thins old snapshots as the store does. */
class SlowLog {
  records: LogRecord[] = [];
  lastSeq = 0;
  status: RunStatus = 'running';
  pageReads = 0;
  snapshotUnits = 64;
  #listeners = new Set<(hint: Hint) => void>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  readonly store = {
    log: {
      page: async (_runId: string, after: number, to: number, maxBytes: number) => {
        this.pageReads++;
        await this.#pause();
        const all = this.records.filter(({ seq }) => seq > after && seq <= to);
        let bytes = 0;
        const records = all.filter((record) => {
          const hasRoom = bytes < maxBytes;
          bytes += record.kind === 'snapshot' ? record.frame.byteLength : 200;
          return hasRoom;
        });
        const end = this.lastSeq;
        const isCut = records.length < all.length;
        await this.#pause();
        return { records, to: isCut ? records.at(-1)!.seq : Math.max(after, Math.min(to, end)), end };
      },
      lastSeq: async () => {
        await this.#pause();
        return this.lastSeq;
      },
      lastSeqs: async (runIds: readonly string[]) => {
        await this.#pause();
        return new Map(runIds.map((id) => [id, this.lastSeq]));
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
      if (kind === 'snapshot') return { seq, kind, step: seq, frame: snapshotFrame(seq, this.snapshotUnits) };
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

const snapshotFrame = (seq: number, units: number): Uint8Array =>
  encodeSnapshot({
    header: {
      seq,
      step: seq,
      epoch: 0,
      samples: 1,
      layers: [{ name: 'dense_1', units, activation: 'relu' }],
      fields: SNAPSHOT_FIELDS,
    },
    data: new Float32Array(3 * units),
  });

/** Collects what it gets, fills up now and then, and drains after a while. */
class Reader implements Subscriber {
  received: Exclude<Told, { type: 'caughtUp' }>[] = [];
  caughtUpAt: number | null = null;
  droppedAtCaughtUp = 0;
  hasEnded = false;
  isFull = false;
  writes = 0;
  subscription: Subscription | null = null;
  readonly #takes: () => boolean;

  constructor(takes: () => boolean = () => true) {
    this.#takes = takes;
  }

  write(frames: Buffer): boolean {
    assert.ok(!this.isFull, 'nothing is written to a full subscriber');
    assert.ok(!this.hasEnded, 'nothing is written after the end');
    this.writes++;
    for (const told of readFrames(frames)) {
      if (told.type === 'caughtUp') {
        assert.equal(this.caughtUpAt, null, 'caughtUp is reported once');
        this.caughtUpAt = told.seq;
        this.droppedAtCaughtUp = told.droppedSnapshots ?? 0;
      } else this.received.push(told);
    }
    this.isFull = !this.#takes();
    return !this.isFull;
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
    return this.received.at(-1)?.seq ?? 0;
  }
  get messages(): number[] {
    return this.received.filter(({ type }) => type !== 'snapshot').map(({ seq }) => seq);
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > 20_000) assert.fail(`never: ${what}`);
    await turn();
  }
}

function open(seed = 1, lookMs = 60_000): { log: SlowLog; broadcaster: LogBroadcaster; counters: Counters } {
  const log = new SlowLog(randomFrom(seed));
  const counters = new Counters();
  const broadcaster = new LogBroadcaster({
    store: log.store,
    counters,
    lookMs,
    onError: (error) => {
      throw error;
    },
  });
  return { log, broadcaster, counters };
}

test('what a process wrote that died before its hint is told soon, and looked for no more when nobody reads', async () => {
  const { log, broadcaster } = open(1, 5);
  log.append(['queued', 'running']);
  const reader = new Reader();
  broadcaster.subscribe('run', 0, reader);
  await until(() => reader.caughtUpAt === 2, 'caught up');
  log.append(['metrics', 'succeeded']);
  while (!reader.hasEnded) await delay(1);
  assert.deepEqual(reader.messages, [1, 2, 3, 4]);
  assert.equal(broadcaster.subscriberCount, 0);
  broadcaster.close();
});

test('a subscriber gets the stored records, then caughtUp, then live ones, then the end', async () => {
  const { log, broadcaster } = open();
  log.append(['queued', 'running', 'metrics', 'snapshot', 'metrics']);
  const reader = new Reader();
  broadcaster.subscribe('run', 2, reader);
  await until(() => reader.caughtUpAt === 5, 'caught up');
  assert.deepEqual(
    reader.received.map(({ seq }) => seq),
    [3, 4, 5],
  );
  broadcaster.appended('run', log.append(['metrics', 'snapshot']));
  broadcaster.appended('run', log.append(['succeeded']));
  const reads = log.pageReads;
  await until(() => reader.hasEnded, 'the end');
  assert.deepEqual(
    reader.received.map(({ seq }) => seq),
    [3, 4, 5, 6, 7, 8],
  );
  assert.equal(log.pageReads, reads, 'live records need no read');
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

test('a subscriber that begins at the end, or beyond it, gets what is appended from then on', async () => {
  for (const since of [4, 10, Infinity]) {
    const { log, broadcaster } = open(since === Infinity ? 3 : since);
    log.append(['queued', 'running', 'metrics']);
    const early = new Reader();
    broadcaster.subscribe('run', 0, early);
    await until(() => early.caughtUpAt !== null, 'the first has caught up');
    const reader = new Reader();
    broadcaster.subscribe('run', since, reader);
    const added = log.append(['metrics']);
    broadcaster.appended('run', added);
    await until(() => reader.caughtUpAt !== null, 'caught up');
    assert.ok(reader.caughtUpAt! <= 4);
    broadcaster.appended('run', log.append(['metrics', 'succeeded']));
    await until(() => reader.hasEnded && early.hasEnded, 'the end');
    assert.deepEqual(reader.messages.slice(-2), [5, 6]);
    assert.deepEqual(early.messages, [1, 2, 3, 4, 5, 6]);
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
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomFrom(seed);
    const { log, broadcaster, counters } = open(seed);
    // So large that few of them are kept in memory.
    log.snapshotUnits = 16_000;
    const reader = new Reader(() => reader.received.length < 2 || random() < 0.3);
    reader.subscription = broadcaster.subscribe('run', 0, reader);
    await until(() => reader.caughtUpAt !== null, 'caught up');
    let snapshots = 0;
    const append = (): void => {
      const kinds = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
        random() < 0.6 ? 'snapshot' : 'metrics',
      );
      snapshots += kinds.filter((kind) => kind === 'snapshot').length;
      const records = log.append(kinds);
      if (random() < 0.5) log.thin();
      broadcaster.appended('run', records);
    };
    for (let round = 0; round < 100; round++) {
      append();
      if (random() < 0.1) reader.drain();
      for (let turns = random() * 3; turns > 0; turns--) await turn();
    }
    const isThere = () => {
      reader.drain();
      return reader.lastSeq === log.lastSeq;
    };
    broadcaster.appended('run', log.append(['metrics']));
    await until(isThere, 'the rest');
    for (let turns = 0; turns < 20; turns++) await turn();
    broadcaster.appended('run', log.append(['metrics', 'snapshot', 'metrics']));
    snapshots += 1;
    await until(isThere, 'live again');
    assert.equal(reader.received.at(-2)?.type, 'snapshot', 'snapshots come again');
    assert.deepEqual(
      reader.messages,
      log.records.filter(({ kind }) => kind === 'message').map(({ seq }) => seq),
    );
    const told = reader.received.reduce(
      (sum, record) => sum + (record.type === 'snapshot' ? 0 : (record.droppedSnapshots ?? 0)),
      0,
    );
    assert.ok(told > 0, 'it was slow');
    assert.equal(counters.snapshotsSkipped, told);
    assert.equal(reader.received.length - reader.messages.length + told, snapshots, `seed ${seed}`);
    broadcaster.close();
  }
});

test('a subscriber that is behind gets in one write what was appended in many parts', async () => {
  const { log, broadcaster } = open();
  const late: Reader = new Reader(() => late.received.length === 0);
  const prompt = new Reader();
  const readers = [late, prompt];
  for (const reader of readers) reader.subscription = broadcaster.subscribe('run', 0, reader);
  await until(() => readers.every(({ caughtUpAt }) => caughtUpAt !== null), 'caught up');
  for (let i = 0; i < 20; i++) {
    broadcaster.appended('run', log.append(['metrics', 'snapshot']));
    await turn();
    await turn();
  }
  await until(() => prompt.lastSeq === 40, 'all of it');
  assert.equal(late.writes, 2, 'caughtUp, and the first part');
  assert.equal(prompt.writes, 21);
  late.drain();
  await until(() => late.lastSeq === 40, 'the rest');
  assert.equal(late.writes, 3);
  assert.deepEqual(late.received, prompt.received);
  broadcaster.close();
});

test('a snapshot that is too large for a socket counts as dropped', async () => {
  const { log, broadcaster } = open();
  log.append(['metrics', 'snapshot', 'metrics']);
  log.snapshotUnits = 400_000;
  log.append(['snapshot', 'snapshot', 'metrics', 'snapshot']);
  const reader = new Reader();
  broadcaster.subscribe('run', 0, reader);
  await until(() => reader.caughtUpAt === 7, 'caught up');
  broadcaster.appended('run', log.append(['snapshot', 'metrics']));
  await until(() => reader.lastSeq === 9, 'the last message');
  assert.deepEqual(
    reader.received.map((record) => [record.seq, record.type === 'snapshot' ? undefined : record.droppedSnapshots]),
    [
      [1, undefined],
      [2, undefined],
      [3, undefined],
      [6, 2],
      [9, 1],
    ],
  );
  assert.deepEqual(reader.droppedAtCaughtUp, 1);
  broadcaster.close();
});

test('subscribers share pages: each is read once, wherever they begin', async () => {
  const { log, broadcaster } = open();
  log.append(Array.from({ length: 5000 }, () => 'metrics'));
  const readers = Array.from({ length: 60 }, (_, i) => ({ since: i * 67, reader: new Reader() }));
  for (const { since, reader } of readers) broadcaster.subscribe('run', since, reader);
  await until(() => readers.every(({ reader }) => reader.caughtUpAt === 5000), 'all have caught up');
  for (const { since, reader } of readers)
    assert.deepEqual(
      reader.messages,
      Array.from({ length: 5000 - since }, (_, i) => since + 1 + i),
    );
  assert.ok(log.pageReads <= 12, `${log.pageReads} pages were read`);
  log.append(['metrics', 'metrics']);
  log.hint();
  await until(() => readers.every(({ reader }) => reader.lastSeq === 5002), 'what another process wrote');
  assert.ok(log.pageReads <= 13, `${log.pageReads} pages were read`);
  broadcaster.close();
});

test('a store that does not answer is asked again, and nothing is lost', async () => {
  const log = new SlowLog(randomFrom(1));
  const faults: unknown[] = [];
  let failures = 3;
  const { store } = log;
  const failing = <T>(answer: () => Promise<T>): Promise<T> =>
    failures-- > 0 ? Promise.reject(new Error('the database is away')) : answer();
  const broadcaster = new LogBroadcaster({
    store: {
      ...store,
      log: { ...store.log, page: (...question) => failing(() => store.log.page(...question)) },
      runs: { ...store.runs, state: (id) => failing(() => store.runs.state(id)) },
    },
    counters: new Counters(),
    onError: (error) => faults.push(error),
    retryMs: 1,
  });
  log.append(Array.from({ length: 600 }, () => 'metrics'));
  const reader = new Reader();
  broadcaster.subscribe('run', 0, reader);
  await until(() => reader.caughtUpAt === 600, 'caught up');
  failures = 2;
  log.append(['metrics', 'succeeded']);
  log.hint();
  await until(() => reader.hasEnded, 'the end');
  assert.equal(reader.messages.length, 602);
  assert.equal(faults.length, 5);
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
      const seqs = reader.received.map(({ seq }) => seq);
      assert.ok(
        seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] as number)),
        `in order, seed ${seed}`,
      );
    }
    assert.equal(broadcaster.subscriberCount, 0);
    broadcaster.close();
  }
});
