/** The compiled engines against the one that interprets operations: the same job gives the same curve. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network, TrainingData } from '../../src/engine/network.ts';
import { HybridExecutor } from '../../src/engine/executors/hybrid/hybrid-executor.ts';
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import { TensorflowExecutor } from '../../src/engine/executors/tensorflow/tensorflow-executor.ts';
import type { Executor } from '../../src/engine/executors/executor.ts';
import { WasmExecutor } from '../../src/engine/executors/wasm/wasm-executor.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { Random } from '../../src/random.ts';
import {
  type LayerSpec,
  type OptimizerSpec,
  type TrainingSpec,
  ACTIVATION_OPTIONS,
  fill,
} from '../../src/vocabulary/index.ts';

const STEPS = 100;
const SAMPLES = 200;

const dense = (units: number, type: 'relu' | 'selu' | 'tanh' | 'prelu' | 'gelu' = 'relu'): LayerSpec => ({
  type: 'dense',
  units,
  activation: fill(ACTIVATION_OPTIONS, type),
  kernelInitializer: { type: type === 'selu' ? 'lecunNormal' : 'heNormal' },
  biasInitializer: { type: 'zeros' },
});
const adam: OptimizerSpec = {
  type: 'adam',
  learningRate: 0.001,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
};

interface Job {
  layers: LayerSpec[];
  task?: TrainingData['task'];
  features?: number;
  outputs?: number;
  batchSize?: number;
  optimizer?: OptimizerSpec;
  clipNorm?: number;
  inputs?: 'uint8' | 'float32';
}

const JOBS: Record<string, Job> = {
  'a small network': { layers: [dense(8), dense(8)], features: 2, outputs: 2 },
  'wide layers, whose sums stay in the step': { layers: [dense(70), dense(40)], features: 50, outputs: 5 },
  'bytes with normalisation': { layers: [dense(16)], features: 60, inputs: 'uint8' },
  'no hidden layer': { layers: [] },
  'a batch of one': { layers: [dense(6, 'tanh')], batchSize: 1 },
  dropout: { layers: [dense(40), { type: 'dropout', rate: 0.3 }, dense(12), { type: 'dropout', rate: 0.5 }] },
  'alpha dropout': { layers: [dense(24, 'selu'), { type: 'alphaDropout', rate: 0.2 }, dense(12, 'selu')] },
  'batch normalization': {
    layers: [dense(20), { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 }, dense(8, 'tanh')],
  },
  'batch normalization between a layer and its activation': {
    layers: [
      { ...dense(40), activation: { type: 'linear' } } as LayerSpec,
      { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 },
      { type: 'activation', activation: { type: 'relu' } },
    ],
  },
  'layer normalization': { layers: [dense(40), { type: 'layerNormalization', epsilon: 1e-3 }, dense(8, 'prelu')] },
  multilabel: { layers: [dense(12, 'gelu')], task: 'multilabel', outputs: 4 },
  regression: { layers: [dense(12, 'tanh')], task: 'regression', outputs: 2 },
  clipping: { layers: [dense(12)], clipNorm: 0.1 },
  sgd: {
    layers: [dense(12)],
    optimizer: { type: 'sgd', learningRate: 0.05, momentum: 0, nesterov: false, weightDecay: 0.01 },
  },
  momentum: {
    layers: [dense(12)],
    optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0 },
  },
  'adam with decay': { layers: [dense(12, 'prelu')], optimizer: { ...adam, weightDecay: 0.01 } },
  adamw: { layers: [dense(12)], optimizer: { ...adam, type: 'adamw', weightDecay: 0.05 } },
  rmsprop: {
    layers: [dense(12)],
    optimizer: { type: 'rmsprop', learningRate: 0.001, rho: 0.99, momentum: 0.5, epsilon: 1e-5, weightDecay: 0 },
  },
  adagrad: {
    layers: [dense(12)],
    optimizer: { type: 'adagrad', learningRate: 0.01, epsilon: 1e-8, weightDecay: 0.001 },
  },
};

const compiling: readonly Executor[] = [new OnnxExecutor(), new HybridExecutor(), new WasmExecutor()];

for (const [name, job] of Object.entries(JOBS)) {
  for (const executor of compiling)
    test(`${name}: ${executor.name} and tensorflow agree step by step`, async () => {
      const [compiled, eager] = [await open(executor, job), await open(new TensorflowExecutor(), job)];
      try {
        const chunk = {
          indices: rowsOf(STEPS * batchSizeOf(job)),
          batchSize: batchSizeOf(job),
          learningRates: new Float64Array(STEPS).fill(trainingOf(job).optimizer.learningRate),
        };
        const [ours, theirs] = [await compiled.train(chunk), await eager.train(chunk)];
        allNear(ours.losses, theirs.losses, 1e-5, 'loss');
        allNear(ours.gradientNorms, theirs.gradientNorms, 1e-3, 'gradient norm');
        allNear(ours.correct, theirs.correct, 0, 'correct', 1);
        // A pre-activation within a rounding of 0 may fire on one engine and not on the other.
        allNear(ours.fired, theirs.fired, 0, 'fired', 2);
        allNear(ours.sumAbs, theirs.sumAbs, 1e-4, 'sum of |output|', 1e-2);
        allNear(ours.sumAbsGradient, theirs.sumAbsGradient, 1e-2, 'sum of |gradient|', 1e-2);
        eager.writeState(compiled.readState());
        await measuresAlike(compiled, eager);
      } finally {
        await compiled.close();
        await eager.close();
      }
    });
}

async function measuresAlike(compiled: Network, eager: Network): Promise<void> {
  const rows = Int32Array.from({ length: SAMPLES }, (_, row) => row);
  const [ours, theirs] = [await compiled.evaluate(rows), await eager.evaluate(rows)];
  assert.ok(Math.abs(ours.loss - theirs.loss) <= 1e-5 * theirs.loss, 'evaluated loss');
  assert.equal(ours.accuracy, theirs.accuracy);
  const [seen, expected] = [await compiled.inspect(rows), await eager.inspect(rows)];
  seen.layers.forEach((layer, index) => {
    const other = expected.layers[index]!;
    allNear(layer.minPreActivation, other.minPreActivation, 1e-4, 'least z', 1e-5);
    allNear(layer.maxOutput, other.maxOutput, 1e-4, 'greatest output', 1e-5);
    allNear(layer.maxAbsGradient, other.maxAbsGradient, 1e-3, 'greatest gradient', 1e-5);
    allNear(layer.sumAbsGradient, other.sumAbsGradient, 1e-2, 'sum of |gradient|', 1e-2);
    allNear(layer.nonZero, other.nonZero, 0, 'samples with an output', 5);
  });
}

function open(executor: Executor, job: Job): Promise<Network> {
  return openNetworkOn(executor, { layers: job.layers }, trainingOf(job), dataOf(job));
}

const batchSizeOf = ({ batchSize = 16 }: Job): number => batchSize;

function trainingOf({
  task = 'classification',
  optimizer = adam,
  clipNorm = null as never,
  batchSize = 16,
}: Job): TrainingSpec {
  const loss =
    task === 'classification'
      ? 'softmaxCrossEntropy'
      : task === 'multilabel'
        ? 'sigmoidCrossEntropy'
        : 'meanSquaredError';
  return {
    epochs: 1,
    batchSize,
    seed: 7,
    shuffle: true,
    loss,
    optimizer,
    schedule: { type: 'constant', warmupSteps: 0 },
    clipNorm,
    classWeights: null,
    threads: 'auto',
    stopping: null,
  };
}

function dataOf({ task = 'classification', features = 6, outputs = 3, inputs = 'float32' }: Job): TrainingData {
  const random = new Random(3, 'drawing');
  const values = Array.from({ length: SAMPLES * features }, () => random.uniform());
  return {
    task,
    sampleCount: SAMPLES,
    featureCount: features,
    outputCount: outputs,
    inputs:
      inputs === 'uint8'
        ? Uint8Array.from(values, (value) => 255 * value)
        : Float32Array.from(values, (value) => 4 * value - 2),
    targets: targetsOf(task, outputs, random),
    normalization:
      inputs === 'uint8'
        ? {
            shift: new Float32Array(features).fill(127),
            scale: Float32Array.from({ length: features }, (_, feature) => 0.01 + feature / 5000),
          }
        : null,
    targetNormalization: null,
    classWeights: null,
  };
}

function targetsOf(task: TrainingData['task'], outputs: number, random: Random): Int32Array | Float32Array {
  if (task === 'classification')
    return Int32Array.from({ length: SAMPLES }, () => Math.floor(random.uniform() * outputs));
  return Float32Array.from({ length: SAMPLES * outputs }, () =>
    task === 'multilabel' ? Math.round(random.uniform()) : random.uniform(),
  );
}

function rowsOf(count: number): Int32Array {
  const random = new Random(5, 'order');
  return Int32Array.from({ length: count }, () => Math.floor(random.uniform() * SAMPLES));
}

function allNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
  what: string,
  absolute = 0,
): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const tolerance = absolute + relative * Math.abs(expected[i]!);
    assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `${what}[${i}]: ${actual[i]} and ${expected[i]}`);
  }
}
