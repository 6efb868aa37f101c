/** Checks that a model has the neuron that a client names. */
import { hiddenLayers } from '../model/blocks.ts';
import type { ErrorDetail, ModelSpec } from '../vocabulary/index.ts';

/** What is wrong with the name of a neuron: both parts or neither, and of this model. Null: nothing is. */
export function checkNeuron(
  { layers }: Pick<ModelSpec, 'layers'>,
  { layer, neuron }: { layer?: string | undefined; neuron?: number | undefined },
): ErrorDetail | null {
  if (layer === undefined && neuron === undefined) return null;
  if (layer === undefined || neuron === undefined) {
    const path = layer === undefined ? 'layer' : 'neuron';
    return { path, message: 'is missing: a neuron has a layer and a number', expected: 'both layer and neuron' };
  }
  const hidden = hiddenLayers(layers);
  const found = hidden.find(({ name }) => name === layer);
  if (!found)
    return {
      path: 'layer',
      message: 'is not a layer of this run',
      expected: hidden.length === 0 ? 'no layer' : `one of ${hidden.map(({ name }) => name).join(', ')}`,
    };
  const { units } = found.spec;
  if (neuron < units) return null;
  return { path: 'neuron', message: `is not in layer ${layer}`, expected: `an integer from 0 to ${units - 1}` };
}
