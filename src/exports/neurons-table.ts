/** A verdict as a table: one row per neuron. */
import type { NeuronBatch } from '../store/store.ts';
import type { Neurons, NeuronHealth } from '../vocabulary/index.ts';
import type { Batch, CellType, ExportTable } from './table.ts';

const FIELDS: { [K in keyof NeuronHealth]: CellType } = {
  index: 'integer',
  state: 'text',
  permanent: 'boolean',
  certificate: 'text',
  firedFraction: 'number',
  firedBound: 'number',
  minPreActivation: 'number',
  maxPreActivation: 'number',
  meanAbs: 'number',
  outputRange: 'number',
  gradientZero: 'boolean',
  tauScore: 'number',
  bias: 'number',
  incomingNorm: 'number',
  outgoingNorm: 'number',
  history: 'json',
};
const NAMES = Object.keys(FIELDS) as (keyof NeuronHealth)[];

export interface NeuronsSource {
  head: Neurons;
  batches: () => AsyncIterable<NeuronBatch>;
}

export const neuronsTable = (source: NeuronsSource): ExportTable => ({
  columns: [
    { name: 'step', type: 'integer' },
    { name: 'samples', type: 'integer' },
    { name: 'layer', type: 'text' },
    { name: 'activation', type: 'text' },
    ...NAMES.map((name) => ({ name, type: FIELDS[name] })),
  ],
  batches: rowsOf(source),
});

async function* rowsOf({ head: { step, samples, layers }, batches }: NeuronsSource): AsyncGenerator<Batch> {
  for await (const { layer, neurons } of batches()) {
    const { name, activation } = layers[layer]!;
    const same = (value: unknown) => neurons.map(() => value);
    yield [
      same(step),
      same(samples),
      same(name),
      same(activation),
      ...NAMES.map((field) => neurons.map((neuron) => neuron[field])),
    ];
  }
}
