/**
 * Networks whose dead neurons are known from their construction, and confirmed on a population of fresh inputs that no
 * detector sees. A neuron is lost if it never leaves its flat side (z <= 0) or its output is constant, on the whole
 * population and on the data set. A single firing proves that it is alive.
 */
import { Random } from '../../../src/random.ts';
import type { TrainingData } from '../../../src/engine/network.ts';
import type { Activation } from '../../../src/vocabulary/index.ts';
import { open, regressionData, type Design, type Opened } from '../network.ts';
import { forward, type ReferenceLayer } from '../reference-network.ts';

/**
 * `undecided`: it fires on the population, but so rarely that a sample of the data set's size may contain no such
 * firing.
 */
export type Truth = 'lost' | 'alive' | 'undecided';

export interface KnownNetwork {
  name: string;
  opened: Opened;
  layers: ReferenceLayer[];
  inputs: number[][];
  /** By hidden layer and neuron; null for a diverged network, about which nothing can be said. */
  truth: Truth[][] | null;
}

const SAMPLES = 4096;

interface Recipe {
  name: string;
  features: number;
  draw: (random: Random) => number;
  design: (random: Random) => Design;
  targetMean?: number;
  /** What happens to the network before it is judged. */
  happen?: (opened: Opened, seed: number) => Promise<void>;
}

const dense = (units: number, activation: Activation = { type: 'relu' }, options: Record<string, unknown> = {}) => ({
  type: 'dense',
  units,
  activation,
  ...options,
});
const normal = (random: Random): number => random.normal();

/** One network of each kind. Another seed makes other networks of the same kinds. */
export async function knownNetworks(populationSize: number, seed: number): Promise<KnownNetwork[]> {
  const known: KnownNetwork[] = [];
  for (const [index, recipe] of RECIPES.entries()) known.push(await make(recipe, index, populationSize, seed));
  return known;
}

async function make(
  { name, features, draw, design, happen, targetMean = 0 }: Recipe,
  index: number,
  populationSize: number,
  seed: number,
): Promise<KnownNetwork> {
  const random = new Random(seed, 'risk', index);
  const rows = (count: number): number[][] =>
    Array.from({ length: count }, () => Array.from({ length: features }, () => Math.fround(draw(random))));
  const inputs = rows(SAMPLES);
  const targets = inputs.map(([a = 0, b = 0, c = 0]) => Math.fround(targetMean + Math.sin(2 * a) + b * c));
  const made = design(random);
  const opened = await open(
    { ...made, training: { seed, ...made.training } },
    regressionData(Float32Array.from(inputs.flat()), Float32Array.from(targets), features),
  );
  await happen?.(opened, seed);
  const layers = referenceOf(opened);
  const isFinite = layers.every(({ kernel, bias }) => [...kernel.flat(), ...bias].every(Number.isFinite));
  return {
    name,
    opened,
    layers,
    inputs,
    truth: isFinite ? truthOf(layers, [...rows(populationSize), ...inputs]) : null,
  };
}

/** The engine's weights, as a reference network. */
function referenceOf({ network, spec }: Opened): ReferenceLayer[] {
  const activations = spec.model.layers.flatMap((layer) => (layer.type === 'dense' ? layer.activation : []));
  return network.weights().map(({ kernel, bias, units, inputs }, k) => ({
    kernel: Array.from({ length: inputs }, (_, i) => Array.from(kernel.subarray(i * units, (i + 1) * units))),
    bias: Array.from(bias),
    activation: activations[k] ?? { type: 'linear' },
  }));
}

function truthOf(layers: readonly ReferenceLayer[], population: readonly number[][]): Truth[][] {
  const seen = layers.slice(0, -1).map(({ bias }) => bias.map(() => ({ fired: 0, low: Infinity, high: -Infinity })));
  for (const input of population) {
    const { z, outputs } = forward(layers, input);
    seen.forEach((layer, k) =>
      layer.forEach((neuron, j) => {
        if (z[k]![j]! > 0) neuron.fired++;
        neuron.low = Math.min(neuron.low, outputs[k]![j]!);
        neuron.high = Math.max(neuron.high, outputs[k]![j]!);
      }),
    );
  }
  return seen.map((layer) =>
    layer.map(({ fired, low, high }): Truth => {
      if (fired === 0 || high - low <= 1e-9 * Math.abs(high)) return 'lost';
      // With ten expected firings in the data set, the probability of none is e^-10.
      return (fired / population.length) * SAMPLES < 10 ? 'undecided' : 'alive';
    }),
  );
}

