import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blockOf, encodeBlock, foldBlocks, FOLD } from '../../src/store/log/metric-block.ts';
import { POINTS_PER_BLOCK } from '../../src/store/log/metric-levels.ts';
import { decodeColumns } from '../../src/store/log/metric-chunk.ts';
import type { Lease, LogEntry, MetricsSelection, Store } from '../../src/store/store.ts';
import type { MetricSeries } from '../../src/vocabulary/index.ts';
import { describeStores } from '../support/database.ts';
import { heldRun } from '../support/runs.ts';

const columns = (steps: number[], values: Record<string, (number | null)[]>, every?: number): LogEntry => ({
  type: 'metrics',
  step: steps.at(-1) ?? 0,
  steps,
  values,
  ...(every && { every }),
});

/** Appends `count` points from `from` on, in messages of at most `perMessage`. */
async function appendSeries(
  store: Store,
  lease: Lease,
  {
    from = 0,
    count,
    perMessage = 2000,
    valueAt,
  }: { from?: number; count: number; perMessage?: number; valueAt: (step: number) => number | null },
): Promise<void> {
  let entries: LogEntry[] = [];
  for (let start = from; start < from + count; start += perMessage) {
    const steps = Array.from({ length: Math.min(perMessage, from + count - start) }, (_, i) => start + i);
    entries.push(columns(steps, { loss: steps.map(valueAt), learningRate: steps.map(() => 0.1) }));
    if (entries.length < 40) continue;
    await store.log.append(lease, entries, {});
    entries = [];
  }
  if (entries.length > 0) await store.log.append(lease, entries, {});
}

interface StoredBlock {
  level: number;
  fromStep: number;
  toStep: number;
  firstSeq: number;
  lastSeq: number;
  points: number;
  data: Buffer;
}

const storedBlocks = async (store: Store, runId: string, kind: number): Promise<StoredBlock[]> =>
  (
    await store.pool.query<StoredBlock>(
      `select level, from_step as "fromStep", to_step as "toStep", first_seq as "firstSeq", last_seq as "lastSeq", points, data
      from metric_levels where run_id = $1 and kind = $2 order by level, from_step`,
      [runId, kind],
    )
  ).rows;

/** What the levels of a kind have to be, from its messages alone. */
async function expectedBlocks(store: Store, runId: string, kind: number, keys: number): Promise<StoredBlock[]> {
  const { rows } = await store.pool.query<{ seq: number; data: Buffer }>(
    'select seq, data from run_messages where run_id = $1 and kind = $2 order by seq',
    [runId, kind],
  );
  let levelled: (Omit<StoredBlock, 'data'> & { block: ReturnType<typeof blockOf> })[] = [];
  let waiting: typeof rows = [];
  for (const row of rows) {
    waiting.push(row);
    const [steps, ...values] = decodeColumns(
      waiting.map(({ data }) => data),
      keys,
    );
    if (steps.length < POINTS_PER_BLOCK) continue;
    const block = blockOf(steps, values);
    levelled.push({
      level: 1,
      fromStep: steps[0]!,
      toStep: steps.at(-1)!,
      firstSeq: waiting[0]!.seq,
      lastSeq: row.seq,
      points: steps.length,
      block,
    });
    waiting = [];
  }
  const all: StoredBlock[] = [];
  for (let level = 1; levelled.length > 0; level += 1) {
    for (const { block, ...stored } of levelled) all.push({ ...stored, data: encodeBlock(block) });
    const next: typeof levelled = [];
    for (let i = 0; i + FOLD <= levelled.length; i += FOLD) {
      const parts = levelled.slice(i, i + FOLD);
      const block = foldBlocks(parts.map((part) => part.block));
      next.push({
        level: level + 1,
        fromStep: parts[0]!.fromStep,
        toStep: parts.at(-1)!.toStep,
        firstSeq: parts[0]!.firstSeq,
        lastSeq: parts.at(-1)!.lastSeq,
        points: parts.reduce((sum, { points }) => sum + points, 0),
        block,
      });
    }
    levelled = next;
  }
  return all;
}

function withSpikes(step: number): number | null {
  if (step === 77_777) return 99;
  if (step === 301_234) return -99;
  return step === 200_000 ? null : Math.sin(step / 1e4);
}
const noise = (step: number): number => ((step * 7919) % 1000) / 1000;
const noisyWave = (step: number): number => Math.sin(step / 2e4) + noise(step);

