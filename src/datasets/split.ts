/** Which samples a run trains on and which it validates on. */
import { Random } from '../random.ts';

export interface Split {
  trainIndices: Int32Array;
  validationIndices: Int32Array;
}

/**
 * Chooses `validationSamples` out of `samples` at random, stratified where `classes` gives each sample's class. Both
 * parts are ascending.
 */
export function splitSamples(
  samples: number,
  validationSamples: number,
  seed: number,
  classes: Int32Array | null,
): Split {
  const order = new Random(seed, 'split').permutation(samples);
  const mixed = classes === null ? order : stratify(order, classes);
  return {
    validationIndices: mixed.slice(0, validationSamples).sort(),
    trainIndices: mixed.slice(validationSamples).sort(),
  };
}

/**
 * Reorders the samples so that every prefix of the list has each class in proportion, to within one sample: the k-th of
 * a class's n samples is placed at (k + 1/2) / n of the list.
 */
function stratify(order: Int32Array, classes: Int32Array): Int32Array {
  const sizes = new Map<number, number>(),
    seen = new Map<number, number>();
  for (const index of classes) sizes.set(index, (sizes.get(index) ?? 0) + 1);
  const places = new Float64Array(order.length);
  for (const sample of order) {
    const index = classes[sample] as number;
    const k = seen.get(index) ?? 0;
    places[sample] = (k + 0.5) / (sizes.get(index) as number);
    seen.set(index, k + 1);
  }
  return order.slice().sort((a, b) => (places[a] as number) - (places[b] as number));
}
