/** Learning rates: what is usual for a job, and how far one is from it. */
import { hiddenLayers } from '../../model/blocks.ts';
import type { JobSpec, LossName, OptimizerSpec } from '../../vocabulary/index.ts';

/** Of the update to weight ratio of a first step, on a layer: below it training crawls, far above it breaks weights. */
const USUAL_STEP = 0.01;

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
  const { optimizer, batchSize } = spec.training;
  const widest = Math.max(1, ...hiddenLayers(spec.model.layers).map(({ spec: { units } }) => units));
  switch (optimizer.type) {
    case 'adam':
    case 'adamw':
      return rounded(clamp(USUAL_STEP * Math.sqrt(2 / Math.max(widest, inputPower)), 0.001, 0.01));
    case 'rmsprop':
      return rounded(
        (1 - optimizer.momentum) * clamp(USUAL_STEP * Math.sqrt(2 / Math.max(widest, inputPower)), 0.001, 0.01),
      );
    case 'adagrad':
      return 0.05;
    case 'sgd':
      return rounded(
        (1 - optimizer.momentum) * steepness(spec) * descentRate(batchSize, inputPower, spec.training.loss),
      );
  }
}

/** The cross-entropy of probabilities is at most a quarter as steep as a squared error. */
function descentRate(batchSize: number, inputPower: number, loss: LossName): number {
  const steep = loss === 'softmaxCrossEntropy' || loss === 'sigmoidCrossEntropy' ? 0.4 : 0.1;
  return clamp((batchSize / (inputPower + 1)) * steep, Math.min(0.005, 0.5 / (inputPower + 1)), 0.1);
}

/** A sigmoid passes on a quarter of the gradient at most, and needs a rate as much larger. */
function steepness({ model: { layers } }: JobSpec): number {
  return hiddenLayers(layers).some(({ activation: { type } }) => type === 'sigmoid') ? 10 : 1;
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);
/** Two digits are enough for a rate. */
export const rounded = (value: number): number => Number(value.toPrecision(2));
