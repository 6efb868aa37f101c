/** The `model` part of a job: layers with their defaults, and given weights that fit them. */
import { fillDense, type OpenDense } from '../model/blocks.ts';
import {
  denseLayers,
  normalizationLayers,
  outlineModel,
  type ModelOutline,
  type OutlinedNormalization,
} from '../model/outline.ts';
import type { KeptBlobs, WeightsContent } from '../schemas/blob.ts';
import { InitialWeightsSchema, ModelSchema } from '../schemas/model.ts';
import {
  canReach,
  DEFAULT_OUTPUT,
  LIMITS,
  type InitialWeights,
  type KeptWeights,
  type LayerSpec,
  type ModelSpec,
  type OutputActivation,
  type OutputLayerSpec,
} from '../vocabulary/index.ts';
import { isFloat32 } from './float32.ts';
import type { Problems } from './problems.ts';
import type { DatasetFacts } from './read-dataset.ts';
import { readValue } from './read-value.ts';
import { ANYTHING, isObject } from './schema-node.ts';

/** The weights are checked against the layers, not value by value through a schema. */
const TopologySchema = { ...ModelSchema, properties: { ...ModelSchema.properties, initialWeights: ANYTHING } };
/** A model as it was read: the defaults that depend on other layers are not yet filled in. */
interface ReadModel {
  layers: ReadLayer[];
  output?: Partial<OutputLayerSpec>;
  initialWeights?: unknown;
}
type ReadLayer = Exclude<LayerSpec, { type: 'dense' }> | OpenDense;

/** `kept` has the weights that the model names by their hash. */
export function readModel(
  value: unknown,
  facts: DatasetFacts | null,
  kept: KeptBlobs,
  problems: Problems,
): ModelSpec | null {
  const before = problems.count;
  const read = readValue(TopologySchema, value, 'model', problems) as ReadModel | undefined;
  if (problems.count > before || !read) return null;

  const layers = read.layers.map((layer, index, all) =>
    layer.type === 'dense' ? fillDense(layer, all, index) : layer,
  );
  const output = { ...DEFAULT_OUTPUT, ...read.output };
  checkOrder(layers, problems);
  layers.forEach((layer, index) => {
    if (layer.type === 'dense') checkInitializers(layer, `model.layers[${index}]`, problems);
  });
  checkInitializers(output, 'model.output', problems);
  if (!facts) return { layers, output };
  checkOutputActivation(output.activation, facts, problems);
  checkSize(layers, facts, problems);
  if (read.initialWeights === undefined || problems.count > before) return { layers, output };
  const { initialWeights } = read;
  const check =
    isObject(initialWeights) && initialWeights['hash'] !== undefined ? checkKeptWeights : checkInitialWeights;
  return { layers, output, initialWeights: check(initialWeights, { layers, facts, kept }, problems) };
}

/** A neuron has one activation: a layer of type `activation` gives it to the linear dense layer before it. */
function checkOrder(layers: readonly LayerSpec[], problems: Problems): void {
  let current: string | null = null;
  layers.forEach((layer, index) => {
    if (layer.type === 'dense') current = layer.activation.type;
    if (layer.type !== 'activation') return;
    if (current === null)
      problems.add(
        `model.layers[${index}]`,
        'needs a dense layer before it',
        'a dense layer before an activation layer',
      );
    else if (current !== 'linear') {
      problems.add(
        `model.layers[${index}]`,
        `follows a dense layer that already has the activation ${current}; give that layer "activation": "linear", or leave this one out`,
        'one activation per dense layer',
      );
    }
    current = layer.activation.type;
  });
}

/** What predictions are kept to; null where they can be any number. */
const OUTPUT_RANGES: Record<OutputActivation, string | null> = {
  linear: null,
  relu: 'not negative',
  softplus: 'positive',
  sigmoid: 'between 0 and 1',
  tanh: 'between -1 and 1',
};

function checkOutputActivation(
  activation: OutputActivation,
  { task, normalizeTargets }: DatasetFacts,
  problems: Problems,
): void {
  const range = OUTPUT_RANGES[activation];
  if (range === null) return;
  if (task !== 'regression')
    problems.add(
      'model.output.activation',
      `cannot be ${activation}: the data set's task is ${task}, from which the output activation follows`,
      'linear, or no activation',
    );
  else if (!canReach(activation, normalizeTargets))
    problems.add(
      'dataset.normalizeTargets',
      `cannot be ${normalizeTargets} with the output activation ${activation}: its values are ${range}, and standardised targets are not; use minMax or none`,
      'minMax or none',
    );
}

