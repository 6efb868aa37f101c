import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogramOf } from '../../src/neurons/index.ts';
import { Random } from '../../src/random.ts';
import { HISTOGRAM_BINS, type Histogram } from '../../src/vocabulary/index.ts';

/** By the definition: the bin of a value is found by comparing it with every edge. */
function byDefinition(values: readonly number[]): Histogram {
  const finite = values.filter(Number.isFinite);
  let range = finite.some((value) => value !== 0) ? 2 ** -1074 : 0;
  while (finite.some((value) => Math.abs(value) > range)) range *= 2;
  const edges = Array.from(
    { length: HISTOGRAM_BINS + 1 },
    (_, i) => (range * (2 * i - HISTOGRAM_BINS)) / HISTOGRAM_BINS,
  );
  const counts = Array.from({ length: HISTOGRAM_BINS }, (_, bin) => {
    const isLast = bin === HISTOGRAM_BINS - 1;
    return finite.filter((v) => v !== 0 && v >= edges[bin]! && (v < edges[bin + 1]! || (isLast && v === range))).length;
  });
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  return {
    count: values.length,
    zeros: finite.filter((value) => value === 0).length,
    nonFinite: values.length - finite.length,
    range,
    counts,
    minimum: Math.min(...finite),
    maximum: Math.max(...finite),
    mean,
    deviation: Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length),
  };
}

const random = new Random(1, 'drawing');
const uniform = (count: number, size: number): number[] =>
  Array.from({ length: count }, () => Math.fround(size * (2 * random.uniform() - 1)));

for (const [what, values] of Object.entries({
  'values around 0': uniform(500, 0.3),
  'only positive values, as ReLU gives, with zeros': uniform(400, 5).map((value) => Math.max(0, value)),
  'a power of two as the largest value': [...uniform(50, 4), 4],
  'the same power below zero': [...uniform(50, 4), -4],
  'edges of bins': Array.from({ length: 65 }, (_, i) => i / 32 - 1),
  'tiny gradients': uniform(300, 1e-30),
  'values that are not finite': [...uniform(20, 1), Number.NaN, Infinity, -Infinity, 0],
  'one value': [0.75],
}))
  test(`a histogram of ${what} is what its definition says`, () => {
    const histogram = histogramOf(Float64Array.from(values));
    const expected = byDefinition(values);
    for (const figure of ['mean', 'deviation'] as const) {
      assert.ok(Math.abs(histogram[figure]! - expected[figure]!) <= 1e-12 * (expected.range || 1), figure);
    }
    assert.deepEqual({ ...histogram, mean: 0, deviation: 0 }, { ...expected, mean: 0, deviation: 0 });
    const { counts, zeros, nonFinite, count } = histogram;
    assert.equal(
      counts.reduce((sum, n) => sum + n, zeros + nonFinite),
      count,
    );
  });

test('where there are only zeros, or nothing finite, there are no bins to fill', () => {
  const zeros = histogramOf(new Float32Array(7));
  assert.deepEqual([zeros.range, zeros.zeros, zeros.minimum, zeros.maximum, zeros.deviation], [0, 7, 0, 0, 0]);
  assert.ok(zeros.counts.every((count) => count === 0));
  const lost = histogramOf(new Float32Array(7).fill(Number.NaN));
  assert.deepEqual([lost.range, lost.nonFinite, lost.minimum, lost.mean], [0, 7, null, null]);
});

test('a large tensor is looked at in 4,096 places that are spread evenly, the same ones every time', () => {
  const size = 300_000;
  const values = Float32Array.from({ length: size }, (_, i) => 1 + i / size);
  const histogram = histogramOf(values);
  assert.equal(histogram.count, 4096);
  assert.deepEqual(histogramOf(values), histogram);
  // A uniform ramp from 1 to 2 fills the upper quarter of the bins evenly.
  const filled = histogram.counts.slice(48);
  assert.equal(
    filled.reduce((sum, count) => sum + count, 0),
    4096,
  );
  for (const count of filled) assert.ok(Math.abs(count - 4096 / 16) < 20, `${count}`);
  // A kernel whose columns differ is not seen through one of them only.
  const columns = histogramOf(Float32Array.from({ length: 131_072 }, (_, i) => (i % 64) + 1));
  assert.ok(Math.abs(columns.mean! - 32.5) < 0.1);
});
