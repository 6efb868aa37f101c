/** A verdict as a table: one row per neuron. */
import type { LayerHealth, Neurons, NeuronHealth } from '../vocabulary/index.ts';
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

export const neuronsTable = (verdict: Neurons): ExportTable => ({
  columns: [
    { name: 'step', type: 'integer' },
    { name: 'samples', type: 'integer' },
    { name: 'layer', type: 'text' },
    { name: 'activation', type: 'text' },
    ...NAMES.map((name) => ({ name, type: FIELDS[name] })),
  ],
  batches: layersOf(verdict),
});

async function* layersOf({ step, samples, layers }: Neurons): AsyncGenerator<Batch> {
  for (const { name, activation, neurons } of layers as readonly LayerHealth[]) {
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
