/**
 * The model as plain JSON: everything that is needed to compute its outputs in any language. Inputs are normalised
 * first, x = (input - shift) * scale per feature; the layers follow in order, and `outputActivation` comes last. A dense
 * layer is x kernel + bias, with kernels [in, out]. Dropout does nothing in inference and is left out. Where the targets
 * were normalised, the last layer is a batch normalization that turns the outputs into the targets' unit. `preparation`
 * says how rows of named columns become inputs (docs/models.md).
 */
import { sizeOf, type OutlinedLayer } from '../../model/outline.ts';
import type { Scaling } from '../network.ts';
import { DENORMALIZATION } from '../../vocabulary/index.ts';
import { spreadOf } from '../math/scaling.ts';
import { namesOf, OUTPUT_ACTIVATIONS, valuesOf, type TrainedModel } from './trained-model.ts';

/** Weights that are not finite (the run has diverged) become null. */
export function modelAsJson(model: TrainedModel): Uint8Array {
  const { task, outline, state, normalization, targetNormalization } = model;
  const head = {
    format: 'relumine-model',
    version: 1,
    step: state.step,
    task,
    features: sizeOf(outline.inputShape),
    outputs: outline.outputs,
    normalization: normalization && { shift: numbers(normalization.shift), scale: numbers(normalization.scale) },
    outputActivation: OUTPUT_ACTIVATIONS[task],
    ...namesOf(model),
  };
  const layers = outline.layers
    .filter(({ type }) => type !== 'dropout' && type !== 'alphaDropout')
    .map((layer) => describeLayer(layer, model));
  if (targetNormalization) layers.push(describeDenormalization(targetNormalization));
  // Written layer by layer: as one string, a large model would be longer than a string can be.
  const parts = layers.map((layer, index) => `${index > 0 ? ',\n' : ''}${JSON.stringify(layer)}`);
  return Buffer.concat(
    [`${JSON.stringify(head).slice(0, -1)},"layers":[\n`, ...parts, '\n]}\n'].map((part) => Buffer.from(part)),
  );
}

function describeLayer(layer: OutlinedLayer, model: TrainedModel): object {
  const { statistics } = model.state;
  switch (layer.type) {
    case 'dense': {
      const { name, fanIn: inputs, units, kernel, bias } = layer;
      const values = valuesOf(model, kernel);
      const rows = Array.from({ length: inputs }, (_, row) => numbers(values.subarray(row * units, (row + 1) * units)));
      return { type: 'dense', name, inputs, units, kernel: rows, bias: numbers(valuesOf(model, bias)) };
    }
    case 'activation':
      return {
        type: 'activation',
        activation: layer.activation,
        ...(layer.alpha && { alpha: numbers(valuesOf(model, layer.alpha)) }),
      };
    case 'batchNormalization': {
      const { name, units, epsilon, gamma, beta, mean, variance } = layer;
      return {
        type: layer.type,
        name,
        epsilon,
        gamma: numbers(valuesOf(model, gamma)),
        beta: numbers(valuesOf(model, beta)),
        mean: numbers(statistics.subarray(mean, mean + units)),
        variance: numbers(statistics.subarray(variance, variance + units)),
      };
    }
    case 'layerNormalization':
      return {
        type: layer.type,
        name: layer.name,
        epsilon: layer.epsilon,
        gamma: numbers(valuesOf(model, layer.gamma)),
        beta: numbers(valuesOf(model, layer.beta)),
      };
    case 'dropout':
    case 'alphaDropout':
      return { type: layer.type, rate: layer.rate };
  }
}

/** A kind of layer that readers know already. */
function describeDenormalization(scaling: Scaling): object {
  const { shift } = scaling;
  return {
    type: 'batchNormalization',
    name: DENORMALIZATION,
    epsilon: 0,
    gamma: numbers(spreadOf(scaling)),
    beta: numbers(shift),
    mean: Array<number>(shift.length).fill(0),
    variance: Array<number>(shift.length).fill(1),
  };
}

/** Nine digits give back the same float32. */
export const numbers = (values: Float32Array): number[] => Array.from(values, (value) => Number(value.toPrecision(9)));
