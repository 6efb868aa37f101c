/**
 * Dropout masks, made on the host: 1 keeps a unit, 0 drops it. Element i of a layer's mask at a step depends on the
 * seed, the layer and the step only.
 */
import type { OutlinedDropout } from '../../model/outline.ts';
import { Random } from '../../random.ts';

/** The step input with a layer's mask, uint8 [batch, units]. */
export const maskName = ({ name }: OutlinedDropout): string => `${name}.mask`;

/**
 * Masks of `steps` steps from `firstStep` on, [steps, batchSize, units]; `position` is the layer's place among the
 * dropout layers.
 */
export function dropoutMasks(
  layer: OutlinedDropout,
  position: number,
  seed: number,
  firstStep: number,
  steps: number,
  batchSize: number,
): Uint8Array {
  const count = batchSize * layer.units;
  const masks = new Uint8Array(steps * count);
  const threshold = Math.round(layer.rate * 2 ** 32);
  for (let step = 0; step < steps; step++) {
    const random = new Random(seed, 'dropout', firstStep + step, position);
    const start = step * count;
    for (let element = 0; element < count; element++) masks[start + element] = random.word() >= threshold ? 1 : 0;
  }
  return masks;
}
