/**
 * On how many training samples a verdict rests. Where every neuron fires on a few of them, more would tell nothing new;
 * where one does not,
 * rarity must be told from death, so that more and more are looked at, up to all. A neuron that is known to fire on
 * none is not looked for again
 * as long as the counters of training, which see every sample once in an epoch, do not see it fire either.
 */
import type { Inspection } from '../../model/measurements.ts';
import type { ChunkResult, Network } from '../../engine/network.ts';
import { differsInTraining } from '../../model/layer-kinds.ts';
import { isToldByFiring } from '../../neurons/index.ts';
import { Random } from '../../random.ts';
import type { LayerSpec } from '../../schemas/index.ts';
import type { Mailbox } from '../mailbox.ts';
import { inspect, merge } from './passes.ts';

/**
 * Every verdict looks at so many rows, in large networks at the fewest; smaller training sets are judged as a whole.
 */
const FIRST_LOOK = { least: 512, most: 2048 };
/** Multiplications of the first look's forward pass: a few milliseconds. */
const FIRST_WORK = 6e7;
/** Each further look makes them so many times as many. */
const GROWTH = 2;
const MOST_ROWS = 131_072;
export interface Look {
  measurement: Inspection;
  isComplete: boolean;
  /** [hidden neurons] 1: at a look at all samples it fired on none of them, and on none that was seen since. */
  isQuiet: Uint8Array;
}

/** What a look needs of a network. */
type Judged = Pick<Network, 'hiddenNeurons' | 'parameterCount' | 'inspect'>;

export class Looks {
  readonly samples: number;
  /** Samples that every verdict looks at. */
  readonly first: number;
  readonly #network: Judged;
  /**
   * In one seeded order for the whole run, as far as it was needed, from the end on: two verdicts differ by the weights
   * alone.
   */
  readonly #rows: Int32Array;
  readonly #random: Random;
  readonly #areCountersTelling: boolean;
  #shuffled = 0;
  /** Of the last look. */
  #isQuiet: Uint8Array | null = null;
  /** Samples in the training steps since then, and whether each neuron fired on one of them. */
  #watched = 0;
  #hasFired: Uint8Array;

  constructor(network: Judged, layers: readonly LayerSpec[], trainIndices: Int32Array, seed: number) {
    this.#network = network;
    // Else the network that trains is not the one that is judged, and its counters say nothing of the other.
    this.#areCountersTelling = !layers.some(differsInTraining);
    this.samples = trainIndices.length;
    this.first = Math.min(
      this.samples,
      Math.max(FIRST_LOOK.least, Math.min(Math.floor(FIRST_WORK / network.parameterCount), FIRST_LOOK.most)),
    );
    this.#rows = trainIndices.slice();
    this.#random = new Random(seed, 'inspection');
    this.#hasFired = new Uint8Array(network.hiddenNeurons);
  }

  watch({ fired, samples }: Pick<ChunkResult, 'fired' | 'samples'>): void {
    this.#watched += samples;
    for (let j = 0; j < fired.length; j++) if (fired[j]! > 0) this.#hasFired[j] = 1;
  }

  /** `isThorough`: takes no neuron's silence for granted. Null where an order to stop came in between. */
  async take(mailbox: Mailbox, isThorough: boolean): Promise<Look | null> {
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
    this.#isQuiet = isQuiet;
    this.#watched = 0;
    this.#hasFired.fill(0);
    return { measurement, isComplete, isQuiet };
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

/** Whether more samples could change what is said of a neuron. */
function leavesQuestions({ layers }: Inspection, isQuiet: Uint8Array): boolean {
  let first = 0;
  return layers.some(({ fired, activation, units }) => {
    const start = first;
    first += units;
    return isToldByFiring(activation) && fired.some((count, j) => count === 0 && isQuiet[start + j] === 0);
  });
}
