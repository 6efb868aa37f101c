/**
 * The risk before training: how likely the network is to be born dead, and how many neurons of each layer are dead at
 * birth. This is a Monte Carlo estimate: initial weights are drawn many times, and a sample of the real inputs is
 * passed through each draw. The output layer does not count, because it has no neuron that can die. Even an output
 * layer of zeros, which gives every input the same output, learns from the first step.
 */
import type { Activation, LayerSpec, Risk } from '../../vocabulary/index.ts';
import { activate } from '../activation.ts';
import { wilson } from '../bounds.ts';
import { hiddenLayers } from '../../model/blocks.ts';
import { isNormalization, roleOf } from '../../model/layer-kinds.ts';
import { denseLayers, outlineLayers, type OutlinedLayer } from '../../model/outline.ts';
import type { DenseWeights } from '../../model/measurements.ts';
import { bornDeadLowerBound, bornDeadUpperBound } from './published-bounds.ts';

/** Initial weights of one hidden dense layer, counted from 0. Each `attempt` is a new draw. */
export type DrawLayer = (attempt: number, layer: number, inputs: number) => DenseWeights;

export interface RiskInput {
  layers: readonly LayerSpec[];
  features: number;
  /** Normalised training inputs, [samples, features]; not all of them need be used. */
  inputs: Float32Array;
  draw: DrawLayer;
  /** The job contains its weights, so there is only one network and no randomness. */
  isGiven: boolean;
}

const MOST_DRAWS = 2000;
const MOST_SAMPLES = 512,
  FEWEST_SAMPLES = 32;
/**
 * Work in multiply-adds, about half a second. The number of draws depends on sizes only, so the same job always has the
 * same risk.
 */
const WORK = 4e8;
/** The cost of a random weight, and of an activation with its bookkeeping, in multiply-adds. */
const WORK_PER_WEIGHT = 70,
  WORK_PER_OUTPUT = 20;
/** Sums of float32 inputs in double precision: relative differences below this are rounding. */
const SAME = 1e-9;

/** [samples, units] */
interface Signal {
  values: Float64Array;
  units: number;
}

export function assessRisk({ layers, features, inputs, draw, isGiven }: RiskInput): Risk {
  const outline = outlineLayers(layers, [features]);
  const hidden = denseLayers({ layers: outline });
  const weights = hidden.reduce((sum, { kernel }) => sum + kernel.size, 0);
  const samples = Math.min(
    inputs.length / features,
    MOST_SAMPLES,
    Math.max(FEWEST_SAMPLES, Math.floor(WORK / 16 / Math.max(1, weights))),
  );
  const outputs = hidden.reduce((sum, { units }) => sum + units, 0) * samples;
  const work = weights * (WORK_PER_WEIGHT + samples) + outputs * WORK_PER_OUTPUT;
  const draws = isGiven ? 1 : Math.max(1, Math.min(MOST_DRAWS, Math.floor(WORK / work)));
  const sample = spread(inputs, features, samples);
  const deadSums = new Float64Array(hidden.length);
  let bornDead = 0;
  for (let attempt = 0; attempt < draws; attempt++) {
    const { dead, isBlocked } = putThrough(outline, sample, (layer, width) => draw(attempt, layer, width));
    if (isBlocked) bornDead++;
    dead.forEach((count, k) => {
      deadSums[k]! += count;
    });
  }
  const probability = bornDead / draws;
  const published = isGiven ? null : publishedBounds(layers, features, sample);
  return {
    bornDead: {
      probability,
      interval: isGiven ? [probability, probability] : narrowed(probability, wilson(bornDead, draws), published),
    },
    layers: hidden.map(({ name, units }, k) => ({ name, units, expectedDead: deadSums[k]! / draws })),
    draws,
    samples,
    published,
  };
}

/** A large network allows only a few draws, and a proved bound may be tighter than their interval. */
function narrowed(probability: number, [low, high]: [number, number], published: Risk['published']): [number, number] {
  if (published === null) return [low, high];
  return [
    Math.min(probability, Math.max(low, published.lower ?? 0)),
    Math.max(probability, Math.min(high, published.upper)),
  ];
}

/** Dead neurons per hidden layer, and whether some layer's outputs are the same for every sample. */
function putThrough(
  layers: readonly OutlinedLayer[],
  sample: Signal,
  weightsOf: (layer: number, width: number) => DenseWeights,
) {
  const dead: number[] = [];
  let signal = sample,
    isBlocked = false,
    alpha: ArrayLike<number> | null = null;
  for (const [index, layer] of layers.entries()) {
    switch (layer.type) {
      case 'dense': {
        const weights = weightsOf(dead.length, signal.units);
        alpha = weights.alpha;
        signal = applyDense(signal, weights);
        dead.push(0);
        break;
      }
      case 'activation':
        signal = applyActivation(signal, layer.activation, alpha);
        break;
      case 'batchNormalization':
        signal = normalizeColumns(signal, layer.epsilon);
        break;
      case 'layerNormalization':
        signal = normalizeRows(signal, layer.epsilon);
        break;
      case 'dropout':
      case 'alphaDropout':
        break;
    }
    const next = layers[index + 1];
    const isLastOfBlock = next === undefined || roleOf(next) === 'weights';
    if (!isLastOfBlock || dead.length === 0) continue;
    const { zero, constant } = countConstant(signal);
    dead[dead.length - 1] = layersEndInNormalization(layers, index) ? constant : zero;
    isBlocked ||= constant === signal.units;
  }
  return { dead, isBlocked };
}

