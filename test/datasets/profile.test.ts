/** What is measured while rows pass by once equals what all values together say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CountingBudget, NumberProfile } from '../../src/datasets/table/profile.ts';

const value = fc.oneof(
  { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 4, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
  { weight: 2, arbitrary: fc.double({ min: 1e12, max: 1.000001e12, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, 0, Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE) },
);
const batches = fc.array(fc.array(value, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 6 });

function profileOf(batches: readonly number[][]) {
  const profile = new NumberProfile('number', 1, new CountingBudget());
  for (const batch of batches) profile.add(Float64Array.from(batch));
  return profile.finish();
}

describe('the profile of numbers', () => {
  it('has the extremes, the missing and the different values of all batches', () => {
    fc.assert(
      fc.property(batches, (batches) => {
        const all = batches.flat(),
          present = all.filter((number) => !Number.isNaN(number));
        const profile = profileOf(batches);
        assert.equal(profile.missing, all.length - present.length);
        assert.equal(profile.distinct, new Set(present).size);
        assert.equal(profile.minimum ?? Infinity, Math.min(...present));
        assert.equal(profile.maximum ?? -Infinity, Math.max(...present));
        assert.equal(
          profile.top!.reduce((sum, { count }) => sum + count, 0),
          present.length,
        );
      }),
    );
  });

  it('has a histogram of at most 32 bins that counts every value once', () => {
    fc.assert(
      fc.property(batches, (batches) => {
        const present = batches.flat().filter((number) => !Number.isNaN(number));
        const { histogram } = profileOf(batches);
        if (present.length === 0) return assert.equal(histogram, undefined);
        const { edges, counts } = histogram!;
        assert.ok(counts.length <= 32 && edges.length === counts.length + 1);
        assert.equal(
          counts.reduce((a, b) => a + b),
          present.length,
        );
        assert.ok(counts[0]! > 0 && counts.at(-1)! > 0);
        for (const [i, count] of counts.entries()) {
          const isLast = i === counts.length - 1;
          const inside = present.filter((x) => x >= edges[i]! && (x < edges[i + 1]! || (isLast && x === edges[i + 1])));
          assert.equal(count, inside.length);
        }
      }),
    );
  });

  it('has mean and deviation as Welford has them, also far from zero', () => {
    const numbers = fc.array(fc.double({ min: 1e9, max: 1e9 + 10, noNaN: true }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(numbers, (numbers) => {
        let mean = 0,
          squares = 0;
        for (const [i, number] of numbers.entries()) {
          const before = number - mean;
          mean += before / (i + 1);
          squares += before * (number - mean);
        }
        const profile = profileOf([numbers]);
        assert.ok(Math.abs(profile.mean! - mean) < 1e-5);
        assert.ok(Math.abs(profile.deviation! - Math.sqrt(squares / numbers.length)) < 1e-4);
      }),
    );
  });
});
