/** Properties of the kinds of layers, for code that does not compute them: one entry per kind. */
import type { LayerType } from '../vocabulary/index.ts';

interface LayerKind {
  /**
   * `weights` begins a block with its own neurons; `activation` bends; `normalization` moves and scales, so that a
   * zero that goes in need not come out as one; `noise` does nothing to a trained network.
   */
  readonly role: 'weights' | 'activation' | 'normalization' | 'noise';
  /** Whether it computes something else while the network trains than afterwards. */
  readonly differsInTraining: boolean;
}

const LAYER_KINDS: Readonly<Record<LayerType, LayerKind>> = {
  dense: { role: 'weights', differsInTraining: false },
  activation: { role: 'activation', differsInTraining: false },
  dropout: { role: 'noise', differsInTraining: true },
  alphaDropout: { role: 'noise', differsInTraining: true },
  batchNormalization: { role: 'normalization', differsInTraining: true },
  layerNormalization: { role: 'normalization', differsInTraining: false },
};

interface Typed {
  readonly type: LayerType;
}

export const roleOf = ({ type }: Typed): LayerKind['role'] => LAYER_KINDS[type].role;
export const differsInTraining = ({ type }: Typed): boolean => LAYER_KINDS[type].differsInTraining;
export const isNormalization = (layer: Typed): boolean => roleOf(layer) === 'normalization';
