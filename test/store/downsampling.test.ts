import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePoints } from '../../src/store/log/downsampling.ts';

/** The points that stay. */
function downsample(
  at: Int32Array,
  values: Float64Array,
  points: number,
  spacing: 'even' | 'log' = 'even',
): { steps: number[]; values: (number | null)[] } {
  const kept = choosePoints(at, values, { points, spacing });
  return {
    steps: kept.map((i) => at[i] as number),
    values: kept.map((i) => (Number.isFinite(values[i]) ? (values[i] as number) : null)),
  };
}

const steps = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i * 2);

test('a short series stays as it is', () => {
  assert.deepEqual(downsample(Int32Array.of(1, 2, 5), Float64Array.of(3, NaN, 4), 500), {
    steps: [1, 2, 5],
    values: [3, null, 4],
  });
  assert.deepEqual(downsample(Int32Array.of(), Float64Array.of(), 500), { steps: [], values: [] });
});

test('first, last, minimum and maximum stay, in order, within the limit', () => {
  for (const count of [501, 1000, 99_999]) {
    for (const points of [4, 5, 100, 500]) {
      const values = Float64Array.from({ length: count }, (_, i) => Math.sin(i / 50));
      values[123] = 1e9;
      values[400] = -1e9;
      const result = downsample(steps(count), values, points);
      assert.ok(result.steps.length <= points, `${result.steps.length} of ${points} points`);
      assert.equal(result.steps[0], 0);
      assert.equal(result.steps.at(-1), (count - 1) * 2);
      assert.ok(result.values.includes(1e9) && result.values.includes(-1e9));
      assert.ok(result.steps.every((step, i) => i === 0 || step > (result.steps[i - 1] as number)));
    }
  }
});

test('every bucket keeps its extremes', () => {
  const count = 100_000;
  const values = Float64Array.from({ length: count }, (_, i) => ((i * 7919) % 1000) / 1000);
  const result = downsample(steps(count), values, 500);
  const buckets = 249;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const start = 1 + Math.floor((bucket * (count - 2)) / buckets);
    const end = 1 + Math.floor(((bucket + 1) * (count - 2)) / buckets);
    const kept = result.steps.flatMap((step, i) =>
      step / 2 >= start && step / 2 < end ? [result.values[i] as number] : [],
    );
    const all = values.subarray(start, end);
    assert.equal(Math.min(...kept), Math.min(...all));
    assert.equal(Math.max(...kept), Math.max(...all));
  }
});

test('gaps stay visible, and a constant series is not repeated', () => {
  const values = new Float64Array(10_000).fill(1);
  values.fill(NaN, 5000, 5100);
  values[7000] = Infinity;
  const result = downsample(steps(10_000), values, 300);
  assert.ok(result.steps.length <= 300);
  const gaps = result.steps.filter((_, i) => result.values[i] === null);
  assert.ok(gaps.some((step) => step >= 10_000 && step < 10_200));
  assert.ok(gaps.includes(14_000));
});

test('a series of only gaps stays a series of gaps', () => {
  const result = downsample(steps(1000), new Float64Array(1000).fill(NaN), 10);
  assert.ok(result.values.length > 0 && result.values.every((value) => value === null));
});

test('on a logarithmic axis every decade has as many points, and extremes stay', () => {
  const count = 100_000;
  const at = Int32Array.from({ length: count }, (_, i) => i + 1);
  const values = Float64Array.from({ length: count }, (_, i) => Math.sin(i));
  values[77_777] = 99;
  const result = downsample(at, values, 1000, 'log');
  assert.ok(result.steps.length <= 1000);
  assert.ok(result.values.includes(99));
  const inDecade = (from: number) => result.steps.filter((step) => step >= from && step < from * 10).length;
  assert.equal(inDecade(1), 9, 'a decade that has few points keeps them all');
  for (const from of [1000, 10_000]) assert.ok(Math.abs(inDecade(from) - 200) < 20, `${inDecade(from)} from ${from}`);
  assert.ok(result.steps.every((step, i) => i === 0 || step > (result.steps[i - 1] as number)));
  // Steps without a logarithm are among the points too.
  assert.equal(downsample(steps(count), values, 100, 'log').steps[0], 0);
});