function checkInitializers(
  layer: Pick<OutputLayerSpec, 'kernelInitializer' | 'biasInitializer'>,
  path: string,
  problems: Problems,
): void {
  for (const key of ['kernelInitializer', 'biasInitializer'] as const) {
    const initializer = layer[key];
    if (initializer.type !== 'randomUniform') continue;
    const { minval, maxval } = initializer;
    if (minval > maxval)
      problems.add(`${path}.${key}.minval`, `must not be above maxval, but ${minval} is above ${maxval}`);
  }
  if (layer.biasInitializer.type === 'orthogonal')
    problems.add(`${path}.biasInitializer`, 'cannot be orthogonal: a bias is a vector, not a matrix');
}

function checkSize(layers: readonly LayerSpec[], { features, outputs }: DatasetFacts, problems: Problems): void {
  const count = outlineModel({ layers }, [features], outputs).parameterCount;
  if (count > LIMITS.parameters) {
    const limit = LIMITS.parameters.toLocaleString('en-US');
    problems.add(
      'model.layers',
      `would create ${count.toLocaleString('en-US')} parameters with the ${features} inputs and ${outputs} outputs of this data set, but at most ${limit} are allowed`,
      `at most ${limit} parameters`,
    );
  }
}

/**
 * One kernel [in, out] and one bias [out] per dense layer, output layer last. Slopes are [out] for prelu layers,
 * otherwise an empty list.
 */
function checkInitialWeights(
  value: unknown,
  { layers, facts: { features, outputs } }: WeightsContext,
  problems: Problems,
): InitialWeights | undefined {
  const path = WEIGHTS;
  if (!isObject(value)) {
    problems.mismatch(path, 'an object with "kernels"', value);
    return undefined;
  }
  refuseUnknown(value, Object.keys(InitialWeightsSchema.properties), problems);
  const outline = outlineModel({ layers }, [features], outputs);
  const dense = denseLayers(outline);

  checkEach(value['kernels'], `${path}.kernels`, dense, 'kernels', problems, (kernel, place, { fanIn, units }) => {
    const shape = `[${fanIn}, ${units}]`;
    if (!Array.isArray(kernel) || kernel.length !== fanIn)
      problems.mismatch(place, `a kernel of shape ${shape}`, kernel);
    else checkRows(kernel, units, place, `of a kernel of shape ${shape}`, problems);
  });
  if (value['biases'] !== undefined) {
    checkEach(value['biases'], `${path}.biases`, dense, 'biases', problems, (bias, place, { units }) =>
      checkVector(bias, units, place, 'biases', problems),
    );
  }
  if (value['normalizations'] !== undefined)
    checkNormalizations(value['normalizations'], `${path}.normalizations`, normalizationLayers(outline), problems);
  return { ...value, ...readSlopes(value['alphas'], outline, problems) } as Partial<InitialWeights> as InitialWeights;
}

/** Lists at the end may be left out, such as that of the output layer, which has no slopes: the defaults apply there. */
function readSlopes(alphas: unknown, outline: ModelOutline, problems: Problems): { alphas?: unknown } {
  if (alphas === undefined) return {};
  const slopes = [
    ...outline.watched.map(({ units, activation }) =>
      activation.type === 'prelu' ? Array<number>(units).fill(activation.alpha) : [],
    ),
    [],
  ];
  const whole = Array.isArray(alphas) ? [...(alphas as unknown[]), ...slopes.slice(alphas.length)] : alphas;
  checkEach(whole, `${WEIGHTS}.alphas`, slopes, 'lists of slopes', problems, (alpha, place, { length }) =>
    checkVector(alpha, length, place, 'slopes', problems),
  );
  return { alphas: whole };
}

/** Weights that came with an earlier job, by their hash: only their shapes can be wrong. */
function checkKeptWeights(
  value: unknown,
  { layers, facts: { features, outputs }, kept }: WeightsContext,
  problems: Problems,
): KeptWeights | undefined {
  const { hash, values, alphas, ...others } = value as Record<string, unknown>;
  refuseUnknown(others, ['hash', 'values', 'alphas'], problems);
  const found = typeof hash === 'string' ? kept.get(hash) : undefined;
  if (found?.content.kind !== 'weights') {
    problems.add(
      `${WEIGHTS}.hash`,
      'is not that of weights that came with a run that you see; send the weights themselves',
      'the model.initialWeights.hash of the spec of a run',
    );
    return undefined;
  }
  const { content } = found;
  if (values !== undefined && values !== content.values)
    problems.add(`${WEIGHTS}.values`, `is ${content.values} for these weights`, `${content.values}`);
  const outline = outlineModel({ layers }, [features], outputs);
  for (const { path, found: given, expected } of misfitsOf(content.lists, outline))
    problems.add(`${WEIGHTS}.${path}`, `does not fit the layers: it has ${given}`, expected);
  return {
    hash: found.hash,
    values: content.values,
    ...(readSlopes(alphas, outline, problems) as { alphas?: number[][] }),
  };
}

