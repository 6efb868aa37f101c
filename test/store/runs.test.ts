import { unpackRows } from '../../src/blobs/unpack.ts';
import { isBlob, type RowsBlob } from '../../src/schemas/index.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RelumineError } from '../../src/errors.ts';
import { DEFAULT_OUTPUT, FINAL_STATUSES, type JobSpec, type Run } from '../../src/vocabulary/index.ts';
import { chooseFolding } from '../../src/store/postgres/folding.ts';
import { keepLabels } from '../../src/store/runs/run-labels.ts';
import type { RunQuery, Store } from '../../src/store/store.ts';
import { describeStores, withStore, STORE_KINDS } from '../support/database.ts';
import { heldRun, jobSpec, progressAt } from '../support/runs.ts';

const statuses = async (store: Store, runId: string): Promise<string[]> =>
  (await store.log.read(runId, 0, 100)).flatMap((record) =>
    record.kind === 'message' && record.message.type === 'status' ? [record.message.status] : [],
  );

const forged = (cursor: unknown): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

async function everyPage(store: Store, query: RunQuery): Promise<Run[]> {
  const runs: Run[] = [];
  for (let after: string | null | undefined = query.after; ;) {
    const page = await store.runs.list({ ...query, ...(after && { after }) });
    runs.push(...page.data);
    assert.equal(page.hasMore, page.nextCursor !== null);
    if (!page.nextCursor) return runs;
    after = page.nextCursor;
  }
}

