/** The `model` part of a job: layers with their defaults, and given weights that fit them. */
import {
  DEFAULT_OUTPUT,
  InitialWeightsSchema,
  LIMITS,
  ModelSchema,
  type Activation,
  type ActivationName,
  type InitialWeights,
  type Initializer,
  type LayerSpec,
  type ModelSpec,
  type OutputLayerSpec,
} from '../schemas/job.ts';
import { activationLayerOf } from '../model/blocks.ts';
import { denseLayers, outlineModel } from '../model/outline.ts';
import type { DatasetFacts } from './read-dataset.ts';
import { isObject, readValue, type Problems } from './read-value.ts';

type ReadLayer = {
  type: LayerSpec['type'];
  units: number;
  activation?: Activation;
  kernelInitializer?: Initializer;
  biasInitializer?: Initializer;
};

const { initialWeights: _initialWeights, ...layersOnly } = ModelSchema.properties;
const TopologySchema = { ...ModelSchema, properties: layersOnly };

export function readModel(value: unknown, facts: DatasetFacts | null, problems: Problems): ModelSpec | null {
  const before = problems.count;
  const initialWeights = isObject(value) ? value['initialWeights'] : undefined;
  const topology = isObject(value) ? { ...value } : value;
  if (isObject(topology)) delete topology['initialWeights'];
  const read = readValue(TopologySchema, topology, 'model', problems) as
    { layers: ReadLayer[]; output?: Partial<OutputLayerSpec> } | undefined;
  if (problems.count > before || !read) return null;

  const layers = read.layers.map((layer, index, all): LayerSpec => {
    if (layer.type !== 'dense') return layer as LayerSpec;
    const at = activationLayerOf(all, index);
    const activation = layer.activation ?? { type: at === null ? 'relu' : 'linear' };
    const effective = at === null ? activation : (all[at]?.activation ?? activation);
    return {
      type: 'dense',
      units: layer.units,
      activation,
      kernelInitializer: layer.kernelInitializer ?? defaultKernelInitializer(effective.type),
      biasInitializer: layer.biasInitializer ?? { type: 'zeros' },
    };
  });
  const output = { ...DEFAULT_OUTPUT, ...read.output };
  checkOrder(layers, problems);
  layers.forEach((layer, index) => {
    if (layer.type === 'dense') checkInitializers(layer, `model.layers[${index}]`, problems);
  });
  checkInitializers(output, 'model.output', problems);
  if (!facts) return { layers, output };
  checkSize(layers, facts, problems);
  if (initialWeights === undefined || problems.count > before) return { layers, output };
  return { layers, output, initialWeights: checkInitialWeights(initialWeights, layers, facts, problems) };
}

const HE_FAMILY: ReadonlySet<ActivationName> = new Set([
  'relu',
  'leakyRelu',
  'prelu',
  'elu',
  'celu',
  'gelu',
  'geluTanh',
  'silu',
  'mish',
  'softplus',
]);

/**
 * He et al. (2015) for the ReLU family, LeCun for SELU as Klambauer et al. (2017) ask, Glorot & Bengio (2010) for the
 * rest.
 */
function defaultKernelInitializer(activation: ActivationName): Initializer {
  if (HE_FAMILY.has(activation)) return { type: 'heNormal' };
  return { type: activation === 'selu' ? 'lecunNormal' : 'glorotUniform' };
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

function checkInitializers(layer: OutputLayerSpec, path: string, problems: Problems): void {
  for (const key of ['kernelInitializer', 'biasInitializer'] as const) {
    const { type, minval, maxval } = layer[key];
    if (type === 'randomUniform' && minval! > maxval!)
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
      `make ${count.toLocaleString('en-US')} parameters with the ${features} inputs and ${outputs} outputs of this data set, but at most ${limit} are allowed`,
      `at most ${limit} parameters`,
    );
  }
}

/**
 * One kernel [in, out] and one bias [out] per dense layer, output layer last; slopes [out] of prelu layers, else an
 * empty list.
 */
function checkInitialWeights(
  value: unknown,
  layers: readonly LayerSpec[],
  { features, outputs }: DatasetFacts,
  problems: Problems,
): InitialWeights | undefined {
  const path = 'model.initialWeights';
  if (!isObject(value)) {
    problems.mismatch(path, 'an object with "kernels"', value);
    return undefined;
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(InitialWeightsSchema.properties, key))
      problems.unknownProperty(path, key, Object.keys(InitialWeightsSchema.properties));
  }
  const outline = outlineModel({ layers }, [features], outputs);
  const shapes = denseLayers(outline).map(({ fanIn, units }) => ({ inputs: fanIn, units }));
  const slopes = [
    ...outline.watched.map(({ units, activation }): number[] =>
      activation.type === 'prelu' ? Array.from({ length: units }, () => activation.alpha ?? 0.25) : [],
    ),
    [],
  ];

  checkEach(value['kernels'], `${path}.kernels`, shapes.length, 'kernels', problems, (kernel, place, index) => {
    const { inputs, units } = shapes[index]!;
    const shape = `[${inputs}, ${units}]`;
    if (!Array.isArray(kernel) || kernel.length !== inputs)
      problems.mismatch(place, `a kernel of shape ${shape}`, kernel);
    else checkRows(kernel, units, place, `of a kernel of shape ${shape}`, problems);
  });
  if (value['biases'] !== undefined) {
    checkEach(value['biases'], `${path}.biases`, shapes.length, 'biases', problems, (bias, place, index) =>
      checkVector(bias, shapes[index]!.units, place, 'biases', problems),
    );
  }
  const { alphas } = value;
  if (alphas === undefined) return value as InitialWeights;
  // The lists at the end may be left out, as that of the output layer, which has no slopes: they are the default ones
  // then.
  const whole = Array.isArray(alphas) ? [...(alphas as unknown[]), ...slopes.slice(alphas.length)] : alphas;
  checkEach(whole, `${path}.alphas`, shapes.length, 'lists of slopes', problems, (alpha, place, index) =>
    checkVector(alpha, slopes[index]!.length, place, 'slopes', problems),
  );
  return { ...value, alphas: whole } as InitialWeights;
}

function checkEach(
  value: unknown,
  path: string,
  count: number,
  what: string,
  problems: Problems,
  check: (item: unknown, place: string, index: number) => void,
): void {
  const expected = `a list of ${count} ${what}, one per dense layer, output layer last`;
  if (!Array.isArray(value) || value.length !== count) problems.mismatch(path, expected, value);
  else value.forEach((item: unknown, index) => check(item, `${path}[${index}]`, index));
}

/** Tells the first wrong row only: the others are likely wrong in the same way. */
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

const isFloat32 = (value: unknown) => typeof value === 'number' && Number.isFinite(Math.fround(value));
