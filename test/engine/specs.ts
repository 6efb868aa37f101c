/** Short forms for models, training and data in tests. */
import type { Chunk, TrainingData } from '../../src/engine/network.ts';
import { Random } from '../../src/random.ts';
import {
  fill,
  OPTIMIZER_OPTIONS,
  type Activation,
  type Initializer,
  type LayerSpec,
  type TrainingSpec,
} from '../../src/vocabulary/index.ts';

export function dense(
  units: number,
  activation: Activation = { type: 'relu' },
  kernelInitializer: Initializer = { type: 'heNormal' },
): LayerSpec {
  return {
    type: 'dense',
    units,
    activation,
    kernelInitializer,
    biasInitializer: { type: 'randomNormal', mean: 0, stddev: 0.1 },
  };
}

export const SGD = fill(OPTIMIZER_OPTIONS, { type: 'sgd', learningRate: 0.1 });
export const ADAM = fill(OPTIMIZER_OPTIONS, { type: 'adam', learningRate: 0.01 });

export const training = (options: Partial<TrainingSpec> = {}): TrainingSpec => ({
  epochs: 1,
  batchSize: 8,
  seed: 1,
  shuffle: true,
  loss: 'softmaxCrossEntropy',
  optimizer: SGD,
  schedule: { type: 'constant', warmupSteps: 0 },
  clipNorm: null,
  classWeights: null,
  threads: 'auto',
  stopping: null,
  ...options,
});

export type FloatData = TrainingData & { inputs: Float32Array };

/** Points in [-1, 1]^features; the class is where the first features point. */
export function classificationData(sampleCount = 48, featureCount = 3, outputCount = 3): FloatData {
  const random = new Random(21, 'drawing');
  const inputs = Float32Array.from({ length: sampleCount * featureCount }, () => 2 * random.uniform() - 1);
  const targets = Int32Array.from({ length: sampleCount }, (_, row) =>
    Math.floor(((inputs[row * featureCount]! + 1) / 2) * outputCount),
  );
  return {
    task: 'classification',
    sampleCount,
    featureCount,
    outputCount,
    inputs,
    targets,
    normalization: null,
    targetNormalization: null,
    classWeights: null,
  };
}

export function regressionData(sampleCount = 48, featureCount = 3): FloatData {
  const data = classificationData(sampleCount, featureCount);
  const targets = Float32Array.from({ length: sampleCount }, (_, row) =>
    Math.sin(3 * data.inputs[row * featureCount]!),
  );
  return { ...data, task: 'regression', outputCount: 1, targets };
}

export const rows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);

/** Batches over the samples in order, repeatedly. */
export function chunk(sampleCount: number, batchSize: number, steps: number, learningRate = 0.1, firstStep = 0): Chunk {
  const indices = Int32Array.from(
    { length: steps * batchSize },
    (_, position) => (firstStep * batchSize + position) % sampleCount,
  );
  return { indices, batchSize, learningRates: new Float64Array(steps).fill(learningRate) };
}
