/** Started by data-lock.test.ts: tries to take the lock of the directory in argument 1. */
import { lockData } from '../../src/store/embedded/data-lock.ts';
import { StoreUnavailable } from '../../src/store/postgres/unavailable.ts';

process.once('disconnect', () => process.exit());
// Without a channel to its parent, only this keeps it alive.
if (!process.send) setInterval(() => undefined, 60_000);
try {
  await lockData(process.argv[2] ?? '');
  process.send?.('held');
} catch (error) {
  process.send?.(error instanceof StoreUnavailable ? 'refused' : String(error));
}
