/**
 * A separate process for tests. `open DATA_DIR`: opens the store and reports the result. `write DATA_DIR SEED
 * [DATABASE_URL]`: appends to a run until it is killed, and reports to its parent what was acknowledged.
 */
import { Random } from '../../src/random.ts';
import type { LogEntry } from '../../src/store/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { heldRun, progressAt } from '../support/runs.ts';

const [, , task, dataDir = '', seed, databaseUrl = null] = process.argv;
process.once('disconnect', () => process.exit());

if (task === 'open') {
  try {
    await (await openStore({ databaseUrl, dataDir })).close();
    console.log('opened');
  } catch (error) {
    console.log(String(error));
  }
} else {
  const store = await openStore({ databaseUrl, dataDir });
  const lease = await heldRun(store);
  const random = new Random(Number(seed), 'drawing');
  let step = 0;
  let checkpoint = 0;
  for (;;) {
    const steps = Array.from({ length: 1 + random.below(20) }, () => (step += 1));
    const entries: LogEntry[] = [{ type: 'metrics', step, steps, values: { loss: steps.map((value) => 1 / value) } }];
    const isSaved = random.uniform() < 0.1;
    if (isSaved)
      entries.push({
        type: 'checkpoint',
        step,
        epoch: 0,
        isFinal: false,
        isBest: false,
        keep: 0,
        best: null,
        state: new Uint8Array(3_000_000).fill(step),
      });
    const records = await store.log.append(lease, entries, { progress: progressAt(step, 1_000_000) });
    if (isSaved) checkpoint = step;
    process.send?.({ ...lease, seq: records?.at(-1)?.seq, step, checkpoint });
  }
}
