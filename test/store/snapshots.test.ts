import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSnapshot } from '../../src/vocabulary/index.ts';
import type { LogEntry, Store } from '../../src/store/store.ts';
import { describeStores } from '../support/database.ts';
import { heldRun } from '../support/runs.ts';

const snapshot = (step: number, units = 1): LogEntry => ({
  type: 'snapshot',
  step,
  header: { step, epoch: 0, samples: 1, layers: [{ name: 'dense_1', units, activation: 'relu' }], fields: ['fired'] },
  data: new Float32Array(units).fill(step),
});

async function storedSteps(
  store: Store,
  runId: string,
  query: { fromStep?: number; toStep?: number; limit?: number } = {},
): Promise<number[]> {
  const steps: number[] = [];
  for await (const frame of store.snapshots.read(runId, { limit: 10_000, ...query })) {
    const { header, data } = decodeSnapshot(frame);
    assert.equal(data[0], Math.fround(header.step));
    steps.push(header.step);
  }
  return steps;
}

describeStores((store) => {
  test('snapshots are read by step, in order', async () => {
    const { runId, attempt } = await heldRun(store());
    await store().log.append(
      { runId, attempt },
      [1, 2, 3, 5, 8].map((step) => snapshot(step)),
      {},
    );
    assert.deepEqual(await storedSteps(store(), runId), [1, 2, 3, 5, 8]);
    assert.deepEqual(await storedSteps(store(), runId, { fromStep: 2, toStep: 5 }), [2, 3, 5]);
    assert.deepEqual(await storedSteps(store(), runId, { limit: 2 }), [1, 2]);
    assert.deepEqual(await storedSteps(store(), runId, { fromStep: 9 }), []);
  });

  test('a run of any length keeps at most 512 snapshots, spread evenly over its life, and all of the newest', async () => {
    const { runId, attempt } = await heldRun(store());
    let written = 0;
    let most = 0;
    while (written < 3000) {
      const first = written;
      const count = Math.min(1 + (written % 7) * 10, 3000 - written);
      await store().log.append(
        { runId, attempt },
        Array.from({ length: count }, (_, i) => snapshot(first + i)),
        {},
      );
      written += count;
      const {
        rows: [row],
      } = await store().pool.query<{ count: number }>(
        `select count(*)::int as count from run_messages where run_id = $1 and type = 'snapshot'`,
        [runId],
      );
      most = Math.max(most, row?.count ?? 0);
    }
    assert.ok(most <= 512, `${most} at most`);
    const steps = await storedSteps(store(), runId);
    assert.deepEqual(
      steps.slice(-64),
      Array.from({ length: 64 }, (_, i) => 2936 + i),
      'the newest',
    );
    const older = steps.filter((step) => step < 2800);
    assert.deepEqual(
      older,
      Array.from({ length: Math.ceil(2800 / 8) }, (_, i) => i * 8),
      'every 8th of the older ones',
    );
  });

  test('fewer large snapshots are kept', async () => {
    const { runId, attempt } = await heldRun(store());
    for (let step = 0; step < 30; step += 1)
      await store().log.append({ runId, attempt }, [snapshot(step, 1_000_000)], {});
    const steps = await storedSteps(store(), runId);
    assert.ok(steps.length <= 16, `${steps.length} snapshots of 4 MB`);
    assert.ok(steps.length >= 8);
    assert.equal(steps[0], 0);
    assert.equal(steps.at(-1), 29);
  });
});
