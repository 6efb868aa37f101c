/** A neuron's state at any step, told from the newest verdict and its life history. */
import type { LifeEvent, NeuronHealth, NeuronState } from '../../schemas/index.ts';

/**
 * Out: it fired on none of the samples seen. `dead` is proved or measured on all of them, `silent` on those that were
 * looked at.
 */
export const isOut = (state: NeuronState): boolean => state === 'dead' || state === 'silent';

export function wasOutAt(history: readonly LifeEvent[], step: number): boolean {
  let isOutThen = false;
  for (const event of history) {
    if (event.step > step) break;
    isOutThen = event.type !== 'revived';
  }
  return isOutThen;
}

/** Only going out and coming back have a history: whatever else a neuron is, it is shown by its firing. */
export function stateAt({ state, history }: NeuronHealth, verdictStep: number, step: number): NeuronState {
  if (step >= verdictStep) return state;
  const wasOut = wasOutAt(history, step);
  if (wasOut === isOut(state)) return state;
  return wasOut ? 'silent' : 'active';
}
