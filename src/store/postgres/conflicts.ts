/**
 * Transactions that the server ended because another one was in their way. Of two that wait for each other it ends one,
 * whose work is then undone and can be done again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RelumineError } from '../../errors.ts';
import { isConflict } from './sql-state.ts';

const TRIES = 5;
/** Times the number of tries so far, and a random share of it. */
const WAIT_MS = 50;

/** Does the work again, from its beginning, after a conflict. Throws OVERLOADED after too many of them. */
export async function repeated<T>(work: () => Promise<T>, tries = TRIES): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (tried >= tries)
        throw new RelumineError(
          'OVERLOADED',
          'Other changes to the same data were in the way. Try again in a moment.',
          {
            retryAfter: 1,
            cause: error,
          },
        );
      await delay(Math.random() * WAIT_MS * tried);
    }
  }
}
