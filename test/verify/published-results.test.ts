/** The quick form of `npm run verify`: every check with fewer samples and a tolerance of four standard errors. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { isOk } from '../../bench/verify/check.ts';
import { checks } from '../../bench/verify/checks.ts';

for (const check of checks) {
  test(`${check.id}: ${check.setup}`, async () => {
    for (const outcome of await check.run('quick')) {
      assert.ok(
        isOk(outcome),
        `${outcome.quantity}: ${outcome.ours}, expected ${String(outcome.expected)} within ${outcome.tolerance}`,
      );
    }
  });
}