describeStores((store) => {
  test('a new run is queued, with its status as the first message', async () => {
    const spec = jobSpec({
      name: 'first',
      experiment: 'new',
      tags: ['a', 'b'],
      notes: 'n',
      metadata: { k: 'v' },
      priority: 3,
    });
    const created = await store().runs.create({ kind: 'trained', spec, progress: progressAt(0) });
    assert.match(created.id, /^run_[0-9a-z]{26}$/);
    assert.deepEqual(await store().runs.get(created.id), { ...created, queuePosition: null });
    assert.deepEqual(created, {
      id: created.id,
      object: 'run',
      project: 'default',
      createdBy: null,
      status: 'queued',
      source: 'trained',
      name: 'first',
      experiment: 'new',
      tags: ['a', 'b'],
      notes: 'n',
      metadata: { k: 'v' },
      spec,
      parentId: null,
      change: [],
      engine: null,
      progress: progressAt(0),
      summary: {},
      error: null,
      attempt: 0,
      queuePosition: 0,
      createdAt: created.createdAt,
      startedAt: null,
      finishedAt: null,
    });
    assert.equal(JSON.stringify(created.spec), JSON.stringify(spec), 'keys keep their order');
    assert.match(created.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(await store().log.read(created.id, 0, 10), [
      {
        seq: 1,
        kind: 'message',
        message: {
          seq: 1,
          type: 'status',
          step: 0,
          at: created.createdAt,
          status: 'queued',
          progress: progressAt(0),
          summary: {},
          error: null,
          attempt: 0,
          engine: null,
        },
      },
    ]);
  });

  test('a child keeps what it changes when its parent is deleted, even before it was stored', async () => {
    const parent = await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    const change = [{ path: 'training.epochs', from: 1, to: { z: 1, a: [null, 'x'] } }];
    const born = (id: string) =>
      store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0), parent: { id, change } });
    const child = await born(parent.id);
    assert.deepEqual([child.parentId, child.change], [parent.id, change]);
    assert.deepEqual((await store().runs.list({ parent: parent.id, limit: 5 })).data, [
      { ...child, queuePosition: null },
    ]);
    assert.ok(await store().runs.delete(parent.id));
    for (const { id } of [child, await born(parent.id)]) {
      const orphan = await store().runs.get(id);
      assert.deepEqual([orphan?.parentId, orphan?.change], [null, change]);
    }
    assert.deepEqual((await store().runs.list({ parent: parent.id, limit: 5 })).data, []);
  });

  test('inline data and initial weights come back exactly', async () => {
    const spec: JobSpec = jobSpec({
      dataset: {
        inputs: [
          [0.1, -1e-300],
          [3, 4],
        ],
        targets: [0, 1],
        task: 'classification',
        seed: 1,
        limit: null,
        validationSplit: 0,
        normalize: 'none',
        normalizeTargets: 'none',
      },
      model: { layers: [], initialWeights: { kernels: [[[0.5, 1 / 3]]] } },
      experiment: 'bulk',
    });
    const { id } = await store().runs.create({ kind: 'trained', spec, progress: progressAt(0) });
    assert.deepEqual((await store().runs.get(id))?.spec, spec);
    assert.deepEqual(
      (await store().runs.list({ experiment: 'bulk', limit: 5 })).data[0]?.spec,
      spec,
      'short data is listed too',
    );
    assert.deepEqual((await store().runs.claim(id, 'w'))?.spec, spec);
  });

  test('the spec of an older version gets the options that it did not know, with what they meant then', async () => {
    const whole = jobSpec({ experiment: 'old', model: { layers: [], output: DEFAULT_OUTPUT } });
    const expected = { ...whole, telemetry: { ...whole.telemetry, keepCheckpoints: 0 } };
    const { normalizeTargets: _fromTargets, ...dataset } = expected.dataset;
    const { activation: _ofOutput, ...output } = DEFAULT_OUTPUT;
    const { classWeights: _weights, stopping: _stopping, ...training } = expected.training;
    const { keepCheckpoints: _kept, ...telemetry } = expected.telemetry;
    const old = { ...expected, dataset, model: { layers: [], output }, training, telemetry } as unknown as JobSpec;
    const { id } = await store().runs.create({ kind: 'trained', spec: old, progress: progressAt(0) });
    assert.deepEqual((await store().runs.get(id))?.spec, expected);
    assert.deepEqual((await store().runs.list({ experiment: 'old', limit: 5 })).data[0]?.spec, expected);
    assert.deepEqual((await store().runs.claim(id, 'w'))?.spec, expected);
  });

  test('the uploaded data set of an older spec is its first version', async () => {
    const options = {
      seed: 1,
      limit: null,
      validationSplit: 0.1,
      normalize: 'none',
      normalizeTargets: 'none',
    } as const;
    const spec = jobSpec({ dataset: { id: 'data_1', version: 1, ...options }, experiment: 'old upload' });
    const { version: _unknown, ...dataset } = spec.dataset;
    const old = { ...spec, dataset } as unknown as JobSpec;
    const { id } = await store().runs.create({ kind: 'trained', spec: old, progress: progressAt(0) });
    assert.deepEqual((await store().runs.get(id))?.spec, spec);
  });

  test('long inline data that a run of an earlier version holds is kept apart when the run is read', async () => {
    const inputs = Array.from({ length: 100_000 }, (_, i) => [Math.sin(i), Math.cos(i * 1.5)]);
    const spec = jobSpec({
      dataset: {
        inputs,
        targets: inputs.map((_, i) => i),
        task: 'regression',
        seed: 1,
        limit: null,
        validationSplit: 0,
        normalize: 'none',
        normalizeTargets: 'none',
      },
      experiment: 'long bulk',
    });
    const { id } = await store().runs.create({ kind: 'trained', spec, progress: progressAt(0) });
    const list = async () => (await store().runs.list({ experiment: 'long bulk', limit: 5 })).data[0]?.spec.dataset;
    assert.equal((await list())?.inputs, undefined);
    // Read by several at once, it is moved once.
    const [first, second] = await Promise.all([store().runs.get(id), store().runs.get(id)]);
    const dataset = first?.spec.dataset;
    assert.ok(dataset?.inline);
    const { hash, ...shape } = dataset;
    const { inputs: _inputs, targets, ...split } = spec.dataset;
    assert.deepEqual(shape, { ...split, inline: true, samples: 100_000, features: 2, outputs: 1 });
    assert.deepEqual([second?.spec, await list()], [first?.spec, dataset]);
    assert.equal((await store().runs.list({ filter: `spec.dataset.hash = "${hash}"`, limit: 5 })).data[0]?.id, id);
    const blob = await store().blobs.get(hash);
    assert.ok(blob && isBlob(blob as RowsBlob));
    const { inputs: packed, targets: packedTargets } = unpackRows(blob as RowsBlob);
    assert.deepEqual(packed, Float32Array.from(inputs.flat()));
    assert.deepEqual([...packedTargets], targets);
    const { rows } = await store().pool.query(`select from run_parts where run_id = $1 and name = 'bulk'`, [id]);
    assert.equal(rows.length, 0);
  });

  test('what the database cannot store becomes the replacement character', async () => {
    const spec = jobSpec({
      name: 'a\0b',
      notes: 'half \ud800 pair',
      tags: ['t\0'],
      metadata: { 'k\0': 'v\udc00' },
      experiment: 'emoji 🔥 "\\u0000" \\',
    });
    const run = await store().runs.create({ kind: 'trained', spec, progress: progressAt(0) });
    assert.equal(run.name, 'a\uFFFDb');
    assert.equal(run.notes, 'half \uFFFD pair');
    assert.deepEqual(run.metadata, { 'k\uFFFD': 'v\uFFFD' });
    assert.equal(run.experiment, 'emoji 🔥 "\\u0000" \\');
    assert.equal(run.spec.experiment, 'emoji 🔥 "\\u0000" \\');
    assert.equal((await store().runs.patch(run.id, { name: 'x\0', metadata: { a: '\0' } }))?.name, 'x\uFFFD');
    assert.deepEqual((await store().runs.list({ q: '\0', tag: '\0', experiment: '\0', limit: 5 })).data, []);
  });

  test('an impossible id is treated as unknown', async () => {
    for (const id of [
      '',
      'run_',
      'run_\0',
      'nonsense',
      `run_${'0'.repeat(26)}`,
      `run_${'0'.repeat(27)}`,
      `dataset_${'0'.repeat(26)}`,
    ]) {
      assert.equal(await store().runs.get(id), null);
      assert.equal(await store().runs.patch(id, { name: 'x' }), null);
      assert.equal(await store().runs.delete(id), false);
      assert.equal(await store().runs.claim(id, 'w'), null);
      assert.equal(await store().runs.request(id, 'cancel'), false);
      assert.equal(await store().runs.transition(id, { from: ['queued'], to: 'cancelled' }), null);
      assert.equal(await store().log.append({ runId: id, attempt: 1 }, [], {}), null);
      assert.deepEqual(await store().log.read(id, 0, 10), []);
      assert.equal(await store().log.lastSeq(id), 0);
      assert.deepEqual(await store().metrics.read(id, { points: 10 }), {});
      assert.equal(await store().checkpoints.latest(id), null);
      assert.equal(await store().verdicts.at(id), null);
    }
  });

  test('patch changes labels and nothing else', async () => {
    const run = await store().runs.create({
      kind: 'trained',
      spec: jobSpec({ experiment: 'patch', tags: ['old'] }),
      progress: progressAt(0),
    });
    const patched = await store().runs.patch(run.id, {
      name: 'new',
      notes: 'noted',
      tags: ['x', 'y'],
      metadata: { a: 'b' },
    });
    assert.deepEqual(patched, {
      ...run,
      name: 'new',
      notes: 'noted',
      tags: ['x', 'y'],
      metadata: { a: 'b' },
      queuePosition: null,
    });
    assert.deepEqual(await store().runs.patch(run.id, {}), patched);
    assert.deepEqual(await store().runs.get(run.id), patched);
  });

  test('one of many claims wins, and counts the attempt', async () => {
    const { id } = await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => store().runs.claim(id, `worker ${i}`)));
    const [winner, ...others] = claims.filter((claim) => claim !== null);
    assert.equal(others.length, 0);
    assert.equal(winner?.attempt, 1);
    assert.equal(winner?.status, 'running');
    assert.ok(winner?.startedAt);
    assert.deepEqual(await statuses(store(), id), ['queued', 'running']);
  });

  test('a transition happens only from the given states, and logs the new one', async () => {
    const { runId } = await heldRun(store());
    assert.equal(await store().runs.transition(runId, { from: ['queued', 'paused'], to: 'cancelled' }), null);
    const failed = await store().runs.transition(runId, {
      from: ['running'],
      to: 'failed',
      error: { code: 'DIVERGED', message: 'the loss\0' },
      progress: progressAt(7),
      summary: { loss: 2 },
      engine: { name: 'tensorflow', version: '4', backend: 'cpu' },
    });
    assert.equal(failed?.status, 'failed');
    assert.deepEqual(failed?.error, { code: 'DIVERGED', message: 'the loss\uFFFD' });
    assert.deepEqual(
      [failed?.progress, failed?.summary, failed?.engine],
      [progressAt(7), { loss: 2 }, { name: 'tensorflow', version: '4', backend: 'cpu' }],
    );
    assert.ok(failed?.finishedAt);
    const [last] = (await store().log.read(runId, 2, 10)).map((record) => record.kind === 'message' && record.message);
    assert.deepEqual(last && last.type === 'status' && [last.status, last.error, last.step], [
      'failed',
      { code: 'DIVERGED', message: 'the loss\uFFFD' },
      7,
    ]);
  });

  test('a transition of an attempt leaves a later one alone', async () => {
    const { runId, attempt } = await heldRun(store());
    await store().runs.transition(runId, { from: ['running'], to: 'queued', attempt });
    await store().runs.claim(runId, 'another');
    assert.equal(await store().runs.transition(runId, { from: ['running'], to: 'queued', attempt }), null);
    assert.equal((await store().runs.get(runId))?.status, 'running');
  });

  test('a final state never changes', async () => {
    for (const to of FINAL_STATUSES) {
      const { runId, attempt } = await heldRun(store());
      await store().runs.transition(runId, { from: ['running'], to });
      const seq = await store().log.lastSeq(runId);
      assert.equal(
        await store().runs.transition(runId, {
          from: ['queued', 'running', 'paused', ...FINAL_STATUSES],
          to: 'queued',
        }),
        null,
      );
      assert.equal(await store().runs.claim(runId, 'w'), null);
      assert.equal(await store().runs.request(runId, 'cancel'), false);
      assert.equal(await store().log.append({ runId, attempt }, [], { progress: progressAt(1) }), null);
      assert.equal((await store().runs.get(runId))?.status, to);
      assert.equal(await store().log.lastSeq(runId), seq);
    }
  });

  test('a worker keeps its runs by heartbeats, and receives the orders for them', async () => {
    const worker = `worker ${Math.random()}`;
    const [first, second] = [
      await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) }),
      await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) }),
    ];
    await store().runs.claim(first.id, worker);
    await store().runs.claim(second.id, 'somebody else');
    assert.deepEqual(await store().runs.renew(worker, [first.id, second.id]), [
      { id: first.id, attempt: 1, request: null },
    ]);
    assert.equal(await store().runs.request(first.id, 'pause'), true);
    assert.equal((await store().runs.renew(worker, [first.id]))[0]?.request, 'pause');
    await store().runs.request(first.id, 'cancel');
    await store().runs.request(first.id, 'pause');
    assert.equal(
      (await store().runs.renew(worker, [first.id]))[0]?.request,
      'cancel',
      'a pause does not replace a cancel',
    );
    await store().runs.transition(first.id, { from: ['running'], to: 'paused' });
    assert.deepEqual(await store().runs.renew(worker, [first.id]), []);
    await store().runs.transition(first.id, { from: ['paused'], to: 'queued' });
    await store().runs.claim(first.id, worker);
    assert.equal(
      (await store().runs.renew(worker, [first.id]))[0]?.request,
      null,
      'the request ended with the state that it asked for',
    );
  });

  test('interrupted attempts without progress are counted', async () => {
    const { id } = await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    const cutOff = async (step: number): Promise<[number, number] | undefined> => {
      const claim = await store().runs.claim(id, 'w');
      await store().log.append({ runId: id, attempt: claim?.attempt ?? 0 }, [], { progress: progressAt(step) });
      await store().runs.transition(id, { from: ['running'], to: 'queued' });
      return claim ? [claim.furthestStep, claim.stalledAttempts] : undefined;
    };
    assert.deepEqual(await cutOff(0), [0, 0]);
    assert.deepEqual(await cutOff(0), [0, 1]);
    assert.deepEqual(await cutOff(10), [0, 2]);
    assert.deepEqual(await cutOff(5), [10, 0]);
    assert.deepEqual(await cutOff(10), [10, 1]);
    const claim = await store().runs.claim(id, 'w');
    assert.deepEqual([claim?.furthestStep, claim?.stalledAttempts, claim?.attempt], [10, 2, 6]);
    await store().log.append({ runId: id, attempt: 6 }, [], { progress: progressAt(12), to: 'paused' });
    await store().runs.transition(id, { from: ['paused'], to: 'queued' });
    const resumed = await store().runs.claim(id, 'w');
    assert.deepEqual([resumed?.furthestStep, resumed?.stalledAttempts], [12, 0]);
  });

  test('an interrupted attempt with a newer checkpoint is progress, also before the furthest step', async () => {
    const { id } = await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    /** Returns how many attempts were stalled before this one. */
    const cutOff = async (step: number, checkpoint: number | null): Promise<number | undefined> => {
      const claim = await store().runs.claim(id, 'w');
      const kept = { epoch: 0, isFinal: false, isBest: false, keep: 1, best: null, state: new Uint8Array(8) };
      await store().log.append(
        { runId: id, attempt: claim?.attempt ?? 0 },
        checkpoint === null ? [] : [{ type: 'checkpoint', step: checkpoint, ...kept }],
        { progress: progressAt(step) },
      );
      // As for a worker that is gone.
      await store().runs.requeueAbandoned(0);
      return claim?.stalledAttempts;
    };
    assert.equal(await cutOff(100, 20), 0);
    assert.equal(await cutOff(40, null), 0);
    assert.equal(await cutOff(40, 30), 1);
    assert.equal(await cutOff(60, null), 0, 'it began ten steps further on');
    assert.equal(await cutOff(60, 30), 1, 'the same checkpoint again is no progress');
    assert.equal(await cutOff(110, null), 2);
    assert.equal(await cutOff(110, null), 0);
  });

  test('filters', async () => {
    const make = (changes: Partial<JobSpec>) =>
      store().runs.create({
        kind: 'trained',
        spec: jobSpec({ experiment: 'filters', ...changes }),
        progress: progressAt(0),
      });
    const [plain, percent, tagged] = [
      await make({ name: 'plain' }),
      await make({ name: '100% sure_thing' }),
      await make({ tags: ['Deep', 'narrow'], notes: 'back\\slash' }),
    ];
    await store().runs.transition(percent.id, { from: ['queued'], to: 'cancelled' });
    const ids = async (query: Partial<RunQuery>) =>
      (await store().runs.list({ experiment: 'filters', limit: 50, ...query })).data.map(({ id }) => id);
    assert.deepEqual(await ids({}), [tagged.id, percent.id, plain.id], 'newest first');
    assert.deepEqual(await ids({ orderBy: 'createdAt' }), [plain.id, percent.id, tagged.id]);
    assert.deepEqual(await ids({ status: ['cancelled'] }), [percent.id]);
    assert.deepEqual(await ids({ status: ['cancelled', 'queued'] }), [tagged.id, percent.id, plain.id]);
    assert.deepEqual(await ids({ status: [] }), []);
    assert.deepEqual(await ids({ tag: 'narrow' }), [tagged.id]);
    assert.deepEqual(await ids({ tag: 'narr' }), []);
    assert.deepEqual(await ids({ q: 'DEEP' }), [tagged.id]);
    assert.deepEqual(await ids({ q: '0%' }), [percent.id], 'no wildcard');
    assert.deepEqual(await ids({ q: 'e_t' }), [percent.id], 'no wildcard');
    assert.deepEqual(await ids({ q: 'k\\s' }), [tagged.id]);
    assert.deepEqual(await ids({ q: 'filter' }), [tagged.id, percent.id, plain.id]);
    assert.deepEqual(await ids({ q: `'; drop table runs; --` }), []);
    assert.deepEqual(await ids({ experiment: 'filter' }), []);
  });

  test('a search finds a word in either Unicode form and either case, and so do tag and experiment', async () => {
    const [composed, decomposed] = ['Caf\u00C9', 'Cafe\u0301'.replace('e', 'E')];
    const ids = async (query: Partial<RunQuery>) =>
      (await store().runs.list({ limit: 50, ...query })).data.map(({ id }) => id).toSorted();
    const made: string[] = [];
    for (const word of [composed, decomposed]) {
      const { id, ...run } = await store().runs.create({
        kind: 'trained',
        spec: jobSpec({ name: `${word} \u0416`, experiment: word, tags: [word] }),
        progress: progressAt(0),
      });
      assert.deepEqual([run.name, run.experiment, run.tags], [`${composed} \u0416`, composed, [composed]]);
      made.push(id);
    }
    // As the first version stored it.
    const { id } = await store().runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    await store().pool.query(
      `with changed as (update runs set name = $2, experiment = $2, tags = array[$2] where id = $1 returning *),
        ${keepLabels(await chooseFolding(store().pool))} select`,
      [id, decomposed],
    );
    made.push(id);
    for (const word of [composed, decomposed]) {
      assert.deepEqual(await ids({ experiment: word }), made, 'experiment');
      assert.deepEqual(await ids({ tag: word }), made, 'tag');
      for (const q of [word, word.toLowerCase(), word.toUpperCase()]) assert.deepEqual(await ids({ q }), made, q);
    }
    assert.deepEqual(await ids({ q: '\u0436', experiment: composed }), made.slice(0, 2), 'beyond Latin');
    assert.deepEqual(await ids({ q: 'cafe' }), [], 'an accent is not left out');
  });

  test('pages are complete and without repetition in every order, with equal and missing values, and while runs are added', async () => {
    const experiment = 'pages';
    const made: { id: string; loss: number | null | undefined }[] = [];
    for (const loss of [3, 1, undefined, 2, 1, null, 1, 0.1, 1e-320, undefined]) {
      const { runId, attempt } = await heldRun(store(), jobSpec({ experiment }));
      if (loss !== undefined) await store().log.append({ runId, attempt }, [], { summary: { loss } });
      made.push({ id: runId, loss });
    }
    const rank =
      (direction: 1 | -1) =>
      (a: (typeof made)[number], b: (typeof made)[number]): number =>
        Number(a.loss == null) - Number(b.loss == null) ||
        direction * ((a.loss ?? 0) - (b.loss ?? 0)) ||
        direction * (a.id < b.id ? -1 : 1);
    for (const limit of [1, 3, 100]) {
      assert.deepEqual(
        (await everyPage(store(), { experiment, limit, orderBy: 'loss' })).map(({ id }) => id),
        made.toSorted(rank(1)).map(({ id }) => id),
        `ascending, ${limit}`,
      );
      assert.deepEqual(
        (await everyPage(store(), { experiment, limit, orderBy: '-loss' })).map(({ id }) => id),
        made.toSorted(rank(-1)).map(({ id }) => id),
        `descending, ${limit}`,
      );
      assert.deepEqual(
        (await everyPage(store(), { experiment, limit })).map(({ id }) => id),
        made.map(({ id }) => id).toReversed(),
      );
      assert.deepEqual(
        (await everyPage(store(), { experiment, limit, orderBy: 'createdAt' })).map(({ id }) => id),
        made.map(({ id }) => id),
      );
    }
    const first = await store().runs.list({ experiment, limit: 4 });
    await store().runs.create({ kind: 'trained', spec: jobSpec({ experiment }), progress: progressAt(0) });
    const rest = await everyPage(store(), { experiment, limit: 4, after: first.nextCursor ?? '' });
    assert.deepEqual(
      [...first.data, ...rest].map(({ id }) => id),
      made.map(({ id }) => id).toReversed(),
    );
  });

  test('an invalid order or cursor is an INVALID_REQUEST with its path', async () => {
    const wrong = async (query: Partial<RunQuery>, path: string): Promise<void> => {
      await assert.rejects(store().runs.list({ limit: 5, ...query }), (error: unknown) => {
        assert.ok(error instanceof RelumineError, String(error));
        assert.equal(error.code, 'INVALID_REQUEST');
        assert.equal(error.details[0]?.path, path);
        return true;
      });
    };
    await heldRun(store());
    await heldRun(store());
    const { nextCursor } = await store().runs.list({ limit: 1 });
    for (const orderBy of ['', '-', 'tags', '--loss', '-loss:desc', `loss'`, 'toString', 'summary', 'nope'])
      await wrong({ orderBy }, 'orderBy');
    await wrong({ after: nextCursor ?? '', orderBy: 'loss' }, 'after');
    for (const after of [
      '',
      '!',
      'AAAA',
      forged(null),
      forged([]),
      forged(['-createdAt', 'yesterday', 'x']),
      forged(['-createdAt', '2026-01-01T00:00:00.000Z', 'x']),
      forged(['-createdAt', [5], 'x']),
      forged(['-createdAt', [null], 'x']),
      forged(['-createdAt', [], 'x']),
      forged(['-createdAt', ['2026-01-01'], 'x']),
      forged(['-createdAt', ['2026-13-01T00:00:00.000Z'], 'x']),
      forged(['-createdAt', ['2026-01-01T00:00:00.000Z'], null]),
      forged(['-createdAt', ['2026-01-01T00:00:00.000Z'], '\0']),
    ])
      await wrong({ after }, 'after');
    await wrong({ after: forged(['summary.loss', ['x'], 'y']), orderBy: 'loss' }, 'after');
    await wrong({ after: forged(['name', ['\0'], 'y']), orderBy: 'name' }, 'after');
  });

  test('a deleted run is gone with everything stored for it', async () => {
    const lease = await heldRun(store());
    await store().log.append(
      lease,
      [
        { type: 'metrics', step: 1, steps: [1], values: { loss: [1] } },
        {
          type: 'checkpoint',
          step: 1,
          epoch: 0,
          isFinal: false,
          isBest: false,
          keep: 0,
          best: null,
          state: new Uint8Array(3_000_000),
        },
        {
          type: 'verdict',
          step: 1,
          neurons: { object: 'neurons', step: 1, samples: 1, exact: true, finite: true, layers: [] },
          evidence: {},
          histograms: null,
        },
      ],
      {},
    );
    assert.equal(await store().runs.delete(lease.runId), true);
    assert.equal(await store().runs.delete(lease.runId), false);
    for (const table of ['runs', 'run_messages', 'run_parts', 'checkpoints', 'verdicts']) {
      const { rows } = await store().pool.query<{ count: number }>(
        `select count(*)::int as count from ${table} where ${table === 'runs' ? 'id' : 'run_id'} = $1`,
        [lease.runId],
      );
      assert.equal(rows[0]?.count, 0, table);
    }
    assert.equal(
      await store().log.append(
        lease,
        [
          {
            type: 'checkpoint',
            step: 2,
            epoch: 0,
            isFinal: false,
            isBest: false,
            keep: 0,
            best: null,
            state: new Uint8Array(10),
          },
        ],
        {},
      ),
      null,
    );
  });
});

