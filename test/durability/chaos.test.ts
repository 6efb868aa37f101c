/** A small part of bench/chaos, so that it stays runnable: requests of any kind, and kills. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chaos } from '../../bench/chaos/chaos.ts';

const SEED = Number(process.env['TEST_SEED'] ?? 20261128);

for (const [trouble, count] of [
  ['fuzz', 300],
  ['kills', 2],
] as const)
  test(`${count} rounds of ${trouble} do no harm`, { timeout: 300_000 }, async (t) => {
    const tallies = await chaos({
      databases: ['embedded'],
      only: [trouble],
      seed: SEED,
      minutes: 1,
      isLong: false,
      count,
    });
    for (const { tried, problems, hasFailed, counts, requests } of tallies) {
      t.diagnostic(`seed ${SEED}: ${tried}; ${JSON.stringify(counts)}`);
      assert.ok(!hasFailed, problems.join('\n'));
      assert.ok(requests >= count);
    }
    assert.equal(tallies.length, 1);
  });