/** Steps of plain gradient descent at a constant rate. */
async function train({ network, data }: Opened, seed: number, steps: number, learningRate: number): Promise<void> {
  const random = new Random(seed, 'order');
  const indices = Int32Array.from({ length: steps * 32 }, () => random.below(data.sampleCount));
  await network.train({ indices, batchSize: 32, learningRates: new Float64Array(steps).fill(learningRate) });
}

const sgd = { optimizer: { type: 'sgd', learningRate: 0.01 }, batchSize: 32 };

/**
 * Neurons with the given firing rates on standard normal inputs: z = |w| n + b with n standard normal fires where n >
 * -b / |w|.
 */
function thresholdWeights(random: Random, features: number, quantiles: readonly number[]) {
  const kernel = Array.from({ length: features }, () => quantiles.map(() => random.normal()));
  const bias = quantiles.map((quantile, j) => -quantile * Math.hypot(...kernel.map((row) => row[j]!)));
  return {
    kernels: [kernel, quantiles.map(() => [random.normal() / Math.sqrt(quantiles.length)])],
    biases: [bias, [0]],
  };
}

const RECIPES: readonly Recipe[] = [
  {
    name: 'healthy, He-initialised, 16-64-64-64',
    features: 16,
    draw: normal,
    design: () => ({ layers: [dense(64), dense(64), dense(64)] }),
  },
  {
    name: 'born dead: 1-(2 x 9), He',
    features: 1,
    draw: (random) => Math.sqrt(3) * (2 * random.uniform() - 1),
    design: () => ({ layers: Array.from({ length: 9 }, () => dense(2)) }),
  },
  {
    name: 'killed by one large step, 8-64',
    features: 8,
    draw: (random) => random.uniform() - 0.5,
    targetMean: 5,
    design: () => ({ layers: [dense(64)], training: sgd }),
    // The targets are not centred, so the step moves every bias far: down if the outgoing weight is negative.
    happen: (opened, seed) => train(opened, seed, 1, 8),
  },
  {
    // Standard normal quantiles of 5 % down to 0.3 %.
    name: 'sparse but alive: 128 neurons that fire on 5 % to 0.3 %',
    features: 16,
    draw: normal,
    design: (random) => ({
      layers: [dense(128)],
      initialWeights: thresholdWeights(
        random,
        16,
        Array.from({ length: 128 }, (_, j) => 1.6449 + (j / 127) * (2.7478 - 1.6449)),
      ),
    }),
  },
  {
    name: 'collapsed to a constant, 16-32-32-32',
    features: 16,
    draw: normal,
    design: () => ({
      layers: [
        dense(32),
        dense(32, { type: 'relu' }, { biasInitializer: { type: 'constant', value: 0.1 } }),
        dense(32, { type: 'relu' }, { biasInitializer: { type: 'constant', value: 0.1 } }),
      ],
    }),
    // As after a step that moved the first layer's biases far below what its weights can compensate.
    happen: ({ network, data }) => Promise.resolve(shiftFirstBiases(network, data, -100)),
  },
  {
    name: 'diverged, 8-64',
    features: 8,
    draw: normal,
    design: () => ({ layers: [dense(64)], training: sgd }),
    happen: (opened, seed) => train(opened, seed, 60, 100),
  },
  {
    name: 'Leaky ReLU 0.01, half of 64 neurons stuck',
    features: 16,
    draw: normal,
    design: (random) => ({
      layers: [dense(64, { type: 'leakyRelu', alpha: 0.01 })],
      initialWeights: thresholdWeights(
        random,
        16,
        Array.from({ length: 64 }, (_, j) => (j % 2 ? 0 : 30)),
      ),
    }),
  },
];

function shiftFirstBiases(network: Opened['network'], { featureCount }: TrainingData, shift: number): void {
  const state = network.readState();
  const { units } = network.hiddenLayers[0]!;
  // The flat vector starts with the kernel of the first layer, then its bias.
  const start = featureCount * units;
  network.writeState({
    ...state,
    parameters: state.parameters.map((value, i) => (i >= start && i < start + units ? value + shift : value)),
  });
}
