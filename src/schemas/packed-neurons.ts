/**
 * The neurons of a large network in binary: threads transfer them, the store keeps them and reads them part by part, and
 * nobody makes a million objects at once.
 *
 * A part, little-endian, of n neurons: float64 of each number n times, the states and flags as bytes n times each, then
 * the histories that have events as JSON `[[index in the part, events], ...]`.
 */
import {
  CERTIFICATES,
  NEURON_STATES,
  type LayerHealth,
  type LifeEvent,
  type NeuronHealth,
  type Neurons,
  type NeuronState,
} from '../vocabulary/index.ts';

/** Networks with more neurons are packed. */
const PACKED_ABOVE = 4096;
const NEURONS_PER_PART = 2048;

export interface NeuronPart {
  /** The place of the layer, and the index in it of the first neuron. */
  layer: number;
  first: number;
  neurons: number;
  data: Uint8Array;
}

export interface PackedNeurons {
  /** Without neurons. */
  head: Neurons;
  /** In order of layer and neuron. */
  parts: NeuronPart[];
}

const NUMBERS = [
  'firedFraction',
  'firedBound',
  'minPreActivation',
  'maxPreActivation',
  'meanAbs',
  'outputRange',
  'tauScore',
  'bias',
  'incomingNorm',
  'outgoingNorm',
] as const satisfies readonly (keyof NeuronHealth)[];
const BYTES = 2;

const isPacked = (neurons: Neurons | PackedNeurons): neurons is PackedNeurons => 'parts' in neurons;

const countNeurons = ({ layers }: Neurons): number => layers.reduce((sum, { neurons }) => sum + neurons.length, 0);

/** The neurons in binary, and not in their layers, if they are many. */
export function packIfMany(neurons: Neurons): { neurons: Neurons; parts?: NeuronPart[] } {
  if (countNeurons(neurons) <= PACKED_ABOVE) return { neurons };
  const { head, parts } = packNeurons(neurons);
  return { neurons: head, parts };
}

export function packNeurons(neurons: Neurons): PackedNeurons {
  return {
    head: withoutNeurons(neurons),
    parts: neurons.layers.flatMap(({ neurons: all }, layer) => {
      const parts: NeuronPart[] = [];
      for (let first = 0; first < all.length; first += NEURONS_PER_PART)
        parts.push(packPart(all.slice(first, first + NEURONS_PER_PART), layer, first));
      return parts;
    }),
  };
}

const withoutNeurons = (neurons: Neurons): Neurons => ({
  ...neurons,
  layers: neurons.layers.map((layer) => ({ ...layer, neurons: [] })),
});

function unpackNeurons({ head, parts }: PackedNeurons): Neurons {
  const layers: LayerHealth[] = head.layers.map((layer) => ({ ...layer, neurons: [] }));
  for (const part of parts) for (const neuron of unpackPart(part)) layers[part.layer]?.neurons.push(neuron);
  return { ...head, layers };
}

export const wholeNeurons = (neurons: Neurons | PackedNeurons): Neurons =>
  isPacked(neurons) ? unpackNeurons(neurons) : neurons;

function packPart(neurons: readonly NeuronHealth[], layer: number, first: number): NeuronPart {
  const numbers = new Float64Array(NUMBERS.length * neurons.length);
  const bytes = new Uint8Array(BYTES * neurons.length);
  const histories: [number, LifeEvent[]][] = [];
  for (const [i, neuron] of neurons.entries()) {
    for (const [k, name] of NUMBERS.entries()) numbers[k * neurons.length + i] = neuron[name] ?? NaN;
    bytes[i] = NEURON_STATES.indexOf(neuron.state);
    bytes[neurons.length + i] = flagsOf(neuron);
    if (neuron.history.length > 0) histories.push([i, neuron.history]);
  }
  const json = new TextEncoder().encode(JSON.stringify(histories));
  const data = new Uint8Array(numbers.byteLength + bytes.length + json.length);
  data.set(new Uint8Array(numbers.buffer));
  data.set(bytes, numbers.byteLength);
  data.set(json, numbers.byteLength + bytes.length);
  return { layer, first, neurons: neurons.length, data };
}

/** The neurons of a part; only those in one of `states` if these are given. */
export function unpackPart(
  { first, neurons: count, data }: NeuronPart,
  states?: readonly NeuronState[],
): NeuronHealth[] {
  const numberBytes = NUMBERS.length * count * 8;
  // Copied, because typed arrays need aligned bytes.
  const numbers = new Float64Array(Uint8Array.from(data.subarray(0, numberBytes)).buffer);
  const json = data.subarray(numberBytes + BYTES * count);
  const histories = new Map(JSON.parse(new TextDecoder().decode(json)) as [number, LifeEvent[]][]);
  const found: NeuronHealth[] = [];
  for (let i = 0; i < count; i += 1) {
    const state = NEURON_STATES[data[numberBytes + i]!]!;
    if (states && !states.includes(state)) continue;
    const flags = data[numberBytes + count + i]!;
    const number = (name: (typeof NUMBERS)[number]): number => numbers[NUMBERS.indexOf(name) * count + i]!;
    const measured = (name: (typeof NUMBERS)[number]): number | null => {
      const value = number(name);
      return Number.isFinite(value) ? value : null;
    };
    found.push({
      index: first + i,
      state,
      permanent: (flags & PERMANENT) !== 0,
      certificate: CERTIFICATES[(flags >> CERTIFICATE_SHIFT) - 1] ?? null,
      firedFraction: number('firedFraction'),
      firedBound: number('firedBound'),
      minPreActivation: measured('minPreActivation'),
      maxPreActivation: measured('maxPreActivation'),
      meanAbs: measured('meanAbs'),
      outputRange: measured('outputRange'),
      gradientZero: (flags & GRADIENT_ZERO) !== 0,
      tauScore: measured('tauScore'),
      bias: number('bias'),
      incomingNorm: number('incomingNorm'),
      outgoingNorm: number('outgoingNorm'),
      history: histories.get(i) ?? [],
    });
  }
  return found;
}

const PERMANENT = 1;
const GRADIENT_ZERO = 2;
/** Above the flags: 0 for none, otherwise the place in CERTIFICATES from 1 on. */
const CERTIFICATE_SHIFT = 2;

const flagsOf = ({ permanent, gradientZero, certificate }: NeuronHealth): number =>
  (permanent ? PERMANENT : 0) |
  (gradientZero ? GRADIENT_ZERO : 0) |
  ((certificate === null ? 0 : CERTIFICATES.indexOf(certificate) + 1) << CERTIFICATE_SHIFT);
