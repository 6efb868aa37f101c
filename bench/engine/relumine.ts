/**
 * Our engine, as the training loop uses it: chunks of about 50 ms, with all neuron counters or (`off`) without them.
 */
import { OnnxExecutor } from '../../src/engine/executors/onnx/onnx-executor.ts';
import type { Network, TrainingData } from '../../src/engine/network.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import type { ModelSpec, TrainingSpec } from '../../src/vocabulary/index.ts';
import type { BenchNetwork } from './networks.ts';
import { play } from './protocol.ts';
import { withoutCounters } from './without-counters.ts';

const CHUNK_MS = 50;
const LEARNING_RATE = 0.001;

const counts = process.argv[2] !== 'off';
let network: Network;
let batchSize: number;
let sampleCount: number;
let chunkSteps = 1;

await play({
  async open(spec, samples) {
    ({ batchSize } = spec);
    sampleCount = samples;
    const onnx = new OnnxExecutor();
    network = await openNetworkOn(
      counts ? onnx : withoutCounters(onnx),
      modelOf(spec),
      trainingOf(spec),
      dataOf(spec, samples),
    );
  },
  async train(steps) {
    for (let step = 0; step < steps; step += chunkSteps) {
      const count = Math.min(chunkSteps, steps - step);
      const started = performance.now();
      await network.train({
        indices: randomRows(count * batchSize),
        batchSize,
        learningRates: new Float64Array(count).fill(LEARNING_RATE),
      });
      chunkSteps = Math.max(1, Math.round((CHUNK_MS * count) / (performance.now() - started)));
    }
  },
});

function randomRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, () => Math.floor(Math.random() * sampleCount));
}

function modelOf({ sizes }: BenchNetwork): ModelSpec {
  return {
    layers: sizes.slice(1, -1).map((units) => ({
      type: 'dense',
      units,
      activation: { type: 'relu' },
      kernelInitializer: { type: 'heNormal' },
      biasInitializer: { type: 'zeros' },
    })),
  };
}

function trainingOf({ task }: BenchNetwork): TrainingSpec {
  return {
    epochs: 1,
    batchSize,
    seed: 1,
    shuffle: true,
    loss: task === 'classification' ? 'softmaxCrossEntropy' : 'meanSquaredError',
    optimizer: { type: 'adam', learningRate: LEARNING_RATE, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    schedule: { type: 'constant', warmupSteps: 0 },
    clipNorm: null,
    classWeights: null,
    threads: 'auto',
    stopping: null,
  };
}

function dataOf({ sizes, task }: BenchNetwork, samples: number): TrainingData {
  const [featureCount, outputCount] = [sizes[0]!, sizes.at(-1)!];
  const inputs = Float32Array.from({ length: samples * featureCount }, () => 2 * Math.random() - 1);
  const targets =
    task === 'classification'
      ? Int32Array.from({ length: samples }, () => Math.floor(Math.random() * outputCount))
      : Float32Array.from({ length: samples * outputCount }, () => Math.random());
  return {
    task,
    sampleCount: samples,
    featureCount,
    outputCount,
    inputs,
    targets,
    normalization: null,
    targetNormalization: null,
    classWeights: null,
  };
}
