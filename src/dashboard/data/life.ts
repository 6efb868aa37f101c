/** A neuron's state at any step, from the newest verdict and its life history. */
import type { LifeEvent, NeuronHealth, NeuronState } from '../../vocabulary/index.ts';

/**
 * Out: it fired on none of the samples seen. `dead` is proved, or measured on all samples; `silent` is measured on some
 * of them.
 */
export const isOut = (state: NeuronState): boolean => state === 'dead' || state === 'silent';

function wasOutAt(history: readonly LifeEvent[], step: number): boolean {
  let isOutThen = false;
  for (const event of history) {
    if (event.step > step) break;
    isOutThen = event.type !== 'revived';
  }
  return isOutThen;
}

/** Only deaths and revivals have a history; every other state is shown by how often the neuron fires. */
export function stateAt({ state, history }: NeuronHealth, verdictStep: number, step: number): NeuronState {
  if (step >= verdictStep) return state;
  const wasOut = wasOutAt(history, step);
  if (wasOut === isOut(state)) return state;
  return wasOut ? 'silent' : 'active';
}
