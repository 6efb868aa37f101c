/** Small networks, judged as the training loop does. */
import { measureColumns } from '../../src/datasets/normalize.ts';
import { describeData, judge, type DataColumns, type DataFacts, type JudgeInput } from '../../src/neurons/index.ts';
import type { Activation, LayerSpec, LossName, Neurons } from '../../src/vocabulary/index.ts';
import { measure, trace, weightsOf, type ReferenceLayer } from '../../bench/verify/reference-network.ts';

export const layerSpec = ({ bias, activation }: ReferenceLayer): LayerSpec => ({
  type: 'dense',
  units: bias.length,
  activation,
  kernelInitializer: { type: 'zeros' },
  biasInitializer: { type: 'zeros' },
});
export const linear: Activation = { type: 'linear' };

/** Judges a network on inputs, with targets of 1 unless given. */
export function verdictOf(layers: ReferenceLayer[], inputs: number[][], options: Partial<JudgeInput> = {}): Neurons {
  const outputs = layers.at(-1)!.bias.length;
  const traces = inputs.map((input) => trace(layers, input, Array<number>(outputs).fill(1)));
  const column = (i: number) => inputs.map((row) => row[i]!);
  return judge({
    step: 0,
    measurement: measure(layers, traces),
    isComplete: true,
    weights: weightsOf(layers),
    layers: layers.slice(0, -1).map(layerSpec),
    box: {
      low: inputs[0]!.map((_, i) => Math.min(...column(i))),
      high: inputs[0]!.map((_, i) => Math.max(...column(i))),
    },
    previous: null,
    ...options,
  });
}

/** Facts about training data that is given as rows. */
export function describeRows(
  data: DataColumns & { featureCount: number; inputs: number[] | Uint8Array | Float32Array },
  indices: Int32Array,
  loss: LossName,
): DataFacts {
  const inputs = Array.isArray(data.inputs) ? Float32Array.from(data.inputs) : data.inputs;
  return describeData(data, measureColumns(inputs, data.featureCount, indices), indices, loss);
}

export const grid = (n: number): number[][] => Array.from({ length: n }, (_, i) => [-1 + (2 * i) / (n - 1)]);
/** One hidden layer on one input, one neuron per (weight, bias). */
export const oneLayer = (activation: Activation, neurons: [w: number, b: number][]): ReferenceLayer[] => [
  { kernel: [neurons.map(([w]) => w)], bias: neurons.map(([, b]) => b), activation },
  { kernel: neurons.map(() => [1]), bias: [0.5], activation: linear },
];
