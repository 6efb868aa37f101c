import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry, MetricsSelection } from '../../src/store/store.ts';
import type { MetricSeries } from '../../src/vocabulary/index.ts';
import { describeStores } from '../support/database.ts';
import { heldRun } from '../support/runs.ts';

const columns = (steps: number[], values: Record<string, (number | null)[]>): LogEntry => ({
  type: 'metrics',
  step: steps.at(-1) ?? 0,
  steps,
  values,
});

/** The formula of the smoothed curve as a sum over all earlier points: sum of y_j * w^(x - x_j), over the sum of the weights. */
function directly(steps: number[], values: (number | null)[], smoothing: number, range: number): Map<number, number> {
  const decay = Math.min(Math.sqrt(smoothing), 0.999);
  return new Map(
    steps.map((step, i) => {
      let sum = 0,
        weights = 0;
      for (let j = 0; j <= i; j += 1) {
        const value = values[j];
        if (value === null || value === undefined) continue;
        const weight = decay ** (((step - steps[j]!) / range) * 1000);
        sum += weight * value;
        weights += weight;
      }
      return [step, sum / weights];
    }),
  );
}

function checkSmoothed(series: MetricSeries, wanted: ReadonlyMap<number, number>): void {
  assert.equal(series.smoothed!.length, series.steps.length);
  for (const [i, step] of series.steps.entries())
    if (series.values[i] === null) assert.equal(series.smoothed![i], null);
    else assert.ok(Math.abs(series.smoothed![i]! - wanted.get(step)!) < 1e-9, `step ${step}`);
}