for (const kind of STORE_KINDS) {
  test(`counts, the queue's order and abandoned runs (${kind})`, () =>
    withStore(kind, async (store) => {
      assert.deepEqual(await store.runs.counts(), {
        queued: 0,
        running: 0,
        paused: 0,
        succeeded: 0,
        failed: 0,
        cancelled: 0,
      });
      const make = (priority: number) =>
        store.runs.create({ kind: 'trained', spec: jobSpec({ priority }), progress: progressAt(0) });
      const [a, b, c, d] = [await make(0), await make(5), await make(0), await make(-1)];
      assert.deepEqual(
        [a, b, c, d].map(({ queuePosition }) => queuePosition),
        [0, 0, 2, 3],
        'when each was created',
      );
      assert.deepEqual(Object.fromEntries(await store.runs.positions([a.id, b.id, c.id, d.id])), {
        [b.id]: 0,
        [a.id]: 1,
        [c.id]: 2,
        [d.id]: 3,
      });
      assert.equal((await store.runs.claim(null, 'new'))?.id, b.id);
      assert.equal((await store.runs.claim(null, 'old'))?.id, a.id);
      await store.pool.query(`update runs set heartbeat_at = now() - interval '1 minute' where id = $1`, [a.id]);
      assert.deepEqual(await store.runs.counts(), {
        queued: 2,
        running: 2,
        paused: 0,
        succeeded: 0,
        failed: 0,
        cancelled: 0,
      });
      assert.deepEqual(await store.runs.requeueAbandoned(30_000), [a.id]);
      assert.deepEqual(await store.runs.requeueAbandoned(30_000), []);
      assert.equal(
        await store.log.append({ runId: a.id, attempt: 1 }, [], { progress: progressAt(1) }),
        null,
        'its old worker has lost it',
      );
      assert.deepEqual(await store.runs.requeueAbandoned(0), [b.id]);
      assert.deepEqual(await statuses(store, a.id), ['queued', 'running', 'queued']);
      assert.equal((await store.runs.claim(a.id, 'next'))?.attempt, 2);
    }));
}
