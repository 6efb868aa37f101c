/**
 * Our engine, as the training loop uses it: chunks of about 50 ms.
 *
 * Usage: relumine.js on|off|young|aged [ENGINE]. `on`: with all neuron counters, `off`: without them. `young` is always in
 * its first 4,000 steps, and `aged` has 35,000 behind it, both on data that can be learned. ENGINE: auto, or a name.
 */
import { candidates } from '../../src/engine/executors/registry.ts';
import type { Network, NetworkState, TrainingData } from '../../src/engine/network.ts';
import { chooseExecutor } from '../../src/engine/open-network.ts';
import { planNetwork } from '../../src/engine/programs/plan-network.ts';
import { openNetworkOn } from '../../src/engine/programs/program-network.ts';
import { ENGINE_CHOICES, type ModelSpec, type TrainingSpec } from '../../src/vocabulary/index.ts';
import type { BenchNetwork } from './networks.ts';
import { play } from './protocol.ts';
import { withoutCounters } from './without-counters.ts';

const CHUNK_MS = 50;
const LEARNING_RATE = 0.001;
const YOUNG_STEPS = 4000;
const AGED_STEPS = 35_000;
/** Rows are drawn in advance: that is not the engine's work. */
const DRAWN_BATCHES = 16_384;

const [, , age = 'on', engineName = 'auto'] = process.argv;
const engine = ENGINE_CHOICES.find((choice) => choice === engineName) ?? 'auto';
let network: Network;
let initial: NetworkState;
let batchSize: number;
let drawn: Int32Array;
let chunkSteps = 1;

await play({
  async open(spec, samples) {
    ({ batchSize } = spec);
    const [model, training] = [modelOf(spec), trainingOf(spec)];
    const data = dataOf(spec, samples, age === 'young' || age === 'aged');
    const programs = planNetwork(model, training, data);
    const { executor } = await chooseExecutor(engine, candidates(engine, programs.all, batchSize));
    network = await openNetworkOn(age === 'off' ? withoutCounters(executor) : executor, model, training, data, {
      programs,
    });
    initial = network.readState();
    drawn = Int32Array.from({ length: DRAWN_BATCHES * batchSize }, () => Math.floor(Math.random() * samples));
    if (age === 'aged') await train(AGED_STEPS);
    return `${network.engine.name} (${network.engine.backend})`;
  },
  train,
});

async function train(steps: number): Promise<void> {
  for (let step = 0; step < steps;) {
    const count = Math.min(chunkSteps, steps - step, DRAWN_BATCHES);
    if (age === 'young' && network.readState().step + count > YOUNG_STEPS) network.writeState(initial);
    const started = performance.now();
    const first = Math.floor(Math.random() * (DRAWN_BATCHES - count + 1)) * batchSize;
    await network.train({
      indices: drawn.subarray(first, first + count * batchSize),
      batchSize,
      learningRates: new Float64Array(count).fill(LEARNING_RATE),
    });
    step += count;
    const fitting = Math.max(1, Math.round((CHUNK_MS * count) / (performance.now() - started)));
    chunkSteps = age === 'young' ? Math.min(fitting, YOUNG_STEPS) : fitting;
  }
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

/** `learnable`: targets follow from the first feature. */
function dataOf({ sizes, task }: BenchNetwork, samples: number, learnable: boolean): TrainingData {
  const [featureCount, outputCount] = [sizes[0]!, sizes.at(-1)!];
  const inputs = Float32Array.from({ length: samples * featureCount }, () => 2 * Math.random() - 1);
  const drawTarget = (row: number): number =>
    learnable ? ((inputs[row * featureCount] ?? 0) + 1) / 2.001 : Math.random();
  const targets =
    task === 'classification'
      ? Int32Array.from({ length: samples }, (_, row) => Math.floor(drawTarget(row) * outputCount))
      : Float32Array.from({ length: samples * outputCount }, (_, index) => drawTarget(Math.floor(index / outputCount)));
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
