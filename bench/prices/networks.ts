/** Networks of many kinds: narrow, wide, deep, few and many inputs, small and large batches. */
import type { TrainingData } from '../../src/engine/network.ts';
import {
  ACTIVATION_OPTIONS,
  fill,
  OPTIMIZER_OPTIONS,
  type LayerSpec,
  type ModelSpec,
  type TrainingSpec,
} from '../../src/vocabulary/index.ts';

interface KindOfNetwork {
  sizes: readonly number[];
  batchSize: number;
  activation: 'relu' | 'gelu';
  isNormalized: boolean;
}

const SHAPES: readonly (readonly [sizes: readonly number[], batchSize: number])[] = [
  [[2, 8, 8, 2], 32],
  [[1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1], 32],
  [[20, 5, 1], 1],
  [[20, 32, 32, 2], 32],
  [[64, 64, 10], 16],
  [[20, 64, 64, 64, 64, 2], 32],
  [[10, 16, 16, 16, 16, 16, 16, 16, 16, 4], 256],
  [[784, 32, 10], 32],
  [[30, 256, 256, 3], 32],
  [[100, 128, 128, 10], 128],
  [[20, 128, 128, 2], 512],
  [[784, 128, 64, 10], 64],
  [[784, 256, 128, 10], 64],
  [[784, 512, 10], 64],
  [[784, 1024, 1024, 10], 128],
];

export const KINDS_OF_NETWORKS: readonly KindOfNetwork[] = SHAPES.flatMap(([sizes, batchSize]) => [
  { sizes, batchSize, activation: 'relu', isNormalized: false },
  { sizes, batchSize, activation: 'gelu', isNormalized: false },
  { sizes, batchSize, activation: 'relu', isNormalized: true },
]);

export const modelOf = ({ sizes, activation: type, isNormalized }: KindOfNetwork): ModelSpec => ({
  layers: sizes.slice(1, -1).flatMap((units): LayerSpec[] => {
    const activation = fill(ACTIVATION_OPTIONS, type);
    const dense = {
      type: 'dense',
      units,
      kernelInitializer: { type: 'heNormal' },
      biasInitializer: { type: 'zeros' },
    } as const;
    if (!isNormalized) return [{ ...dense, activation }];
    return [
      { ...dense, activation: { type: 'linear' } },
      { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 },
      { type: 'activation', activation },
    ];
  }),
});

export const trainingOf = ({ sizes, batchSize }: KindOfNetwork): TrainingSpec => ({
  epochs: 1,
  batchSize,
  seed: 1,
  shuffle: true,
  loss: sizes.at(-1) === 1 ? 'meanSquaredError' : 'softmaxCrossEntropy',
  optimizer: fill(OPTIMIZER_OPTIONS, { type: 'adam' }),
  schedule: { type: 'constant', warmupSteps: 0 },
  clipNorm: null,
  classWeights: null,
  stopping: null,
  threads: 1,
});

export function dataOf({ sizes }: KindOfNetwork): TrainingData {
  const [featureCount, outputCount, sampleCount] = [sizes[0]!, sizes.at(-1)!, 2048];
  const isClass = outputCount > 1;
  return {
    task: isClass ? 'classification' : 'regression',
    sampleCount,
    featureCount,
    outputCount,
    inputs: Float32Array.from({ length: sampleCount * featureCount }, () => 2 * Math.random() - 1),
    targets: isClass
      ? Int32Array.from({ length: sampleCount }, () => Math.floor(Math.random() * outputCount))
      : Float32Array.from({ length: sampleCount }, () => Math.random()),
    normalization: null,
    targetNormalization: null,
    classWeights: null,
  };
}
