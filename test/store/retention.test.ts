/** What the rules of a project delete when it has become old, and what they leave. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Housekeeping, planOf } from '../../src/people/housekeeping.ts';
import type { Store } from '../../src/store/store.ts';
import { describeStores } from '../support/database.ts';
import { heldRun, jobSpec } from '../support/runs.ts';

const silent = { info: () => undefined, warn: () => undefined };

/** A run with something of everything, that ended so many days ago; null: it has not. */
async function stored(store: Store, project: string, days: number | null): Promise<string> {
  const lease = await heldRun(store, jobSpec());
  await store.runs.move(lease.runId, project);
  await store.log.append(
    lease,
    [
      { type: 'metrics', step: 1, steps: [1], values: { loss: [0.5] } },
      {
        type: 'snapshot',
        step: 1,
        header: {
          step: 1,
          epoch: 0,
          samples: 1,
          layers: [{ name: 'dense_1', units: 2, activation: 'relu' }],
          fields: ['fired'],
        },
        data: new Float32Array(2),
      },
      {
        type: 'checkpoint',
        step: 1,
        epoch: 0,
        isFinal: true,
        isBest: false,
        keep: 0,
        best: null,
        state: new Uint8Array(1000),
      },
    ],
    days === null ? {} : { to: 'succeeded' },
  );
  if (days !== null)
    await store.pool.query(`update runs set finished_at = now() - make_interval(days => $2) where id = $1`, [
      lease.runId,
      days,
    ]);
  return lease.runId;
}

async function hasSnapshot(store: Store, runId: string): Promise<boolean> {
  for await (const _ of store.snapshots.read(runId, { limit: 1 })) return true;
  return false;
}

async function leftOf(store: Store, runId: string): Promise<string> {
  const parts = [
    ['run', (await store.runs.get(runId)) !== null],
    ['metrics', Object.keys(await store.metrics.read(runId, { points: 'all' })).length > 0],
    ['snapshots', await hasSnapshot(store, runId)],
    ['checkpoints', (await store.checkpoints.latest(runId)) !== null],
  ] as const;
  return parts.flatMap(([name, isThere]) => (isThere ? [name] : [])).join(' ');
}

describeStores((store, kind) => {
  it('each rule deletes its own, in runs that ended long enough ago, and nothing else', async () => {
    const { id } = await store().projects.create(`old things ${kind}`);
    const { id: other } = await store().projects.create(`other things ${kind}`);
    const [young, week, month, year, unfinished] = [
      await stored(store(), id, 1),
      await stored(store(), id, 8),
      await stored(store(), id, 31),
      await stored(store(), id, 400),
      await stored(store(), id, null),
    ];
    const elsewhere = await stored(store(), other, 400);
    const trained = await stored(store(), id, 401);
    await store().trials.begin(trained, { task: 'classification', seeds: [1], pieces: [] });
    const retention = { snapshots: 7, metrics: 30, checkpoints: 30, runs: 365 };

    const plan = await planOf(store(), id, retention);
    assert.deepEqual(Object.fromEntries(Object.entries(plan.deletes).map(([what, { runs }]) => [what, runs])), {
      snapshots: 4,
      metrics: 3,
      checkpoints: 3,
      runs: 1,
    });
    assert.ok(plan.deletes.checkpoints.bytes >= 3000 && plan.deletes.runs.bytes > 0);
    assert.equal(await leftOf(store(), year), 'run metrics snapshots checkpoints', 'a plan deletes nothing');
    assert.deepEqual((await planOf(store(), id, {})).deletes.runs, { runs: 0, bytes: 0 });

    await store().projects.change(id, { retention });
    const sweep = async (): Promise<void> => {
      const two = [1, 2].map(() => new Housekeeping({ store: store(), log: silent, everyMs: 0 }));
      for (const housekeeping of two) housekeeping.start();
      for (const housekeeping of two) await housekeeping.stop();
    };
    // A process that stops in the middle leaves the rest to the next one.
    while ((await store().retention.expired(id, retention)).length > 0) await sweep();
    assert.deepEqual(
      await Promise.all([young, week, month, year, unfinished, elsewhere, trained].map((run) => leftOf(store(), run))),
      [
        'run metrics snapshots checkpoints',
        'run metrics checkpoints',
        'run',
        '',
        'run metrics snapshots checkpoints',
        'run metrics snapshots checkpoints',
        'run',
      ],
    );
  });

  it('is the turn of one process in a day', async () => {
    await store().pool.query(`delete from rate_counts`);
    const turns = await Promise.all(Array.from({ length: 5 }, () => store().retention.takeTurn(60_000)));
    assert.equal(turns.filter(Boolean).length, 1);
    assert.equal(await store().retention.takeTurn(60_000), false);
    await store().pool.query(`update rate_counts set ends_at = now() - interval '1 second'`);
    assert.equal(await store().retention.takeTurn(60_000), true);
  });
});
