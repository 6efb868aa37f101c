/** The same change to many runs, a few at a time. One that fails does not stop the others. */
import type { Run } from '../../vocabulary/index.ts';

export interface BulkResult {
  done: number;
  failed: { run: Run; reason: string }[];
}

const AT_ONCE = 4;

export async function changeAll(runs: readonly Run[], task: (run: Run) => Promise<void>): Promise<BulkResult> {
  const result: BulkResult = { done: 0, failed: [] };
  const waiting = [...runs];
  const work = async () => {
    for (let run = waiting.shift(); run; run = waiting.shift())
      try {
        await task(run);
        result.done += 1;
      } catch (error) {
        result.failed.push({ run, reason: error instanceof Error ? error.message : String(error) });
      }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return result;
}
