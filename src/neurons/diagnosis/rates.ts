/** Learning rates: what is usual for a job, and how far one is from it. */
import { hiddenLayers } from '../../model/blocks.ts';
import type { JobSpec, LossName, OptimizerSpec } from '../../vocabulary/index.ts';

/** Of the update to weight ratio of a first step, on a layer: below it training crawls, far above it breaks weights. */
const USUAL_STEP = 0.02;

/** The share of the previous direction that each step keeps. */
export function momentumOf(optimizer: OptimizerSpec): number {
  switch (optimizer.type) {
    case 'sgd':
    case 'rmsprop':
      return optimizer.momentum;
    case 'adam':
    case 'adamw':
      return optimizer.beta1;
    case 'adagrad':
      return 0;
  }
}

/**
 * A rate at which networks of this shape usually learn on data of unit scale. Optimizers that divide by the size of past
 * gradients move every weight by about the rate, so it follows from the size of the weights, sqrt(2 / inputs) by He. Plain
 * gradient descent is stable below the inverse of the curvature, which grows with the inputs of a sample and falls with
 * the batch.
 */
export function usualRate(spec: JobSpec, inputPower: number): number {
  const { optimizer } = spec.training;
  const hidden = hiddenLayers(spec.model.layers);
  const widest = Math.max(1, ...hidden.map(({ spec: { units } }) => units));
  switch (optimizer.type) {
    case 'adam':
    case 'adamw':
      return rounded(adaptiveRate(widest, inputPower));
    case 'rmsprop':
      return rounded((1 - optimizer.momentum) * adaptiveRate(widest, inputPower));
    case 'adagrad':
      return 0.05;
    case 'sgd': {
      const rate = descentRate(spec, hidden.length, inputPower);
      const isSigmoid = hidden.some(({ activation: { type } }) => type === 'sigmoid');
      return rounded((1 - optimizer.momentum) * (isSigmoid ? sigmoidRate(rate, widest, spec.training.loss) : rate));
    }
  }
}

const adaptiveRate = (widest: number, inputPower: number): number =>
  clamp(USUAL_STEP * Math.sqrt(2 / Math.max(widest, inputPower)), 0.001, 0.01);

/**
 * Every layer adds its own steepness. The cross-entropy of probabilities is at most a quarter as steep as a squared error,
 * and flattens as it is learned.
 */
function descentRate(spec: JobSpec, layers: number, inputPower: number): number {
  const { batchSize, loss } = spec.training;
  const rate = (batchSize / (inputPower + 1)) * (isCrossEntropy(loss) ? 1 : 0.1);
  return clamp(
    Math.min(rate, isCrossEntropy(loss) ? rate : 0.1) / Math.max(1, layers),
    Math.min(0.005, 0.5 / (inputPower + 1)),
    0.1,
  );
}

/**
 * A sigmoid passes on a quarter of the gradient at most and needs a rate as much larger. But its outputs lie around a
 * half, so the layer above is as steep as a quarter of their number.
 */
function sigmoidRate(rate: number, widest: number, loss: LossName): number {
  return Math.min(10 * rate, (isCrossEntropy(loss) ? 4 : 0.5) / (widest / 4 + 1));
}

const isCrossEntropy = (loss: LossName): boolean => loss === 'softmaxCrossEntropy' || loss === 'sigmoidCrossEntropy';

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);
/** Two digits are enough for a rate. */
export const rounded = (value: number): number => Number(value.toPrecision(2));
