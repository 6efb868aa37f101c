import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckpointReport } from '../../src/schemas/index.ts';
import { decodeSnapshot, type StreamMessage } from '../../src/vocabulary/index.ts';
import type { Hint, LogEntry, LogRecord, Store } from '../../src/store/store.ts';
import { DatabaseUnavailable } from '../../src/store/postgres/availability.ts';
import { describeStores } from '../support/database.ts';
import { heldRun, progressAt } from '../support/runs.ts';

const metrics = (step: number): LogEntry => ({ type: 'metrics', step, steps: [step], values: { loss: [step / 10] } });
const event = (step: number, message = 'something happened'): LogEntry => ({
  type: 'event',
  step,
  event: { code: 'RUN_RESUMED', level: 'info', message },
});
const snapshot = (step: number): LogEntry => ({
  type: 'snapshot',
  step,
  header: {
    step,
    epoch: 0,
    samples: 32,
    layers: [{ name: 'dense_1', units: 2, activation: 'relu' }],
    fields: ['fired', 'meanAbs', 'gradient'],
  },
  data: Float32Array.of(0.5, 1, 2, 3, 4, step),
});
const verdict = (step: number): LogEntry => ({
  type: 'verdict',
  step,
  neurons: { object: 'neurons', step, samples: 10, exact: true, finite: true, layers: [] },
  evidence: { step },
  histograms: { samples: step, layers: [] },
});
const checkpoint = (step: number, isFinal = false, changes: Partial<CheckpointReport> = {}): LogEntry => ({
  type: 'checkpoint',
  step,
  epoch: 1,
  isFinal,
  isBest: false,
  keep: 0,
  best: null,
  state: new Uint8Array(100).fill(step),
  ...changes,
});

const messages = (records: LogRecord[] | null): StreamMessage[] =>
  (records ?? []).flatMap((record) => (record.kind === 'message' ? [record.message] : []));
const order = (row: Record<string, unknown>): number => Number(row['seq'] ?? row['step'] ?? row['kind'] ?? 0);
/** Hints are delivered in a later turn than the write. */
const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** The next hint of the given kind. */
const hintOf = (store: Store, isIt: (hint: Hint) => boolean): Promise<Hint> =>
  new Promise((resolve) => {
    const stop = store.subscribe((hint) => {
      if (!isIt(hint)) return;
      stop();
      resolve(hint);
    });
  });

