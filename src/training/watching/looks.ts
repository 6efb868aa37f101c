/**
 * How many training samples a verdict looks at. Where every neuron fires on a few of them, more would show nothing new.
 * Where one does not, a rare neuron must be distinguished from a dead one, so the look grows, up to all samples. A neuron
 * that is known to fire on no sample is not checked again while the counters of training, which see every sample once
 * per epoch, do not see it fire either.
 */
import type { Inspection } from '../../model/measurements.ts';
import type { ChunkResult, Network } from '../../engine/network.ts';
import { differsInTraining } from '../../model/layer-kinds.ts';
import { isToldByFiring } from '../../neurons/index.ts';
import { Random } from '../../random.ts';
import type { LayerSpec } from '../../vocabulary/index.ts';
import type { Mailbox } from '../mailbox.ts';
import { inspect, merge } from './passes.ts';

/** Rows of a verdict's first look: the fewest in large networks. Smaller training sets are looked at completely. */
const FIRST_LOOK = { least: 512, most: 2048 };
/** Multiplications in the first look's forward pass: a few milliseconds. */
const FIRST_WORK = 6e7;
/** Each further look multiplies the number of rows by this. */
const GROWTH = 2;
const MOST_ROWS = 131_072;
export interface Look {
  measurement: Inspection;
  isComplete: boolean;
  /** [hidden neurons] 1: a look at all samples found that it fires on none, and training has not seen it fire since. */
  isQuiet: Uint8Array;
}

/** What the next look knows of the last one; plain JSON. */
export interface LooksState {
  /** Samples trained on since the last look. */
  watched: number;
  /** Neurons that were quiet then and have not fired since. */
  quiet: number[];
}

/** What a look needs of a network. */
type Judged = Pick<Network, 'hiddenNeurons' | 'parameterCount' | 'inspect'>;

export class Looks {
  readonly samples: number;
  /** Samples that every verdict looks at. */
  readonly first: number;
  readonly #network: Judged;
  /**
   * Shuffled once per run, from the end and only as far as needed: two verdicts look at the same rows, so they differ by
   * the weights only.
   */
  readonly #rows: Int32Array;
  readonly #random: Random;
  readonly #areCountersTelling: boolean;
  #shuffled = 0;
  /** From the last look. */
  #isQuiet: Uint8Array | null = null;
  /** Samples trained on since then, and whether each neuron fired on one of them. */
  #watched = 0;
  #hasFired: Uint8Array;

  constructor(
    network: Judged,
    layers: readonly LayerSpec[],
    trainIndices: Int32Array,
    seed: number,
    state: LooksState | null = null,
  ) {
    this.#network = network;
    // Otherwise training computes another function than the verdict does, and its counters say nothing about this one.
    this.#areCountersTelling = !layers.some(differsInTraining);
    this.samples = trainIndices.length;
    this.first = Math.min(
      this.samples,
      Math.max(FIRST_LOOK.least, Math.min(Math.floor(FIRST_WORK / network.parameterCount), FIRST_LOOK.most)),
    );
    this.#rows = trainIndices.slice();
    this.#random = new Random(seed, 'inspection');
    this.#hasFired = new Uint8Array(network.hiddenNeurons);
    if (state === null) return;
    this.#watched = state.watched;
    this.#isQuiet = new Uint8Array(network.hiddenNeurons);
    for (const neuron of state.quiet) this.#isQuiet[neuron] = 1;
  }

  get state(): LooksState {
    const quiet: number[] = [];
    this.#isQuiet?.forEach((isQuiet, j) => {
      if (isQuiet === 1 && this.#hasFired[j] === 0) quiet.push(j);
    });
    return { watched: this.#watched, quiet };
  }

  watch({ fired, samples }: Pick<ChunkResult, 'fired' | 'samples'>): void {
    this.#watched += samples;
    for (let j = 0; j < fired.length; j++) if (fired[j]! > 0) this.#hasFired[j] = 1;
  }

  /** `isThorough`: checks every silent neuron again. Null where an order to stop came in between. */
  async take(mailbox: Mailbox, isThorough: boolean): Promise<Look | null> {
    const look = await this.glance(mailbox, isThorough);
    if (look === null) return null;
    this.#isQuiet = look.isQuiet;
    this.#watched = 0;
    this.#hasFired.fill(0);
    return look;
  }

  /** The same look, which later ones do not build on. */
  async glance(mailbox: Mailbox, isThorough: boolean): Promise<Look | null> {
    const wasQuiet = this.#stillQuiet(isThorough);
    const most = Math.min(this.samples, MOST_ROWS);
    let measurement: Inspection | null = null;
    while (measurement === null || (measurement.samples < most && leavesQuestions(measurement, wasQuiet))) {
      const seen: number = measurement?.samples ?? 0;
      const part = await inspect(
        this.#network,
        this.#rowsBetween(seen, Math.min(most, Math.max(this.first, GROWTH * seen))),
        mailbox,
      );
      if (part === null) return null;
      measurement = measurement === null ? part : merge(measurement, part);
    }
    const isComplete = measurement.samples === this.samples;
    const fired = measurement.layers.flatMap((layer) => Array.from(layer.fired));
    const isQuiet = Uint8Array.from(fired, (count, j) => Number(count === 0 && (isComplete || wasQuiet[j] === 1)));
    return { measurement, isComplete, isQuiet };
  }

  /** The first `count` rows of every look, or all of its first look. */
  rows(count: number): Int32Array {
    return this.#rowsBetween(0, Math.min(count, this.first));
  }

  #stillQuiet(isThorough: boolean): Uint8Array {
    const before = this.#isQuiet;
    if (isThorough || before === null || !this.#areCountersTelling || this.#watched < this.samples)
      return new Uint8Array(this.#hasFired.length);
    return before.map((isQuiet, j) => isQuiet & ~this.#hasFired[j]!);
  }

  #rowsBetween(start: number, end: number): Int32Array {
    const { length } = this.#rows;
    if (end > this.#shuffled && length > this.first) {
      this.#random.shuffle(this.#rows.subarray(0, length - this.#shuffled), end - this.#shuffled);
      this.#shuffled = end;
    }
    return this.#rows.slice(length - end, length - start);
  }
}

/** Whether more samples could change a neuron's state. */
function leavesQuestions({ layers }: Inspection, isQuiet: Uint8Array): boolean {
  let first = 0;
  return layers.some(({ fired, activation, units }) => {
    const start = first;
    first += units;
    return isToldByFiring(activation) && fired.some((count, j) => count === 0 && isQuiet[start + j] === 0);
  });
}
