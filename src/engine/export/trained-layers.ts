/** A trained network's layers in order, each with its own tensors, for formats whose tensors have names. */
import type { Activation, ActivationName } from '../../vocabulary/index.ts';
import type { OutlinedActivation, Tensor } from '../../model/outline.ts';
import { valuesOf, type TrainedModel } from './trained-model.ts';

/** Every activation except linear, which does nothing. */
export type CurvedName = Exclude<ActivationName, 'linear'>;
export type CurvedActivation = Activation<CurvedName>;

export type TrainedLayer =
  /** kernel [inputs, units], row-major */
  | { type: 'dense'; name: string; inputs: number; units: number; kernel: Float32Array; bias: Float32Array }
  /** `slopes` are the learned ones of prelu; null for every other activation. */
  | { type: 'activation'; name: string; units: number; activation: CurvedActivation; slopes: Float32Array | null }
  | { type: 'dropout' | 'alphaDropout'; name: string; rate: number }
  | {
      type: 'batchNormalization';
      name: string;
      units: number;
      epsilon: number;
      momentum: number;
      gamma: Float32Array;
      beta: Float32Array;
      mean: Float32Array;
      variance: Float32Array;
    }
  | {
      type: 'layerNormalization';
      name: string;
      units: number;
      epsilon: number;
      gamma: Float32Array;
      beta: Float32Array;
    };

/** The layers between the data set's normalisation and the output activation. Linear activations are left out. */
export function trainedLayers(model: TrainedModel): TrainedLayer[] {
  const {
    outline,
    state: { statistics },
  } = model;
  const values = (tensor: Tensor): Float32Array => valuesOf(model, tensor);
  let activations = 0;
  return outline.layers.flatMap((layer): TrainedLayer[] => {
    switch (layer.type) {
      case 'dense':
        return [
          {
            type: 'dense',
            name: layer.name,
            inputs: layer.fanIn,
            units: layer.units,
            kernel: values(layer.kernel),
            bias: values(layer.bias),
          },
        ];
      case 'activation':
        return activation(layer, `activation_${++activations}`, layer.alpha && values(layer.alpha));
      case 'dropout':
      case 'alphaDropout':
        return [{ type: layer.type, name: layer.name, rate: layer.rate }];
      case 'batchNormalization': {
        const { name, units, epsilon, momentum, mean, variance } = layer;
        return [
          {
            type: 'batchNormalization',
            name,
            units,
            epsilon,
            momentum,
            gamma: values(layer.gamma),
            beta: values(layer.beta),
            mean: statistics.subarray(mean, mean + units),
            variance: statistics.subarray(variance, variance + units),
          },
        ];
      }
      case 'layerNormalization':
        return [
          {
            type: 'layerNormalization',
            name: layer.name,
            units: layer.units,
            epsilon: layer.epsilon,
            gamma: values(layer.gamma),
            beta: values(layer.beta),
          },
        ];
    }
  });
}

function activation(layer: OutlinedActivation, name: string, slopes: Float32Array | null): TrainedLayer[] {
  const { units, activation } = layer;
  return activation.type === 'linear' ? [] : [{ type: 'activation', name, units, activation, slopes }];
}