/** After a normalisation a dead neuron is a constant, not a zero. */
const layersEndInNormalization = (layers: readonly OutlinedLayer[], index: number): boolean => {
  const own = layers.slice(0, index + 1).reverse();
  const normalization = own.findIndex(isNormalization);
  const source = own.findIndex((layer) => roleOf(layer) === 'activation');
  return normalization >= 0 && normalization < source;
};

function applyDense({ values, units: inputs }: Signal, { units, kernel, bias }: DenseWeights): Signal {
  const samples = values.length / inputs,
    result = new Float64Array(samples * units);
  for (let n = 0; n < samples; n++) {
    const at = n * units;
    for (let j = 0; j < units; j++) result[at + j] = bias[j]!;
    for (let i = 0; i < inputs; i++) {
      const x = values[n * inputs + i]!;
      if (x === 0) continue;
      for (let j = 0, w = i * units; j < units; j++, w++) result[at + j]! += x * kernel[w]!;
    }
  }
  return { values: result, units };
}

function applyActivation({ values, units }: Signal, activation: Activation, alpha: ArrayLike<number> | null): Signal {
  if (activation.type === 'linear') return { values, units };
  if (activation.type === 'relu') return { values: values.map((z) => (z > 0 ? z : 0)), units };
  if (activation.type !== 'prelu' || !alpha) return { values: values.map((z) => activate(activation, z)), units };
  const own = { ...activation };
  return {
    units,
    values: values.map((z, index) => {
      own.alpha = alpha[index % units] ?? activation.alpha;
      return activate(own, z);
    }),
  };
}

/** Batch normalisation at birth: gain 1, offset 0, statistics of the batch. */
function normalizeColumns({ values, units }: Signal, epsilon: number): Signal {
  const samples = values.length / units,
    result = new Float64Array(values.length);
  for (let j = 0; j < units; j++) {
    let mean = 0,
      square = 0;
    for (let n = 0; n < samples; n++) mean += values[n * units + j]! / samples;
    for (let n = 0; n < samples; n++) square += (values[n * units + j]! - mean) ** 2 / samples;
    for (let n = 0; n < samples; n++)
      result[n * units + j] = (values[n * units + j]! - mean) / Math.sqrt(square + epsilon);
  }
  return { values: result, units };
}

function normalizeRows({ values, units }: Signal, epsilon: number): Signal {
  const result = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += units) {
    const row = values.subarray(start, start + units);
    const mean = row.reduce((sum, value) => sum + value / units, 0);
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2 / units, 0);
    row.forEach((value, j) => {
      result[start + j] = (value - mean) / Math.sqrt(variance + epsilon);
    });
  }
  return { values: result, units };
}

/** Neurons that output 0 on every sample, and neurons that output the same number on every sample. */
function countConstant({ values, units }: Signal): { zero: number; constant: number } {
  let zero = 0,
    constant = 0;
  for (let j = 0; j < units; j++) {
    let low = Infinity,
      high = -Infinity;
    for (let at = j; at < values.length; at += units) {
      low = Math.min(low, values[at]!);
      high = Math.max(high, values[at]!);
    }
    if (low === 0 && high === 0) zero++;
    if (high - low <= SAME * Math.max(Math.abs(low), Math.abs(high))) constant++;
  }
  return { zero, constant };
}

/** `samples` rows, evenly spaced. */
function spread(inputs: Float32Array, features: number, samples: number): Signal {
  const available = inputs.length / features,
    values = new Float64Array(samples * features);
  for (let n = 0; n < samples; n++) {
    const row = Math.floor((n * available) / samples);
    values.set(inputs.subarray(row * features, (row + 1) * features), n * features);
  }
  return { values, units: features };
}

/**
 * The bounds of Lu et al. (2020), if their assumptions hold: plain ReLU layers, weights symmetric around 0, zero
 * biases. The lower bound also needs a single feature with values on both sides of 0, and equal widths.
 */
function publishedBounds(layers: readonly LayerSpec[], features: number, { values }: Signal): Risk['published'] {
  const plain = layers.filter((layer) => roleOf(layer) !== 'noise');
  const holds =
    plain.length > 0 &&
    plain.every(
      (layer) =>
        layer.type === 'dense' &&
        layer.activation.type === 'relu' &&
        layer.biasInitializer.type === 'zeros' &&
        isSymmetric(layer),
    );
  if (!holds) return null;
  const widths = hiddenLayers(layers).map(({ spec }) => spec.units);
  const isTwoSided = features === 1 && values.some((x) => x < 0) && values.some((x) => x > 0);
  const [width = 0] = widths;
  return {
    lower: isTwoSided && widths.every((units) => units === width) ? bornDeadLowerBound(width, widths.length) : null,
    upper: bornDeadUpperBound(widths),
    source: 'Lu, Shin, Su and Karniadakis, Dying ReLU and Initialization (2020)',
  };
}

function isSymmetric({ kernelInitializer }: Extract<LayerSpec, { type: 'dense' }>): boolean {
  switch (kernelInitializer.type) {
    case 'randomNormal':
      return kernelInitializer.mean === 0;
    case 'randomUniform':
      return kernelInitializer.minval === -kernelInitializer.maxval;
    case 'heNormal':
    case 'heUniform':
    case 'glorotNormal':
    case 'glorotUniform':
    case 'lecunNormal':
    case 'lecunUniform':
    case 'orthogonal':
      return true;
    case 'randomizedAsymmetric':
    case 'zeros':
    case 'ones':
    case 'constant':
      return false;
  }
}
