/** The weights of dense layers as one vector, as a checkpoint keeps them: kernel, bias and slopes of each in order. */
import type { LayerWeights } from '../../model/measurements.ts';

export function packWeights(layers: readonly LayerWeights[]): Float32Array {
  const tensors = layers.flatMap(({ kernel, bias, alpha }) => [kernel, bias, ...(alpha ? [alpha] : [])]);
  const packed = new Float32Array(tensors.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const tensor of tensors) {
    packed.set(tensor, next);
    next += tensor.length;
  }
  return packed;
}

/** `like` has the shapes. Null if the vector is of another network. */
export function unpackWeights(packed: Float32Array, like: readonly LayerWeights[]): LayerWeights[] | null {
  let next = 0;
  const take = ({ length }: Float32Array): Float32Array => packed.slice(next, (next += length));
  const layers = like.map((layer) => ({
    ...layer,
    kernel: take(layer.kernel),
    bias: take(layer.bias),
    alpha: layer.alpha && take(layer.alpha),
  }));
  return next === packed.length ? layers : null;
}
