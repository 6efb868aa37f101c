/**
 * Published rules for dead or dying ReLU, each on the amount of data that its tool uses. Some rules flag neurons, the
 * others flag whole layers as dying. Comparisons with NaN are false, as in Python and NumPy.
 */
import { judge } from '../../../src/neurons/index.ts';
import type { Neurons } from '../../../src/vocabulary/index.ts';
import { allOf } from '../network.ts';
import { forward, trace } from '../reference-network.ts';
import type { KnownNetwork } from './cases.ts';

export interface NeuronRule {
  kind: 'neuron';
  name: string;
  decidesOn: string;
  /** The share of flagged neurons at which the tool raises an alarm for the layer. */
  layerShare: number;
  /** By hidden layer and neuron. */
  flag(network: KnownNetwork): boolean[][] | Promise<boolean[][]>;
}
export interface LayerRule {
  kind: 'layer';
  name: string;
  decidesOn: string;
  alarm(network: KnownNetwork): boolean[];
}
export type Rule = NeuronRule | LayerRule;

/** Values of a neuron on the first samples of the data set. */
interface Column {
  z: number[];
  output: number[];
}
function columns(network: KnownNetwork, samples: number): Column[][] {
  const traces = network.inputs.slice(0, samples).map((input) => forward(network.layers, input));
  return network.layers
    .slice(0, -1)
    .map(({ bias }, k) =>
      bias.map((_, j) => ({ z: traces.map((t) => t.z[k]![j]!), output: traces.map((t) => t.outputs[k]![j]!) })),
    );
}
const share = (values: readonly number[], holds: (value: number) => boolean): number =>
  values.filter(holds).length / values.length;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
/** keras-contrib and SageMaker check ReLU outputs only. */
const isRelu = (network: KnownNetwork, k: number): boolean => network.layers[k]!.activation.type === 'relu';

const BATCH = 32,
  PROBE = 64;

const byNeuron = (
  name: string,
  decidesOn: string,
  layerShare: number,
  samples: number,
  isFlagged: (column: Column, layer: Column[], isReluLayer: boolean) => boolean,
): NeuronRule => ({
  kind: 'neuron',
  name,
  decidesOn,
  layerShare,
  flag: (network) =>
    columns(network, samples).map((layer, k) => layer.map((column) => isFlagged(column, layer, isRelu(network, k)))),
});

/** A rule on the share of all outputs of a layer, over one batch. */
const byOutputs = (name: string, threshold: number, holds: (output: number) => boolean): LayerRule => ({
  kind: 'layer',
  name,
  decidesOn: `one batch of ${BATCH}`,
  alarm: (network) =>
    columns(network, BATCH).map((layer) => mean(layer.map(({ output }) => share(output, holds))) >= threshold),
});

const dormant = (tau: number): NeuronRule =>
  byNeuron(`tau-dormant ${tau}`, `one batch of ${PROBE}`, 0.5, PROBE, ({ output }, layer) => {
    const size = (column: Column): number => mean(column.output.map(Math.abs));
    return size({ z: [], output }) / (mean(layer.map(size)) + 1e-9) <= tau;
  });

const LOST = new Set(['dead', 'silent', 'stuck', 'constant', 'saturated']);

/** The verdict of the service, from a full pass by the engine. */
export async function verdictOf({ opened: { network, data, spec } }: KnownNetwork): Promise<Neurons> {
  return judge({
    step: 0,
    measurement: await network.inspect(allOf(data)),
    isComplete: true,
    weights: network.weights(),
    layers: spec.model.layers,
    box: null,
    previous: null,
  });
}

export const RELUMINE: NeuronRule = {
  kind: 'neuron',
  name: 'Relumine',
  decidesOn: 'all samples',
  layerShare: 0.5,
  flag: async (network) => {
    const verdict = await verdictOf(network);
    return network.layers
      .slice(0, -1)
      .map(({ bias }, k) => bias.map((_, j) => LOST.has(verdict.layers[k]?.neurons[j]?.state ?? 'active')));
  },
};

export const RULES: readonly Rule[] = [
  RELUMINE,
  byNeuron(
    'keras-contrib DeadReluDetector',
    'all samples',
    0.1,
    Infinity,
    ({ output }, _, isReluLayer) => isReluLayer && output.reduce((sum, value) => sum + value, 0) === 0,
  ),
  byNeuron(
    'SageMaker DeadRelu',
    'all samples',
    0.5,
    Infinity,
    ({ output }, _, isReluLayer) => isReluLayer && share(output, (value) => value > 0) < 0.01,
  ),
  byNeuron(
    'Dohare et al., below 1 %',
    '1,000 samples',
    0.5,
    1000,
    ({ output }) => share(output, (value) => value !== 0) < 0.01,
  ),
  dormant(0.1),
  dormant(0.025),
  byNeuron('torchdiag, one batch', `one batch of ${PROBE}`, 0.5, PROBE, ({ output }) =>
    output.every((value) => value <= 0),
  ),
  {
    kind: 'layer',
    name: 'AUTOTRAINER, zero gradients >= 0.7',
    decidesOn: `one batch of ${BATCH}, whole network`,
    alarm: zeroGradients,
  },
  byOutputs('DeepDiagnosis, outputs <= 0 >= 0.7', 0.7, (output) => output <= 0),
  byOutputs('torchmortem, abs(output) < 1e-6 > 0.5', 0.5, (output) => Math.abs(output) < 1e-6),
  byOutputs('DLCheck, zeros > 0.95', 0.95, (output) => output === 0),
  byOutputs('fastai near zero <= 0.05, above half', 0.5, (output) => output <= 0.05),
];

/** The share of exactly zero entries in all weight gradients of the network. One alarm for all layers. */
function zeroGradients(network: KnownNetwork): boolean[] {
  const traces = network.inputs
    .slice(0, BATCH)
    .map((input, n) => trace(network.layers, input, [network.opened.data.targets[n]!]));
  let zeros = 0,
    entries = 0;
  network.layers.forEach(({ kernel, bias }, k) => {
    const inputs = traces.map((t, n) => (k === 0 ? network.inputs[n]! : t.outputs[k - 1]!));
    bias.forEach((_, j) => {
      const delta = traces.map((t) => t.gradients[k]![j]!);
      if (delta.reduce((sum, value) => sum + value, 0) === 0) zeros++;
      kernel.forEach((__, i) => {
        if (delta.reduce((sum, value, n) => sum + value * inputs[n]![i]!, 0) === 0) zeros++;
      });
      entries += kernel.length + 1;
    });
  });
  return network.layers.slice(0, -1).map(() => zeros / entries >= 0.7);
}
