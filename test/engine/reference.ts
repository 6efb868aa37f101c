/** What PyTorch computes in float64 for small networks: test/fixtures/reference-training.json and reference-options.json. */
import { readFileSync } from 'node:fs';
import { resolveClassWeights } from '../../src/datasets/class-weights.ts';
import type { TrainingData } from '../../src/engine/network.ts';
import {
  type ActivationName,
  type Initializer,
  type LossName,
  type ModelSpec,
  type OptimizerName,
  type OutputActivation,
  type TrainingSpec,
  ACTIVATION_OPTIONS,
  DEFAULT_OUTPUT,
  fill,
  OPTIMIZER_OPTIONS,
} from '../../src/vocabulary/index.ts';

export interface ReferenceWeights {
  kernels: number[][][];
  biases: number[][];
  alphas: number[][];
}
export interface ReferenceCase {
  name: string;
  sizes: number[];
  activation: ActivationName;
  outputActivation?: OutputActivation;
  /** `weight` of CrossEntropyLoss, `pos_weight` of BCEWithLogitsLoss. */
  classWeights?: number[];
  loss: LossName;
  clipNorm: number | null;
  optimizer: {
    name: OptimizerName | 'momentum' | 'nesterov';
    learningRate: number;
    momentum?: number;
    nesterov?: boolean;
    beta1?: number;
    beta2?: number;
    rho?: number;
    epsilon?: number;
    weightDecay?: number;
  };
  x: number[][];
  /** One-hot rows for classes. */
  y: number[][];
  initial: ReferenceWeights;
  firstGradients: ReferenceWeights;
  losses: number[];
  final: ReferenceWeights;
  finalHiddenNeurons: Record<string, number[]>[];
}

export const REFERENCE_CASES = ['training', 'options'].flatMap((name) => {
  const path = new URL(`../../../test/fixtures/reference-${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: ReferenceCase[] }).cases;
});

const zeros: Initializer = { type: 'zeros' };

export function modelOf({ sizes, activation, outputActivation, initial }: ReferenceCase): ModelSpec {
  const spec = fill(ACTIVATION_OPTIONS, activation);
  const layers = sizes.slice(1, -1).map((units) => ({
    type: 'dense' as const,
    units,
    activation: spec,
    kernelInitializer: zeros,
    biasInitializer: zeros,
  }));
  const output = { ...DEFAULT_OUTPUT, activation: outputActivation ?? DEFAULT_OUTPUT.activation };
  return { layers, output, initialWeights: initial };
}

export function trainingOf({
  optimizer: { name, ...options },
  loss,
  clipNorm,
  classWeights,
  x,
}: ReferenceCase): TrainingSpec {
  const type = name === 'momentum' || name === 'nesterov' ? 'sgd' : name;
  const optimizer = fill(OPTIMIZER_OPTIONS, { ...options, type });
  return {
    epochs: 12,
    batchSize: x.length,
    seed: 1,
    shuffle: false,
    loss,
    optimizer,
    schedule: { type: 'constant', warmupSteps: 0 },
    clipNorm,
    classWeights: classWeights ?? null,
    threads: 'auto',
    stopping: null,
  };
}

export function dataOf({ x, y, sizes, loss, classWeights }: ReferenceCase): TrainingData {
  const task =
    loss === 'softmaxCrossEntropy' ? 'classification' : loss === 'sigmoidCrossEntropy' ? 'multilabel' : 'regression';
  const outputCount = sizes.at(-1)!;
  const targets = task === 'classification' ? Int32Array.from(y, (row) => row.indexOf(1)) : Float32Array.from(y.flat());
  const all = Int32Array.from(x, (_, row) => row);
  return {
    task,
    sampleCount: x.length,
    featureCount: sizes[0]!,
    outputCount,
    inputs: Float32Array.from(x.flat()),
    targets,
    normalization: null,
    targetNormalization: null,
    classWeights: resolveClassWeights(classWeights ?? null, { task, targets, outputCount }, all),
  };
}