describeStores((store, kind) => {
  const read = async (runId: string, query: Partial<MetricsSelection> = {}): Promise<MetricSeries> =>
    (await store().metrics.read(runId, { keys: ['loss'], points: 500, ...query }))['loss']!;

  test('levels follow from the messages alone, however they were appended, and whoever goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 5 }),
        async (appends, killedEvery) => {
          let lease = await heldRun(store());
          let step = 0;
          for (const [i, lengths] of appends.entries()) {
            const entries = lengths.flatMap((length) => {
              const steps = Array.from({ length }, () => (step += 1));
              return [
                columns(steps, {
                  loss: steps.map((at) => (at % 1009 === 0 ? null : Math.sin(at) * at)),
                  learningRate: steps.map(() => 0.1),
                }),
                columns([step], { valLoss: [step] }),
              ];
            });
            await store().log.append(lease, entries, {});
            // A zombie writes nothing, and the next attempt goes on where the log ends.
            if (i % killedEvery !== 0) continue;
            const old = lease;
            await store().runs.transition(lease.runId, { from: ['running'], to: 'queued' });
            const claimed = await store().runs.claim(lease.runId, `worker ${i}`);
            lease = { runId: lease.runId, attempt: claimed!.attempt };
            assert.equal(
              await store().log.append(old, [columns([step + 1], { loss: [1], learningRate: [1] })], {}),
              null,
            );
          }
          const stored = await storedBlocks(store(), lease.runId, 0);
          assert.deepEqual(stored, await expectedBlocks(store(), lease.runId, 0, 2));
          assert.deepEqual(await storedBlocks(store(), lease.runId, 1), [], 'few points have no levels');
        },
      ),
      { numRuns: kind === 'embedded' ? 5 : 8 },
    );
  });

  test('a long series is read from its levels: its extremes, its gaps and its ends, in any range', async () => {
    const lease = await heldRun(store());
    const count = 400_000;
    const valueAt = withSpikes;
    await appendSeries(store(), lease, { count, valueAt });
    const levels = new Set((await storedBlocks(store(), lease.runId, 0)).map(({ level }) => level));
    assert.deepEqual([...levels], [1, 2, 3]);

    const all = await read(lease.runId);
    assert.ok(all.steps.length <= 500 && all.steps.length > 300, `${all.steps.length}`);
    assert.deepEqual([all.steps[0], all.steps.at(-1), all.of], [0, count - 1, count]);
    assert.equal(all.values[all.steps.indexOf(77_777)], 99);
    assert.equal(all.values[all.steps.indexOf(301_234)], -99);
    assert.equal(all.values[all.steps.indexOf(200_000)], null);

    for (const [fromStep, toStep] of [
      [70_001, 350_003],
      [77_777, 301_234],
      [4_095, 399_998],
      [199_990, 200_010],
      [399_000, 2 ** 31 - 1],
      [123, 60_000],
    ] as const) {
      const part = await read(lease.runId, { fromStep, toStep });
      const last = Math.min(toStep, count - 1);
      assert.equal(part.of ?? part.steps.length, last - fromStep + 1, `${fromStep} to ${toStep}`);
      assert.deepEqual([part.steps[0], part.steps.at(-1)], [fromStep, last]);
      assert.ok(part.steps.every((step, i) => i === 0 || step > part.steps[i - 1]!));
      for (const [i, step] of part.steps.entries()) assert.equal(part.values[i], valueAt(step), `step ${step}`);
      for (const spike of [77_777, 301_234, 200_000])
        assert.equal(
          part.steps.includes(spike),
          spike >= fromStep && spike <= last,
          `${spike} in ${fromStep}-${toStep}`,
        );
    }

    const log = await read(lease.runId, { spacing: 'log' });
    assert.ok(log.steps.length <= 500);
    assert.ok(log.steps.includes(77_777) && log.steps.includes(301_234) && log.steps.includes(200_000));
    const inDecade = (from: number) => log.steps.filter((step) => step >= from && step < from * 10).length;
    assert.ok(Math.abs(inDecade(1_000) - inDecade(10_000)) < 30, `${inDecade(1_000)} and ${inDecade(10_000)}`);
    assert.deepEqual(await store().metrics.read(lease.runId, { points: 500, fromStep: count }), {});
  });

  test('every bucket of a curve from levels keeps its extremes', async () => {
    const lease = await heldRun(store());
    const count = 100_000;
    const valueAt = noise;
    await appendSeries(store(), lease, { count, perMessage: 777, valueAt });
    const { steps, values } = await read(lease.runId, { points: 100 });
    const span = count / 49;
    for (let bucket = 1; bucket < 48; bucket += 1) {
      const near = steps.flatMap((step, i) =>
        step >= (bucket - 1) * span && step < (bucket + 2) * span ? [values[i] as number] : [],
      );
      assert.deepEqual([Math.min(...near), Math.max(...near)], [0, 0.999]);
    }
  });

  test('a smoothed curve from levels is that of all points, as far as it can be drawn', async () => {
    const lease = await heldRun(store());
    const count = 300_000;
    const valueAt = noisyWave;
    await appendSeries(store(), lease, { count, valueAt });
    const range = count - 1;
    for (const smoothing of [0.3, 0.9, 0.99]) {
      const decay = Math.min(Math.sqrt(smoothing), 0.999);
      const weight = decay ** (1000 / range);
      const wanted = new Float64Array(count);
      for (let step = 0, sum = 0, weights = 0; step < count; step += 1) {
        sum = sum * weight + valueAt(step);
        weights = weights * weight + 1;
        wanted[step] = sum / weights;
      }
      const whole = await read(lease.runId, { smoothing });
      assert.equal(whole.smoothed!.length, whole.steps.length);
      const part = await read(lease.runId, { smoothing, smoothingRange: range, fromStep: 150_000, toStep: 160_000 });
      for (const { steps, smoothed } of [whole, part])
        for (const [i, step] of steps.entries())
          // A pixel of an axis of 3 units in 400 pixels.
          if (step > 1000)
            assert.ok(
              Math.abs(smoothed![i]! - wanted[step]!) < 0.0075,
              `${smoothing}, step ${step}: ${smoothed![i]} for ${wanted[step]}`,
            );
    }
  });

  test('a series of any length is read piece by piece, with its smoothed curve, and its mean from its levels', async () => {
    const lease = await heldRun(store());
    assert.equal(await store().metrics.readLong(lease.runId, {}), null);
    const count = 300_000;
    const valueAt = (step: number): number | null => (step % 1000 === 7 ? null : step / count);
    await appendSeries(store(), lease, { count, valueAt });
    const long = await store().metrics.readLong(lease.runId, { fromStep: 100, toStep: 299_000, smoothing: 0.5 });
    assert.deepEqual(
      long?.map(({ key }) => key),
      ['loss', 'learningRate'],
    );
    const { points, smoothed } = long[0]!;
    let at = 100;
    for await (const { steps, values } of points()) {
      assert.ok(steps.length <= 4096, 'in memory there is one piece');
      for (const [i, step] of steps.entries()) assert.deepEqual([step, values[i]], [at++, valueAt(step)]);
    }
    assert.equal(at, 299_001);
    let curve = 0;
    for await (const part of smoothed!()) curve += part.length;
    assert.equal(curve, 299_000 - 100 + 1);
    assert.deepEqual(await store().metrics.readLong(lease.runId, { fromStep: count }), []);

    const finite = Array.from({ length: 250_001 - 5_000 }, (_, i) => valueAt(5_000 + i)).filter(
      (value) => value !== null,
    );
    const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
    const read = await store().metrics.mean(lease.runId, 'loss', { fromStep: 5_000, toStep: 250_000 });
    assert.ok(Math.abs(read! - mean) < 1e-12, `${read} for ${mean}`);
    assert.equal(await store().metrics.mean(lease.runId, 'valLoss', { fromStep: 0, toStep: count }), null);
  });

  test('what is out of order is read point by point, and so is a run that began with an earlier version', async () => {
    const lease = await heldRun(store());
    await appendSeries(store(), lease, { count: 40_000, valueAt: (step) => step });
    await appendSeries(store(), lease, { from: 10_000, count: 40_000, valueAt: (step) => -step });
    const { steps, values } = await read(lease.runId);
    assert.ok(steps.every((step, i) => i === 0 || step >= steps[i - 1]!));
    assert.deepEqual([values[0], values.at(-1)], [0, -49_999]);

    const old = await heldRun(store());
    await appendSeries(store(), old, { count: 40_000, valueAt: (step) => step });
    const before = await read(old.runId);
    for (const change of [
      'delete from metric_kinds where run_id = $1',
      'delete from metric_levels where run_id = $1',
      'update run_messages set kind = null where run_id = $1',
    ])
      await store().pool.query(change, [old.runId]);
    await appendSeries(store(), old, { from: 40_000, count: 40_000, valueAt: (step) => step });
    const after = await read(old.runId);
    assert.deepEqual([before.of, after.of, after.steps.at(-1)], [40_000, 80_000, 79_999]);
    assert.deepEqual(await storedBlocks(store(), old.runId, 0), []);
  });
});