const shapeInWords = (shape: readonly number[] | undefined): string =>
  shape ? `the shape [${shape.join(', ')}]` : 'no entry';

/** Where the shapes of weights differ from those of the layers. */
function misfitsOf(
  { kernels, biases, normalizations }: WeightsContent['lists'],
  outline: ModelOutline,
): { path: string; found: string; expected: string }[] {
  const dense = denseLayers(outline);
  const layers = normalizationLayers(outline);
  const wanted: Record<string, readonly number[]> = {};
  const given: Record<string, readonly number[]> = {};
  dense.forEach(({ fanIn, units }, i) => {
    wanted[`kernels[${i}]`] = [fanIn, units];
    if (biases) wanted[`biases[${i}]`] = [units];
  });
  if (normalizations)
    layers.forEach(({ type, units }, i) => {
      for (const key of NORMALIZATION_KEYS[type]) wanted[`normalizations[${i}].${key}`] = [units];
    });
  kernels.forEach(({ shape }, i) => (given[`kernels[${i}]`] = shape));
  biases?.forEach(({ shape }, i) => (given[`biases[${i}]`] = shape));
  normalizations?.forEach((layer, i) => {
    for (const [key, { shape }] of Object.entries(layer)) given[`normalizations[${i}].${key}`] = shape;
  });
  return [...new Set([...Object.keys(wanted), ...Object.keys(given)])]
    .map((path) => ({ path, found: shapeInWords(given[path]), expected: shapeInWords(wanted[path]) }))
    .filter(({ found, expected }) => found !== expected);
}

/** What the weights are checked against. */
interface WeightsContext {
  layers: readonly LayerSpec[];
  facts: DatasetFacts;
  kept: KeptBlobs;
}

const WEIGHTS = 'model.initialWeights';
const NORMALIZATION_KEYS = {
  batchNormalization: ['gamma', 'beta', 'mean', 'variance'],
  layerNormalization: ['gamma', 'beta'],
} as const;

function refuseUnknown(value: Readonly<Record<string, unknown>>, known: readonly string[], problems: Problems): void {
  for (const key of Object.keys(value)) if (!known.includes(key)) problems.unknownProperty(WEIGHTS, key, known);
}

function checkNormalizations(
  value: unknown,
  path: string,
  layers: readonly OutlinedNormalization[],
  problems: Problems,
): void {
  if (!Array.isArray(value) || value.length !== layers.length) {
    problems.mismatch(path, `a list of ${layers.length} objects, one per normalisation layer`, value);
    return;
  }
  layers.forEach(({ type, units }, index) => {
    const [given, place] = [value[index] as unknown, `${path}[${index}]`];
    const keys: readonly string[] = NORMALIZATION_KEYS[type];
    if (!isObject(given)) {
      problems.mismatch(place, `an object with ${keys.join(', ')}`, given);
      return;
    }
    for (const key of Object.keys(given)) if (!keys.includes(key)) problems.unknownProperty(place, key, keys);
    for (const key of keys) checkVector(given[key], units, `${place}.${key}`, 'numbers', problems);
  });
}

/** `parts` are what the entries of the list must match, one by one. */
function checkEach<Part>(
  value: unknown,
  path: string,
  parts: readonly Part[],
  what: string,
  problems: Problems,
  check: (item: unknown, place: string, part: Part) => void,
): void {
  if (!Array.isArray(value) || value.length !== parts.length) {
    problems.mismatch(path, `a list of ${parts.length} ${what}, one per dense layer, output layer last`, value);
    return;
  }
  parts.forEach((part, index) => check(value[index], `${path}[${index}]`, part));
}

/** Reports only the first invalid row, because the others are probably wrong in the same way. */
function checkRows(rows: readonly unknown[], units: number, path: string, what: string, problems: Problems): void {
  const wrong = rows.findIndex((row) => !Array.isArray(row) || row.length !== units || !row.every(isFloat32));
  if (wrong >= 0) checkVector(rows[wrong], units, `${path}[${wrong}]`, `numbers, a row ${what}`, problems);
}

function checkVector(value: unknown, length: number, path: string, what: string, problems: Problems): void {
  if (!Array.isArray(value) || value.length !== length) {
    problems.mismatch(path, `a list of ${length} ${what}`, value);
    return;
  }
  const wrong = value.findIndex((number) => !isFloat32(number));
  if (wrong >= 0) problems.mismatch(`${path}[${wrong}]`, 'a finite float32 number', value[wrong]);
}
