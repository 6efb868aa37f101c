/** Pages of a verdict's neurons, and their answer in JSON. */
import { RelumineError } from '../errors.ts';
import type { NeuronBatch, OpenVerdict } from '../store/store.ts';
import type { LayerHealth, NeuronHealth, Neurons, NeuronsAnswer, NeuronState } from '../vocabulary/index.ts';

/** Neurons of one answer, unless fewer are asked for. */
export const NEURONS_PER_PAGE = 16_384;

export interface NeuronFilter {
  layer?: string;
  state?: NeuronState[];
  diedAfter?: number;
}

/** A neuron of the verdict at a step: where a page begins. */
export interface NeuronPlace {
  step: number;
  layer: number;
  neuron: number;
}

const cursorOf = ({ step, layer, neuron }: NeuronPlace): string => `${step}.${layer}.${neuron}`;

/** Throws INVALID_REQUEST. */
export function readCursor(after: string): NeuronPlace {
  const [, step, layer, neuron] = /^(\d{1,10})\.(\d{1,5})\.(\d{1,9})$/.exec(after) ?? [];
  const place = { step: Number(step), layer: Number(layer), neuron: Number(neuron) };
  if (step === undefined || place.step >= 2 ** 31)
    throw new RelumineError('INVALID_REQUEST', 'The parameter "after" is not a cursor.', {
      details: [{ path: 'after', message: 'is not a cursor', expected: 'the nextCursor of the page before' }],
    });
  return place;
}

/** The neurons of a verdict that match, up to a number of them. */
export class NeuronPage {
  readonly #verdict: OpenVerdict;
  readonly #filter: NeuronFilter;
  readonly #from: NeuronPlace;
  readonly #limit: number;
  /** The place of the only layer that is asked for. */
  readonly #only: number | null;
  /** Where the next page begins; known when this one was read. */
  next: NeuronPlace | null = null;

  /** Throws INVALID_REQUEST for a layer that the run does not have. */
  constructor(
    verdict: OpenVerdict,
    filter: NeuronFilter,
    { from, limit }: { from: NeuronPlace | null; limit: number },
  ) {
    this.#verdict = verdict;
    this.#filter = filter;
    this.#limit = limit;
    this.#only = filter.layer === undefined ? null : placeOf(filter.layer, verdict.head.layers);
    this.#from = from ?? { step: verdict.head.step, layer: this.#only ?? 0, neuron: 0 };
  }

  /** The layers that are asked for, without neurons. */
  get head(): Neurons {
    const { head } = this.#verdict;
    return { ...head, layers: head.layers.filter((_, place) => this.#only === null || place === this.#only) };
  }

  /** `layer` is the place in `head`. */
  readonly batches = (): AsyncGenerator<NeuronBatch> => this.#read();

  async *#read(): AsyncGenerator<NeuronBatch> {
    let left = this.#limit;
    for await (const { layer, neurons } of this.#verdict.batches(this.#from)) {
      if (this.#only !== null && layer > this.#only) return;
      const wanted = neurons.filter((neuron) => this.#isWanted(neuron));
      if (wanted.length > left) this.next = { step: this.#from.step, layer, neuron: wanted[left]!.index };
      const taken = wanted.slice(0, left);
      left -= taken.length;
      if (taken.length > 0) yield { layer: layer - (this.#only ?? 0), neurons: taken };
      if (this.next) return;
    }
  }

  #isWanted({ state, history }: NeuronHealth): boolean {
    const { state: states, diedAfter } = this.#filter;
    return (
      (states === undefined || states.includes(state)) &&
      (diedAfter === undefined || history.some((event) => event.type === 'died' && event.step > diedAfter))
    );
  }

  async answer(): Promise<NeuronsAnswer> {
    const layers: LayerHealth[] = this.head.layers.map((layer) => ({ ...layer, neurons: [] }));
    for await (const { layer, neurons } of this.batches()) layers[layer]!.neurons.push(...neurons);
    return { ...this.head, layers, ...this.#end };
  }

  /** The same answer, made as it is sent. */
  async *json(): AsyncGenerator<string> {
    const { layers, ...rest } = this.head;
    yield `${JSON.stringify(rest).slice(0, -1)},"layers":[`;
    let open = -1;
    let comma = '';
    const openUpTo = (layer: number): string => {
      let text = '';
      while (open < layer) {
        if (open >= 0) text += ']},';
        open += 1;
        const { neurons: _none, ...health } = layers[open]!;
        text += `${JSON.stringify(health).slice(0, -1)},"neurons":[`;
        comma = '';
      }
      return text;
    };
    for await (const { layer, neurons } of this.batches()) {
      yield openUpTo(layer) + comma + JSON.stringify(neurons).slice(1, -1);
      comma = ',';
    }
    yield openUpTo(layers.length - 1) + (layers.length > 0 ? ']}' : '');
    yield `],${JSON.stringify(this.#end).slice(1)}`;
  }

  get #end(): Pick<NeuronsAnswer, 'hasMore' | 'nextCursor'> {
    return { hasMore: this.next !== null, nextCursor: this.next && cursorOf(this.next) };
  }
}

function placeOf(name: string, layers: readonly LayerHealth[]): number {
  const place = layers.findIndex((layer) => layer.name === name);
  if (place !== -1) return place;
  const expected = `one of ${layers.map((layer) => layer.name).join(', ')}`;
  throw new RelumineError('INVALID_REQUEST', `The run has no layer ${JSON.stringify(name)}. Use ${expected}.`, {
    details: [{ path: 'layer', message: 'is not a layer of this run', expected }],
  });
}
