/** Random numbers for tests, from a seed that is printed. TEST_SEED repeats a failed run. */
import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Random } from '../../src/random.ts';

const SEED = Number(process.env['TEST_SEED'] ?? randomInt(2 ** 31));

export function seededRandom(t: TestContext): Random {
  t.diagnostic(`TEST_SEED=${SEED}`);
  return new Random(SEED, 'drawing');
}