describeStores((store, kind) => {
  test('series are joined from chunks with different keys', async () => {
    const { runId, ...rest } = await heldRun(store());
    const lease = { runId, ...rest };
    assert.deepEqual(await store().metrics.read(runId, { points: 'all' }), {});
    await store().log.append(
      lease,
      [
        columns([1, 2], { loss: [0.5, null], learningRate: [1, 1] }),
        columns([2], { valLoss: [0.25], deadNeurons: [0] }),
      ],
      {},
    );
    await store().log.append(
      lease,
      [
        columns([3], { loss: [0.1], learningRate: [0.5] }),
        columns([], { loss: [] }),
        columns([4, 5], { loss: [1, 2] }),
        columns([4], { valLoss: [NaN], deadNeurons: [3] }),
      ],
      {},
    );
    assert.deepEqual(await store().metrics.read(runId, { points: 'all' }), {
      loss: { steps: [1, 2, 3, 4, 5], values: [0.5, null, 0.1, 1, 2] },
      learningRate: { steps: [1, 2, 3], values: [1, 1, 0.5] },
      valLoss: { steps: [2, 4], values: [0.25, null] },
      deadNeurons: { steps: [2, 4], values: [0, 3] },
    });
    assert.deepEqual(
      Object.keys(
        await store().metrics.read(runId, { points: 500, keys: ['deadNeurons', 'loss', 'nonsense'] }),
      ).toSorted(),
      ['deadNeurons', 'loss'],
    );
    assert.deepEqual(await store().metrics.read(runId, { points: 'all', keys: [] }), {});
    assert.deepEqual(await store().metrics.read(runId, { points: 'all', keys: ['loss'], fromStep: 2, toStep: 4 }), {
      loss: { steps: [2, 3, 4], values: [null, 0.1, 1] },
    });
    assert.deepEqual(await store().metrics.read(runId, { points: 'all', keys: ['loss'], fromStep: 6 }), {});
  });

  test('a smoothed curve is made from all points, before any are left out and before the range begins', async () => {
    const lease = await heldRun(store());
    const steps = Array.from({ length: 2000 }, (_, i) => i * 3 + 1);
    const loss = steps.map((step, i) => (i === 700 ? null : Math.sin(step) + step / 1000));
    for (let from = 0; from < steps.length; from += 250)
      await store().log.append(
        lease,
        [columns(steps.slice(from, from + 250), { loss: loss.slice(from, from + 250) })],
        {},
      );

    const range = steps.at(-1)! - steps[0]!;
    const read = async (query: Partial<MetricsSelection>) =>
      (await store().metrics.read(lease.runId, { points: 60, smoothing: 0.8, ...query }))['loss']!;
    const expected = directly(steps, loss, 0.8, range);
    const few = await read({});
    assert.ok(few.steps.length <= 60);
    checkSmoothed(few, expected);
    const part = await read({ fromStep: 3000, toStep: 3300, points: 'all', smoothingRange: range });
    assert.equal(part.steps[0], 3001);
    assert.equal(part.steps.at(-1), 3298);
    checkSmoothed(part, expected);
    checkSmoothed(await read({ smoothingRange: 100 }), directly(steps, loss, 0.8, 100));
    assert.equal('smoothed' in (await read({ smoothing: 0 })), false);
  });

  test('times say when the run was at which step, and never go back', async () => {
    const lease = await heldRun(store());
    assert.deepEqual(await store().metrics.times(lease.runId, 10), { steps: [], at: [] });
    const before = Date.now();
    for (let step = 1; step <= 40; step += 1) await store().log.append(lease, [columns([step], { loss: [1] })], {});
    // After a restart a step is reported again.
    await store().log.append(lease, [columns([40], { loss: [1] })], {});
    const all = await store().metrics.times(lease.runId, 100);
    assert.deepEqual(
      all.steps,
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    assert.ok(all.at[0]! >= before - 1 && all.at.at(-1)! <= Date.now() + 1);
    assert.ok(all.at.every((at, i) => i === 0 || at >= all.at[i - 1]!));
    const few = await store().metrics.times(lease.runId, 10);
    assert.ok(few.steps.length <= 12);
    assert.deepEqual([few.steps[0], few.steps.at(-1)], [1, 40]);
  });

  test('keys may be any text', async () => {
    const lease = await heldRun(store());
    const keys = ['activeFraction/dense_1', `quote'"`, '__proto__x', 'ü', '%', 'a b'];
    await store().log.append(lease, [columns([1], Object.fromEntries(keys.map((key, i) => [key, [i]])))], {});
    const series = await store().metrics.read(lease.runId, { points: 10, keys });
    for (const [i, key] of keys.entries()) assert.deepEqual(series[key], { steps: [1], values: [i] });
  });

  test('a key in two kinds of chunks is in order of step', async () => {
    const lease = await heldRun(store());
    await store().log.append(
      lease,
      [columns([1, 4], { a: [1, 4] }), columns([2], { a: [2], b: [0] }), columns([3], { b: [0], a: [3] })],
      {},
    );
    assert.deepEqual((await store().metrics.read(lease.runId, { points: 'all' }))['a'], {
      steps: [1, 2, 3, 4],
      values: [1, 2, 3, 4],
    });
  });

  test('means say how long their windows are, as long as all of them are equally long', async () => {
    const lease = await heldRun(store());
    const windows = (steps: number[], every?: number): LogEntry => ({
      ...columns(steps, { loss: steps, learningRate: steps }),
      ...(every && { every }),
    });
    await store().log.append(lease, [windows([4, 8], 4), columns([8], { valLoss: [1] }), windows([10], 4)], {});
    const read = () => store().metrics.read(lease.runId, { points: 'all' });
    assert.deepEqual(await read(), {
      loss: { steps: [4, 8, 10], values: [4, 8, 10], every: 4 },
      learningRate: { steps: [4, 8, 10], values: [4, 8, 10] },
      valLoss: { steps: [8], values: [1] },
    });
    const records = await store().log.read(lease.runId, 0, 10);
    assert.deepEqual(
      records.flatMap((record) =>
        record.kind === 'message' && record.message.type === 'metrics' ? [record.message.every] : [],
      ),
      [4, undefined, 4],
    );
    const other = await heldRun(store());
    await store().log.append(other, [windows([3, 10]), windows([12], 4)], {});
    const { loss } = await store().metrics.read(other.runId, { points: 'all' });
    assert.deepEqual(loss, { steps: [3, 10, 12], values: [3, 10, 12] }, 'begun by an earlier version');
  });

  test('a million points open quickly, with their extremes', async (t) => {
    const lease = await heldRun(store());
    const chunk = 2000;
    for (let start = 0; start < 1_000_000; start += 20 * chunk) {
      await store().log.append(
        lease,
        Array.from({ length: 20 }, (_, i) => {
          const steps = Array.from({ length: chunk }, (_value, j) => start + i * chunk + j);
          return columns(steps, {
            loss: steps.map((step) => (step === 654_321 ? 77 : Math.sin(step / 1e5))),
            accuracy: steps.map(() => 0.5),
          });
        }),
        {},
      );
    }
    const startedAt = performance.now();
    const { loss } = await store().metrics.read(lease.runId, { keys: ['loss'], points: 500 });
    const tookMs = performance.now() - startedAt;
    t.diagnostic(`1,000,000 points on ${kind}: ${tookMs.toFixed(0)} ms`);
    assert.ok(loss && loss.steps.length <= 500 && loss.steps.length > 400);
    assert.deepEqual([loss.steps[0], loss.steps.at(-1)], [0, 999_999]);
    assert.equal(loss.values[loss.steps.indexOf(654_321)], 77);
    // A second on an idle machine. The limit allows for a busy machine, but not for a fault.
    assert.ok(tookMs < 5000, `${tookMs} ms`);
  });
});
