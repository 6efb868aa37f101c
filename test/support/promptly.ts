/** Limits of time for tests that run on busy machines too. */
import assert from 'node:assert/strict';

const ROUNDS = 10;
const SAMPLE_MS = 50;

/**
 * One round in ten takes less than `limitMs`, on a machine that has nothing else to do. On a busy one the limit grows as
 * much as the time of a computation does. A round answers how long it took.
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

/** Wall time over processor time of a short computation; 1 on an idle machine. */
function slowdown(): number {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  while (performance.now() - startedAt < SAMPLE_MS);
  const { user, system } = process.cpuUsage(cpu);
  return Math.max(1, (1000 * (performance.now() - startedAt)) / (user + system));
}
