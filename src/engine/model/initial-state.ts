/**
 * The initial state of a network: given weights, or its initializers and the seed. It is float32 and the same on every
 * executor.
 */
import { RelumineError, type ErrorDetail } from '../../errors.ts';
import type { InitialWeights, NormalizationWeights } from '../../vocabulary/index.ts';
import type { LayerWeights } from '../../model/measurements.ts';
import type { NetworkState } from '../network.ts';
import { initializeDense } from '../math/initializers.ts';
import { denseLayers, normalizationLayers, slopesOf, type ModelOutline, type Tensor } from '../../model/outline.ts';
import { Random } from '../../random.ts';

export function initialState(
  outline: ModelOutline,
  slotCount: number,
  seed: number,
  given: InitialWeights | undefined,
): NetworkState {
  const parameters = new Float32Array(outline.parameterCount);
  const statistics = new Float32Array(outline.statisticCount);
  let dense = 0;
  for (const layer of outline.layers) {
    switch (layer.type) {
      case 'dense': {
        const { kernel, bias, kernelInitializer, biasInitializer } = layer;
        const random = new Random(seed, 'initializer', dense++);
        const values = initializeDense(kernelInitializer, biasInitializer, layer, random);
        parameters.set(values.kernel, kernel.offset);
        parameters.set(values.bias, bias.offset);
        break;
      }
      case 'activation':
        if (layer.alpha && layer.activation.type === 'prelu') fill(parameters, layer.alpha, layer.activation.alpha);
        break;
      case 'batchNormalization':
        fill(parameters, layer.gamma, 1);
        statistics.fill(1, layer.variance, layer.variance + layer.units);
        break;
      case 'layerNormalization':
        fill(parameters, layer.gamma, 1);
        break;
      case 'dropout':
      case 'alphaDropout':
        break;
    }
  }
  if (given) setGiven(outline, parameters, given);
  if (given?.normalizations) setNormalizations(outline, parameters, statistics, given.normalizations);
  return { step: 0, parameters, slots: new Float32Array(slotCount * outline.parameterCount), statistics };
}

/** Kernels, biases and slopes by layer, copied out of the flat vector. */
export function layerWeights(outline: ModelOutline, parameters: Float32Array): LayerWeights[] {
  const values = ({ offset, size }: Tensor): Float32Array => parameters.slice(offset, offset + size);
  return denseLayers(outline).map(({ name, fanIn, units, watched, kernel, bias }) => {
    const slopes = watched === null ? null : slopesOf(outline, watched);
    return {
      name,
      inputs: fanIn,
      units,
      activation: (watched === null ? undefined : outline.watched[watched]?.activation.type) ?? 'linear',
      kernel: values(kernel),
      bias: values(bias),
      alpha: slopes && values(slopes),
    };
  });
}

function fill(parameters: Float32Array, { offset, size }: Tensor, value: number): void {
  parameters.fill(value, offset, offset + size);
}

/** Throws INVALID_JOB with the name of the first layer that they do not fit. */
function setNormalizations(
  outline: ModelOutline,
  parameters: Float32Array,
  statistics: Float32Array,
  given: readonly NormalizationWeights[],
): void {
  normalizationLayers(outline).forEach((layer, index) => {
    const path = `model.initialWeights.normalizations[${index}]`;
    const set = (target: Float32Array, offset: number, values: readonly number[] | undefined): void => {
      if (values?.length !== layer.units)
        throw new RelumineError('INVALID_JOB', 'The initial weights do not fit the model.', {
          details: [{ path, message: `does not fit ${layer.name}`, expected: `lists of ${layer.units} numbers` }],
        });
      target.set(values, offset);
    };
    set(parameters, layer.gamma.offset, given[index]?.gamma);
    set(parameters, layer.beta.offset, given[index]?.beta);
    if (layer.type === 'layerNormalization') return;
    set(statistics, layer.mean, given[index]?.mean);
    set(statistics, layer.variance, given[index]?.variance);
  });
}

/** Copies given weights in. Throws INVALID_JOB with the path of every wrong shape. */
function setGiven(outline: ModelOutline, parameters: Float32Array, { kernels, biases, alphas }: InitialWeights): void {
  const details: ErrorDetail[] = [];
  const set = (path: string, target: Tensor, rows: readonly (readonly number[])[] | undefined): void => {
    const columns = target.shape.at(-1)!;
    if (!rows || rows.length * columns !== target.size || rows.some((row) => row.length !== columns)) {
      details.push({
        path: `model.initialWeights.${path}`,
        message: `does not fit ${target.layer}`,
        expected: `numbers of shape [${target.shape.join(', ')}]`,
      });
      return;
    }
    rows.forEach((row, index) => parameters.set(row, target.offset + index * columns));
  };
  const layers = denseLayers(outline);
  for (const [name, list] of Object.entries({ kernels, biases, alphas })) {
    if (list && list.length > layers.length)
      details.push({
        path: `model.initialWeights.${name}`,
        message: `has ${list.length} entries`,
        expected: `one for each of ${layers.length} dense layers`,
      });
  }
  layers.forEach((layer, index) => {
    set(`kernels[${index}]`, layer.kernel, kernels[index]);
    if (biases) set(`biases[${index}]`, layer.bias, biases[index] && [biases[index]]);
    const slopes = layer.watched === null ? null : slopesOf(outline, layer.watched);
    const given = alphas?.[index];
    if (slopes && given) set(`alphas[${index}]`, slopes, [given]);
  });
  if (details.length > 0)
    throw new RelumineError('INVALID_JOB', 'The initial weights do not fit the model.', { details });
}
