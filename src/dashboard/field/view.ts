/** What the field shows of a run at one moment: brightness and state of every neuron, layers in order. */
import type { NeuronState, Neurons, Snapshot, SnapshotField } from '../../vocabulary/index.ts';
import { isOut, stateAt } from '../data/life.ts';

export interface FieldView {
  step: number;
  layers: { name: string; units: number; activation: string }[];
  fired: Float32Array;
  states: NeuronState[];
}

/** From a snapshot where there is one, else from the verdict. Null: there is nothing to show yet. */
export function viewOf(snapshot: Snapshot | null, neurons: Neurons | null, step: number): FieldView | null {
  const layers = snapshot?.header.layers ?? neurons?.layers;
  if (!layers) return null;
  const count = layers.reduce((sum, layer) => sum + layer.units, 0);
  const fired = new Float32Array(count);
  const states: NeuronState[] = [];
  const isNewer = snapshot !== null && neurons !== null && snapshot.header.step > neurons.step;
  let to = 0;
  layers.forEach((layer, i) => {
    const health = neurons?.layers[i]?.neurons;
    const measured = snapshot && columnOf(snapshot, i, 'fired');
    for (let index = 0; index < layer.units; index += 1, to += 1) {
      const neuron = health?.[index];
      fired[to] = measured ? measured[index]! : (neuron?.firedFraction ?? 0);
      const state = neuron && neurons ? stateAt(neuron, neurons.step, step) : 'active';
      // A neuron that has fired since the verdict is no longer out; one that has not fired for a moment is not yet out.
      states.push(measured && isNewer && fired[to]! > 0 && isOut(state) ? 'rare' : state);
    }
  });
  return { step, layers, fired, states };
}

/** One layer's numbers of one kind out of a frame. */
export function columnOf({ header, data }: Snapshot, layer: number, field: SnapshotField): Float32Array | null {
  const at = header.fields.indexOf(field);
  if (at < 0) return null;
  let offset = 0;
  for (let i = 0; i < layer; i += 1) offset += header.layers[i]!.units * header.fields.length;
  const units = header.layers[layer]!.units;
  return data.subarray(offset + at * units, offset + (at + 1) * units);
}
