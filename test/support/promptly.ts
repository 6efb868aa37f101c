/** Time limits for tests that may run on busy machines. */
import assert from 'node:assert/strict';

const ROUNDS = 10;
const SAMPLE_MS = 50;

/**
 * At least one round in ten takes less than `limitMs` on an idle machine. On a busy one, the limit grows like the time
 * of a computation. A round returns how long it took.
 */
export async function promptly(limitMs: number, round: () => Promise<number>): Promise<void> {
  const taken: string[] = [];
  for (let count = 0; count < ROUNDS; count++) {
    const before = slowdown();
    const tookMs = await round();
    const limit = limitMs * Math.max(before, slowdown());
    if (tookMs < limit) return;
    taken.push(`${Math.round(tookMs)} of ${Math.round(limit)}`);
  }
  assert.fail(`too slow: ${taken.join(', ')} ms`);
}

/** Wall time over CPU time of a short computation; 1 on an idle machine. */
function slowdown(): number {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  while (performance.now() - startedAt < SAMPLE_MS);
  const { user, system } = process.cpuUsage(cpu);
  return Math.max(1, (1000 * (performance.now() - startedAt)) / (user + system));
}
