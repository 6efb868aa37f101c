/** Which hidden layers compute the same while the network trains as in a verdict. */
import { differsInTraining } from '../../model/layer-kinds.ts';
import { outlineLayers } from '../../model/outline.ts';
import type { LayerSpec } from '../../vocabulary/index.ts';

/**
 * By hidden layer: whether everything up to its neurons' outputs is the same function of a sample in both. Dropout and batch
 * normalization change what comes behind them, and nothing before.
 */
export function computesTheSameInTraining(layers: readonly LayerSpec[]): boolean[] {
  const isSame: boolean[] = [];
  let hasChanged = false;
  // How many inputs there are makes no difference.
  for (const layer of outlineLayers(layers, [1])) {
    hasChanged ||= differsInTraining(layer);
    if ((layer.type === 'dense' || layer.type === 'activation') && layer.watched !== null)
      isSame[layer.watched] = !hasChanged;
  }
  return isSame;
}