describeStores((store) => {
  test('entries of every kind are numbered, written once and read back unchanged', async () => {
    const lease = await heldRun(store());
    const entries: LogEntry[] = [
      { type: 'metrics', step: 3, steps: [1, 2, 3], values: { loss: [0.1, null, 1 / 3], accuracy: [1e-300, -0, NaN] } },
      {
        type: 'event',
        step: 3,
        event: {
          code: 'NEURONS_DIED',
          level: 'critical',
          message: 'a neuron\0 died \ud800',
          layer: 'dense_1',
          neuron: 4,
          data: { rate: 0.5, list: [1] },
        },
      },
      verdict(3),
      snapshot(3),
      checkpoint(3),
    ];
    const appended = await store().log.append(lease, entries, {
      progress: progressAt(3),
      summary: { loss: 0.5 },
      engine: { name: 'onnx', version: '1', backend: 'onnxruntime' },
      to: 'succeeded',
    });
    assert.deepEqual(
      appended?.map(({ seq }) => seq),
      [3, 4, 5, 6, 7],
    );
    assert.deepEqual(
      await store().log.read(lease.runId, 2, 100),
      appended?.map((record) =>
        record.kind === 'snapshot' ? { ...record, frame: Buffer.from(record.frame) } : record,
      ),
    );

    const [columns, died, saved, ended] = messages(appended);
    assert.deepEqual(columns?.type === 'metrics' && [columns.step, columns.steps, columns.values], [
      3,
      [1, 2, 3],
      { loss: [0.1, null, 1 / 3], accuracy: [1e-300, -0, null] },
    ]);
    assert.deepEqual(died?.type === 'event' && died.event, {
      code: 'NEURONS_DIED',
      level: 'critical',
      message: 'a neuron\uFFFD died \uFFFD',
      layer: 'dense_1',
      neuron: 4,
      data: { rate: 0.5, list: [1] },
    });
    assert.deepEqual(saved?.type === 'checkpoint' && [saved.epoch, saved.bytes], [1, 100]);
    assert.deepEqual(
      ended?.type === 'status' && [
        ended.status,
        ended.step,
        ended.progress,
        ended.summary,
        ended.attempt,
        ended.engine?.name,
      ],
      ['succeeded', 3, progressAt(3), { loss: 0.5 }, 1, 'onnx'],
    );
    const frame = appended?.find((record) => record.kind === 'snapshot');
    assert.deepEqual(frame?.kind === 'snapshot' && decodeSnapshot(frame.frame).header.seq, 5);
    assert.deepEqual(frame?.kind === 'snapshot' && [...decodeSnapshot(frame.frame).data], [0.5, 1, 2, 3, 4, 3]);
    const run = await store().runs.get(lease.runId);
    assert.deepEqual(
      [run?.status, run?.progress, run?.summary, run?.engine?.name],
      ['succeeded', progressAt(3), { loss: 0.5 }, 'onnx'],
    );
    assert.ok(run?.finishedAt);
  });

  test('an append without entries changes the run and logs nothing', async () => {
    const lease = await heldRun(store());
    assert.deepEqual(await store().log.append(lease, [], { progress: progressAt(9), summary: { loss: 1 } }), []);
    assert.deepEqual(await store().log.append(lease, [], { summary: { valLoss: 2 } }), []);
    const run = await store().runs.get(lease.runId);
    assert.deepEqual(
      [run?.progress.step, run?.summary],
      [9, { loss: 1, valLoss: 2 }],
      'a metric that is not measured again stays',
    );
    assert.equal(await store().log.lastSeq(lease.runId), 2);
  });

  test('running can be logged again, with the engine', async () => {
    const lease = await heldRun(store());
    const [message] = messages(
      await store().log.append(lease, [], {
        to: 'running',
        engine: { name: 'tensorflow', version: '4.22.0', backend: 'wasm' },
      }),
    );
    assert.deepEqual(message?.type === 'status' && [message.seq, message.status, message.engine?.backend], [
      3,
      'running',
      'wasm',
    ]);
    assert.ok(await store().log.append(lease, [], {}), 'the lease still holds');
  });

  test('an append with an old lease writes nothing', async () => {
    const old = await heldRun(store());
    await store().runs.transition(old.runId, { from: ['running'], to: 'queued' });
    assert.equal(await store().log.append(old, [metrics(1)], {}), null, 'queued');
    await store().runs.claim(old.runId, 'another');
    const before = await store().log.read(old.runId, 0, 100);
    assert.equal(
      await store().log.append(old, [metrics(1), verdict(1), checkpoint(1), snapshot(1)], {
        progress: progressAt(1),
        to: 'failed',
        error: { code: 'DIVERGED', message: '' },
      }),
      null,
    );
    assert.deepEqual(await store().log.read(old.runId, 0, 100), before);
    assert.deepEqual(await store().checkpoints.list(old.runId), []);
    assert.deepEqual(await store().verdicts.all(old.runId), []);
    const { rows } = await store().pool.query('select 1 from run_parts where run_id = $1', [old.runId]);
    assert.deepEqual(rows, [], 'the state that was already written is taken back');
    assert.equal((await store().runs.get(old.runId))?.status, 'running');
    assert.ok(await store().log.append({ ...old, attempt: 2 }, [metrics(1)], {}));
  });

  test('an append that is sent again is written once, and returns what it wrote', async () => {
    const lease = await heldRun(store());
    const { runId } = lease;
    const send = async (
      ...append: [entries: LogEntry[], change: Parameters<Store['log']['append']>[2], after: number]
    ) => (await store().log.append(lease, ...append))?.map(({ seq }) => seq);
    const entries = [metrics(1), checkpoint(1), snapshot(1)];
    for (let tries = 0; tries < 2; tries++)
      assert.deepEqual(await send(entries, { progress: progressAt(1) }, 2), [3, 4, 5]);
    assert.equal(await send([event(1)], {}, 2), undefined, 'another one finds the log grown');
    assert.equal((await store().checkpoints.latest(runId))?.step, 1);
    const states = await store().pool.query(`select from run_parts where run_id = $1 and name like 'state%'`, [runId]);
    assert.equal(states.rowCount, 1);

    for (let tries = 0; tries < 2; tries++)
      assert.deepEqual(await send([metrics(2)], { to: 'succeeded' }, 5), [6, 7], 'the last one too');
    assert.equal(await send([metrics(2)], { to: 'failed' }, 5), undefined);
    assert.equal(await store().log.lastSeq(runId), 7);
  });

  test('an append that finds the status of somebody else does not take it for its own', async () => {
    const lease = await heldRun(store());
    await store().runs.transition(lease.runId, { from: ['running'], to: 'cancelled' });
    assert.equal(await store().log.append(lease, [metrics(1)], {}, 2), null);
    assert.equal(await store().log.append(lease, [], { to: 'succeeded' }, 2), null);
  });

  for (const [size, bytes] of [
    ['a short', 100],
    ['a long', 100_000],
  ] as const)
    test(`a connection that is lost at the commit of ${size} append loses neither the append nor the state of a checkpoint`, async (t) => {
      const lease = await heldRun(store());
      const { pool } = store();
      const [connect, send] = [pool.connect.bind(pool), pool.query.bind(pool)];
      let isLost = false;
      const losing =
        <Rest extends unknown[]>(query: (...parts: Rest) => Promise<unknown>, commits: RegExp) =>
        async (...parts: Rest): Promise<unknown> => {
          const answer = await query(...parts);
          const [asked] = parts as unknown as [string | { text: string }];
          if (!commits.test(typeof asked === 'string' ? asked : asked.text) || isLost) return answer;
          isLost = true;
          throw new DatabaseUnavailable({ kind: 'away', reason: 'The connection was lost.' });
        };
      // The pool's own queries come with a callback. Of a short append, its only statement commits it.
      t.mock.method(pool, 'query', losing(send as (...parts: unknown[]) => Promise<unknown>, /last_seq = last_seq \+/));
      t.mock.method(pool, 'connect', async (callback?: Parameters<typeof connect>[0]) => {
        if (callback) return connect(callback);
        const client = await connect();
        client.query = losing(
          client.query.bind(client) as (...parts: unknown[]) => Promise<unknown>,
          /^commit$/,
        ) as typeof client.query;
        return client;
      });
      const state = new Uint8Array(bytes).fill(1);
      const entries = [metrics(1), checkpoint(1, false, { state })];
      await assert.rejects(store().log.append(lease, entries, {}, 2), DatabaseUnavailable);
      assert.equal((await store().checkpoints.latest(lease.runId))?.step, 1);
      const written = await store().log.append(lease, entries, {}, 2);
      assert.deepEqual(
        written?.map(({ seq }) => seq),
        [3, 4],
      );
      assert.deepEqual((await store().checkpoints.latest(lease.runId))?.state, state);
    });

  test('what is written by one statement is what a transaction writes', async () => {
    const written: Record<string, unknown>[] = [];
    for (const knowsEnd of [true, false]) {
      const lease = await heldRun(store());
      const { runId } = lease;
      const append = async (...[entries, change]: [LogEntry[], Parameters<Store['log']['append']>[2]]) => {
        const end = await store().log.lastSeq(runId);
        assert.ok(await store().log.append(lease, entries, change, knowsEnd ? end : undefined));
      };
      await append([], { engine: { name: 'onnx', version: '1', backend: 'onnxruntime' }, to: 'running' });
      await append([verdict(0), metrics(1), snapshot(1), event(1, 'a neuron\0 died \ud800'), snapshot(2)], {
        progress: progressAt(1),
        summary: { loss: 0.5 },
      });
      await append(
        [
          checkpoint(2, false, { isBest: true }),
          { type: 'metrics', step: 3, steps: [2, 3], values: { loss: [NaN, null] }, every: 2 },
          { type: 'metrics', step: 3, steps: [3], values: { valLoss: [-0] } },
          verdict(3),
          { ...verdict(3), evidence: 'of the later one' } as LogEntry,
        ],
        {},
      );
      await append([checkpoint(4, true), { ...verdict(4), histograms: null } as LogEntry], {
        evaluation: { loss: 1, accuracy: null } as never,
        to: 'succeeded',
      });
      const tables: Record<string, unknown> = {};
      for (const [table, columns] of Object.entries({
        runs: 'status, progress, summary, evaluation, engine, error, last_seq, snapshots, worker_id, request, furthest_step, finished_at = last_at as ended',
        run_messages: 'seq, type, step, body, data, kind',
        metric_kinds: '*',
        verdicts: 'step, data, histograms',
        verdict_parts: 'step',
        checkpoints: 'step, epoch, bytes, is_final, is_best',
        run_parts: 'part, data',
        run_figures: 'loss',
      })) {
        const id = table === 'runs' ? 'id' : 'run_id';
        const { rows } = await store().pool.query<Record<string, unknown>>(
          `select ${columns} from ${table} where ${id} = $1`,
          [runId],
        );
        tables[table] = rows.map(({ run_id: _run, ...row }) => row).sort((a, b) => order(a) - order(b));
      }
      const { rows: late } = await store().pool.query(
        `select from run_messages join runs on id = run_id where run_id = $1 and at > last_at`,
        [runId],
      );
      assert.equal(late.length, 0);
      written.push(tables);
    }
    const [atOnce, inTransaction] = written;
    assert.deepEqual(
      (atOnce as { run_messages: { seq: number }[] }).run_messages.map(({ seq }) => seq),
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    assert.deepEqual(atOnce, inTransaction);
  });

  test('the appends of a short run take a statement each, after a look', async (t) => {
    const lease = await heldRun(store());
    const { pool } = store();
    const begun = t.mock.method(pool, 'connect', pool.connect.bind(pool));
    const asked = t.mock.method(pool, 'query', pool.query.bind(pool));
    const statements = (): number =>
      asked.mock.calls.filter(({ arguments: [query] }) => !JSON.stringify(query).includes('pg_notify')).length;
    await store().log.append(lease, [], { progress: progressAt(0), to: 'running' }, 2);
    assert.equal(statements(), 1);
    await store().log.append(lease, [metrics(1), verdict(1), checkpoint(1, true)], { to: 'succeeded' }, 3);
    assert.equal(statements(), 3);
    assert.ok(
      begun.mock.calls.every(({ arguments: [callback] }) => callback),
      'a transaction has its own connection',
    );
  });

  test('a failed append leaves nothing behind, and the next one continues without a gap', async () => {
    const lease = await heldRun(store());
    const broken: LogEntry = { type: 'metrics', step: 1, steps: [1, 2], values: { loss: [1] } };
    await assert.rejects(
      store().log.append(lease, [event(1), checkpoint(1), broken], { progress: progressAt(1) }),
      RangeError,
    );
    assert.deepEqual(
      [
        await store().log.lastSeq(lease.runId),
        (await store().runs.get(lease.runId))?.progress.step,
        await store().checkpoints.list(lease.runId),
      ],
      [2, 0, []],
    );
    assert.deepEqual(
      (await store().log.append(lease, [event(2)], {}))?.map(({ seq }) => seq),
      [3],
    );
  });

  test('concurrent appends get numbers without gaps, and hints come after the commit', async () => {
    const leases = await Promise.all([heldRun(store()), heldRun(store()), heldRun(store())]);
    await nextTurn();
    const seen: Promise<void>[] = [];
    const stop = store().subscribe((hint) => {
      if (hint.type !== 'appended' || !leases.some(({ runId }) => runId === hint.runId)) return;
      seen.push(
        store()
          .log.lastSeq(hint.runId)
          .then((seq) => assert.ok(seq >= hint.seq, `${hint.seq} was announced while the log ended at ${seq}`)),
      );
    });
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        store().log.append(leases[i % 3] as (typeof leases)[number], [event(i), metrics(i)], {}),
      ),
    );
    for (const { runId } of leases)
      assert.deepEqual(
        (await store().log.read(runId, 0, 1000)).map(({ seq }) => seq),
        Array.from({ length: 42 }, (_, i) => i + 1),
      );
    await nextTurn();
    stop();
    assert.equal(seen.length, 60);
    await Promise.all(seen);
  });

  test('the writer continues before listeners run', async () => {
    const lease = await heldRun(store());
    const order: string[] = [];
    const hint = hintOf(
      store(),
      (heard) => heard.type === 'appended' && heard.runId === lease.runId && heard.seq === 3,
    ).then(() => order.push('listener'));
    await store().log.append(lease, [event(1)], {});
    order.push('writer');
    await hint;
    assert.deepEqual(order, ['writer', 'listener']);
  });

  test('reading continues where it stopped', async () => {
    const lease = await heldRun(store());
    await store().log.append(
      lease,
      Array.from({ length: 1201 }, (_, i) => event(i)),
      {},
    );
    const seqs: number[] = [];
    for (let since = 0; ;) {
      const page = await store().log.read(lease.runId, since, 500);
      if (page.length === 0) break;
      seqs.push(...page.map(({ seq }) => seq));
      since = seqs.at(-1) ?? 0;
    }
    assert.deepEqual(
      seqs,
      Array.from({ length: 1203 }, (_, i) => i + 1),
    );
    assert.deepEqual(await store().log.read(lease.runId, 1203, 10), []);
  });

  test('a page has what lies between two seqs, as much as fits', async () => {
    const lease = await heldRun(store());
    const { log } = store();
    const empty = { records: [], to: 0, end: 0 };
    assert.deepEqual(await log.page('run_nothing', 0, 10, 1000), empty);
    const entries = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? event(i) : snapshot(i)));
    // Two messages were there before: queued and running.
    await log.append(lease, entries, {});
    const seqsOf = async (after: number, to: number, maxBytes = 1_000_000) => {
      const page = await log.page(lease.runId, after, to, maxBytes);
      assert.equal(page.end, 12);
      return { seqs: page.records.map(({ seq }) => seq), to: page.to };
    };
    assert.deepEqual(await seqsOf(0, 4), { seqs: [1, 2, 3, 4], to: 4 });
    assert.deepEqual(await seqsOf(4, 512), { seqs: [5, 6, 7, 8, 9, 10, 11, 12], to: 12 });
    assert.deepEqual(await seqsOf(12, 512), { seqs: [], to: 12 });
    assert.deepEqual(await seqsOf(600, 1024), { seqs: [], to: 600 });
    const cut = await seqsOf(0, 512, 1000);
    assert.ok(cut.to < 12 && cut.to > 2, `to ${cut.to}`);
    assert.deepEqual(
      cut.seqs,
      Array.from({ length: cut.to }, (_, i) => i + 1),
    );
    assert.deepEqual(await seqsOf(3, 512, 1), { seqs: [4], to: 4 }, 'one record at least');
    // Those that were thinned out are missing, and not waited for.
    await store().pool.query("delete from run_messages where run_id = $1 and type = 'snapshot'", [lease.runId]);
    assert.deepEqual(await seqsOf(3, 12), { seqs: [5, 7, 9, 11], to: 12 });
    assert.deepEqual(await log.read(lease.runId, 0, 3), (await log.page(lease.runId, 0, 3, 10_000)).records);
  });

  test('events have their own pages', async () => {
    const lease = await heldRun(store());
    await store().log.append(lease, [event(1, 'one'), metrics(1), event(2, 'two'), snapshot(2), event(3, 'three')], {});
    const first = await store().log.events(lease.runId, 0, 2);
    assert.deepEqual([first.data.map(({ event: { message } }) => message), first.hasMore], [['one', 'two'], true]);
    const second = await store().log.events(lease.runId, first.data.at(-1)?.seq ?? 0, 2);
    assert.deepEqual([second.data.map(({ event: { message } }) => message), second.hasMore], [['three'], false]);
  });

  test('the reported steps of a resumed run are those in the log', async () => {
    const lease = await heldRun(store());
    assert.deepEqual(await store().log.reportedSteps(lease.runId), {
      metrics: -1,
      epochMetrics: -1,
      verdict: -1,
      snapshot: -1,
    });
    await store().log.append(
      lease,
      [
        { type: 'metrics', step: 0, steps: [10, 20, 30], values: { loss: [1, 1, 1], learningRate: [1, 1, 1] } },
        { type: 'metrics', step: 25, steps: [25], values: { valLoss: [1] } },
        snapshot(28),
        snapshot(31),
        verdict(20),
      ],
      {},
    );
    assert.deepEqual(await store().log.reportedSteps(lease.runId), {
      metrics: 30,
      epochMetrics: 25,
      verdict: 20,
      snapshot: 31,
    });
  });

  test('a large append succeeds', async () => {
    const lease = await heldRun(store());
    const steps = Array.from({ length: 2048 }, (_, i) => i);
    const values = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`key/${i}`, steps.map((step) => step * i)]),
    );
    const big: LogEntry = {
      type: 'snapshot',
      step: 1,
      header: {
        step: 1,
        epoch: 0,
        samples: 1,
        layers: [{ name: 'd', units: 1_000_000, activation: 'relu' }],
        fields: ['fired'],
      },
      data: new Float32Array(1_000_000).fill(0.25),
    };
    const appended = await store().log.append(
      lease,
      [...Array.from({ length: 10 }, () => ({ type: 'metrics' as const, step: 2047, steps, values })), big],
      {},
    );
    assert.equal(appended?.length, 11);
    const [last] = await store().log.read(lease.runId, 12, 1);
    assert.equal(last?.kind === 'snapshot' && decodeSnapshot(last.frame).data.length, 1_000_000);
  });

  test('the newest and the final checkpoint are kept, whole', async () => {
    const lease = await heldRun(store());
    assert.equal(await store().checkpoints.latest(lease.runId), null);
    const state = Uint8Array.from({ length: 5_000_001 }, (_, i) => i % 251);
    await store().log.append(
      lease,
      [{ type: 'checkpoint', step: 10, epoch: 1, isFinal: false, isBest: false, keep: 0, best: null, state }],
      {},
    );
    assert.deepEqual(
      await store()
        .checkpoints.latest(lease.runId)
        .then((found) => found && [found.step, found.bytes, Buffer.compare(found.state, state)]),
      [10, 5_000_001, 0],
    );
    await store().log.append(lease, [checkpoint(20)], {});
    await store().log.append(lease, [checkpoint(20), checkpoint(30)], {});
    await store().log.append(lease, [checkpoint(30, true)], { to: 'succeeded' });
    assert.deepEqual(
      (await store().checkpoints.list(lease.runId)).map(({ step, isFinal }) => [step, isFinal]),
      [[30, true]],
    );
    assert.equal((await store().checkpoints.latest(lease.runId))?.state[0], 30);
    const {
      rows: [parts],
    } = await store().pool.query<{ count: number }>(
      'select count(distinct name)::int as count from run_parts where run_id = $1',
      [lease.runId],
    );
    assert.equal(parts?.count, 1, 'older states are gone');
    assert.equal(
      messages(await store().log.read(lease.runId, 0, 100)).filter(({ type }) => type === 'checkpoint').length,
      5,
      'the log still tells of all',
    );
  });

  test('the best checkpoint is kept beside the newest, until there is a better one', async () => {
    const lease = await heldRun(store());
    const { checkpoints, log } = store();
    const listed = async () =>
      (await checkpoints.list(lease.runId)).map(({ step, isFinal, isBest }) => [step, isFinal, isBest]);
    const best = async () => (await checkpoints.best(lease.runId))?.state[0];
    await log.append(lease, [checkpoint(10)], {});
    assert.deepEqual([await listed(), await best()], [[[10, false, false]], undefined]);

    await log.append(lease, [checkpoint(30, false, { best: { step: 20, epoch: 1, state: new Uint8Array([20]) } })], {});
    assert.deepEqual(
      [await listed(), await best()],
      [
        [
          [20, false, true],
          [30, false, false],
        ],
        20,
      ],
    );
    await log.append(lease, [checkpoint(40)], {});
    assert.deepEqual([(await listed()).map(([step]) => step), await best()], [[20, 40], 20]);

    // The newest one turns out to be the best; it is replaced by its weights alone.
    await log.append(lease, [checkpoint(50, false, { best: { step: 40, epoch: 1, state: new Uint8Array([41]) } })], {});
    assert.deepEqual([(await listed()).map(([step]) => step), await best()], [[40, 50], 41]);
    assert.equal((await checkpoints.latest(lease.runId))?.step, 50);

    await log.append(lease, [checkpoint(60, true, { isBest: true })], { to: 'succeeded' });
    assert.deepEqual([await listed(), await best()], [[[60, true, true]], 60]);
    const { rows } = await store().pool.query('select distinct name from run_parts where run_id = $1', [lease.runId]);
    assert.equal(rows.length, 1, 'older states are gone');
  });

  test('as many older checkpoints are kept as the job asks for, beside the best and the final one', async () => {
    const lease = await heldRun(store());
    const { checkpoints, log } = store();
    const listed = async () => (await checkpoints.list(lease.runId)).map(({ step }) => step);
    for (const step of [10, 20, 30]) await log.append(lease, [checkpoint(step, false, { keep: 2 })], {});
    assert.deepEqual(await listed(), [20, 30]);
    const best = { step: 35, epoch: 1, state: new Uint8Array([35]) };
    await log.append(lease, [checkpoint(40, false, { keep: 2, best })], {});
    assert.deepEqual(await listed(), [30, 35, 40]);
    await log.append(lease, [checkpoint(50, false, { keep: 2 })], {});
    await log.append(lease, [checkpoint(60, true, { keep: 2 })], { to: 'succeeded' });
    assert.deepEqual(await listed(), [35, 40, 50, 60]);
    for (const step of await listed()) {
      const found = await checkpoints.at(lease.runId, step);
      assert.deepEqual([found?.step, found?.state[0]], [step, step]);
    }
    assert.equal(await checkpoints.at(lease.runId, 10), null);
    const { rows } = await store().pool.query('select distinct name from run_parts where run_id = $1', [lease.runId]);
    assert.equal(rows.length, 4, 'the states of the others are gone');
  });

  test('a reader of checkpoints always finds a whole one while new ones are written', async () => {
    const lease = await heldRun(store());
    const write = async (): Promise<void> => {
      for (let step = 1; step <= 8; step += 1)
        await store().log.append(
          lease,
          [
            {
              type: 'checkpoint',
              step,
              epoch: 0,
              isFinal: false,
              isBest: false,
              keep: 0,
              best: null,
              state: new Uint8Array(4_500_000).fill(step),
            },
          ],
          {},
        );
    };
    const writing = { isOver: false };
    const read = async (): Promise<number> => {
      let found = 0;
      while (!writing.isOver) {
        const latest = await store().checkpoints.latest(lease.runId);
        if (!latest) continue;
        found += 1;
        assert.ok(
          latest.state[0] === latest.step &&
            latest.state.at(-1) === latest.step &&
            latest.state[2_200_000] === latest.step,
        );
      }
      return found;
    };
    const reading = read();
    await write();
    writing.isOver = true;
    assert.ok((await reading) > 0);
  });

  test('verdicts are found by step', async () => {
    const lease = await heldRun(store());
    await store().log.append(lease, [verdict(10), verdict(20)], {});
    await store().log.append(lease, [verdict(20), verdict(30)], {});
    assert.deepEqual(
      (await store().verdicts.all(lease.runId)).map(({ step }) => step),
      [10, 20, 30],
    );
    assert.equal((await store().verdicts.at(lease.runId))?.step, 30);
    assert.equal((await store().verdicts.at(lease.runId, 29))?.step, 20);
    assert.equal(await store().verdicts.at(lease.runId, 9), null);
    assert.deepEqual(await store().verdicts.at(lease.runId, 20), {
      step: 20,
      neurons: { object: 'neurons', step: 20, samples: 10, exact: true, finite: true, layers: [] },
      evidence: { step: 20 },
    });
  });
});
