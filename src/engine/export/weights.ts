/** The weights of a trained network as a job takes them, to start from. */
import type { InitialWeights, NormalizationWeights } from '../../vocabulary/index.ts';
import { valuesOf, type TrainedModel } from './trained-model.ts';

/** `write` makes numbers of float32 values. Null if one is not finite. */
export function modelAsWeights(model: TrainedModel, write: (values: Float32Array) => number[]): InitialWeights | null {
  const { parameters, statistics } = model.state;
  if (!parameters.every(Number.isFinite) || !statistics.every(Number.isFinite)) return null;
  const weights = { kernels: [] as number[][][], biases: [] as number[][], alphas: [] as number[][] };
  const normalizations: NormalizationWeights[] = [];
  for (const layer of model.outline.layers) {
    switch (layer.type) {
      case 'dense': {
        const { fanIn, units } = layer;
        const kernel = valuesOf(model, layer.kernel);
        weights.kernels.push(
          Array.from({ length: fanIn }, (_, row) => write(kernel.subarray(row * units, (row + 1) * units))),
        );
        weights.biases.push(write(valuesOf(model, layer.bias)));
        weights.alphas.push([]);
        break;
      }
      case 'activation':
        // Slopes belong to the dense layer before them.
        if (layer.alpha) weights.alphas[weights.alphas.length - 1] = write(valuesOf(model, layer.alpha));
        break;
      case 'batchNormalization': {
        const { units, mean, variance } = layer;
        normalizations.push({
          gamma: write(valuesOf(model, layer.gamma)),
          beta: write(valuesOf(model, layer.beta)),
          mean: write(statistics.subarray(mean, mean + units)),
          variance: write(statistics.subarray(variance, variance + units)),
        });
        break;
      }
      case 'layerNormalization':
        normalizations.push({
          gamma: write(valuesOf(model, layer.gamma)),
          beta: write(valuesOf(model, layer.beta)),
        });
        break;
      case 'dropout':
      case 'alphaDropout':
    }
  }
  return { ...weights, ...(normalizations.length > 0 && { normalizations }) };
}
