/**
 * How many training samples a verdict looks at. Where every neuron fires on a few of them, more would show nothing new.
 * Where one does not, a rare neuron must be distinguished from a dead one, so the look grows: to some times as many
 * samples at once, and to all of them as often as the run can afford. In between, training answers: it sees every sample
 * once per epoch, and what a neuron does there is known from its counters.
 */
import type { Inspection } from '../../model/measurements.ts';
import type { ChunkResult, Network } from '../../engine/network.ts';
import { isToldByFiring } from '../../neurons/index.ts';
import { Random } from '../../random.ts';
import type { LayerSpec } from '../../vocabulary/index.ts';
import type { Mailbox } from '../mailbox.ts';
import { inspect, merge } from './passes.ts';
import { computesTheSameInTraining } from './training-mode.ts';

/** Rows of a verdict's first look: the fewest in large networks. Smaller training sets are looked at completely. */
const FIRST_LOOK = { least: 512, most: 2048 };
/** Multiplications in the first look's forward pass: a few milliseconds. */
const FIRST_WORK = 6e7;
/** Each further look multiplies the number of rows by this. */
const GROWTH = 2;
/** Rows of a look that cannot be complete, in first looks: enough to see a neuron that fires on one sample in a thousand. */
const LIMIT = 8;
const MOST_ROWS = 131_072;
/**
 * Rows saved for complete looks, per sample trained on. A row costs a look half of what it costs training, so they take 3 %
 * of the time. Half of those of the whole run may be used in advance, because most neurons die early, and in any case as
 * many as take some 10 ms.
 */
const SAVED_PER_SAMPLE = 0.06;
const IN_ADVANCE = { share: 0.5, work: 6e8 };

export interface Look {
  measurement: Inspection;
  isComplete: boolean;
  /** [hidden neurons] 1: the neuron fires on no sample, as far as looks and training have seen all of them. */
  isQuiet: Uint8Array;
  /** [hidden neurons] 1: it fires on none of the samples seen, but fired at the end of the epoch before. */
  isAlive: Uint8Array;
}

/** What the next look knows of the last one; plain JSON. */
export interface LooksState {
  /** Samples trained on since the last look. */
  watched: number;
  /** Neurons that were candidates then and have not fired since. */
  quiet: number[];
  /** Neurons that have fired at the end of the epoch. Absent in checkpoints of earlier versions, like all below. */
  late?: number[];
  /** Rows saved for complete looks. */
  saved?: number;
}

/** What a look needs of a network. */
type Judged = Pick<Network, 'hiddenLayers' | 'hiddenNeurons' | 'parameterCount' | 'inspect'>;

export interface LooksJob {
  layers: readonly LayerSpec[];
  trainIndices: Int32Array;
  epochs: number;
  seed: number;
}

export class Looks {
  readonly samples: number;
  /** Samples that every verdict looks at. */
  readonly first: number;
  readonly #network: Judged;
  /** Most samples that a look sees. */
  readonly #most: number;
  /**
   * Shuffled once per run, from the end and only as far as needed: two verdicts look at the same rows, so they differ by
   * the weights only.
   */
  readonly #rows: Int32Array;
  readonly #random: Random;
  /** [hidden neurons] 1: training computes the neuron's output as a verdict does, so its counters tell of every sample. */
  readonly #isTold: Uint8Array;
  #shuffled = 0;
  /**
   * From the last look: neurons that fired on none of its samples and, if training computes another function of the sample
   * than the verdict does, on none of a complete look before. Null before the first look.
   */
  #isCandidate: Uint8Array | null = null;
  /** Samples trained on since then, and whether each neuron fired on one of them. */
  #watched = 0;
  #hasFired: Uint8Array;
  /** At the end of the epoch. */
  #hasFiredLate: Uint8Array;
  #saved: number;

  constructor(network: Judged, { layers, trainIndices, epochs, seed }: LooksJob, state: LooksState | null = null) {
    this.#network = network;
    const isSame = computesTheSameInTraining(layers);
    this.#isTold = Uint8Array.from(
      network.hiddenLayers.flatMap(({ units }, k) => Array<number>(units).fill(Number(isSame[k]))),
    );
    this.samples = trainIndices.length;
    this.#most = Math.min(this.samples, MOST_ROWS);
    this.first = Math.min(
      this.samples,
      Math.max(FIRST_LOOK.least, Math.min(Math.floor(FIRST_WORK / network.parameterCount), FIRST_LOOK.most)),
    );
    this.#rows = trainIndices.slice();
    this.#random = new Random(seed, 'inspection');
    this.#hasFired = new Uint8Array(network.hiddenNeurons);
    this.#hasFiredLate = new Uint8Array(network.hiddenNeurons);
    const ofAll = IN_ADVANCE.share * SAVED_PER_SAMPLE * epochs * this.samples;
    const inAdvance = Math.max(ofAll, IN_ADVANCE.work / network.parameterCount);
    this.#saved = state?.saved ?? Math.min(this.#most, inAdvance);
    if (state === null) return;
    this.#watched = state.watched;
    this.#isCandidate = new Uint8Array(network.hiddenNeurons);
    for (const neuron of state.quiet) this.#isCandidate[neuron] = 1;
    for (const neuron of state.late ?? []) this.#hasFiredLate[neuron] = 1;
  }

  /** Whether a look may see a part of the samples. */
  get isEverPartial(): boolean {
    return this.first < this.samples;
  }

  get state(): LooksState {
    const quiet = this.#isCandidate?.map((isCandidate, j) => isCandidate & ~this.#hasFired[j]!) ?? new Uint8Array();
    return {
      watched: this.#watched,
      quiet: neuronsOf(quiet),
      late: neuronsOf(this.#hasFiredLate),
      saved: this.#saved,
    };
  }

  /** `isLate`: at the end of an epoch. */
  watch({ fired, samples }: Pick<ChunkResult, 'fired' | 'samples'>, isLate: boolean): void {
    this.#watched += samples;
    this.#saved = Math.min(this.#most, this.#saved + SAVED_PER_SAMPLE * samples);
    if (!isLate) this.#hasFiredLate.fill(0);
    for (let j = 0; j < fired.length; j++) {
      if (fired[j] === 0) continue;
      this.#hasFired[j] = 1;
      if (isLate) this.#hasFiredLate[j] = 1;
    }
  }

  /**
   * The look of a verdict that is due. `isThorough`: checks every silent neuron on all samples, whatever it costs. Null
   * where an order to stop came in between.
   */
  async take(mailbox: Mailbox, isThorough: boolean): Promise<Look | null> {
    const canAfford = this.#saved >= this.#most - this.first;
    const look = await this.#look(mailbox, { isThorough, canBeComplete: isThorough || canAfford });
    if (look === null) return null;
    if (!isThorough && look.measurement.samples > LIMIT * this.first)
      this.#saved -= look.measurement.samples - this.first;
    this.#isCandidate = firedOf(look.measurement).map((fired, j) =>
      Number(fired === 0 && (this.#isTold[j] === 1 || look.isQuiet[j] === 1)),
    );
    this.#watched = 0;
    this.#hasFired.fill(0);
    this.#hasFiredLate.fill(0);
    return look;
  }

  /** A look that is thorough, and that later ones do not build on. */
  glance(mailbox: Mailbox): Promise<Look | null> {
    return this.#look(mailbox, { isThorough: true, canBeComplete: true });
  }

  async #look(
    mailbox: Mailbox,
    { isThorough, canBeComplete }: { isThorough: boolean; canBeComplete: boolean },
  ): Promise<Look | null> {
    const wasQuiet = this.#stillQuiet();
    // Training shows less of a neuron that it does not tell of, which is checked again as often as can be afforded.
    const needsNoLook = wasQuiet.map((isQuiet, j) =>
      isThorough ? 0 : this.#hasFiredLate[j]! | (isQuiet & (canBeComplete ? this.#isTold[j]! : 1)),
    );
    const most = canBeComplete ? this.#most : Math.min(this.#most, LIMIT * this.first);
    let measurement: Inspection | null = null;
    while (measurement === null || (measurement.samples < most && leavesQuestions(measurement, needsNoLook))) {
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
    const isQuiet = firedOf(measurement).map((fired, j) =>
      Number(fired === 0 && (isComplete || (!isThorough && wasQuiet[j] === 1))),
    );
    const isAlive = firedOf(measurement).map((fired, j) => Number(fired === 0 && !isComplete) & this.#hasFiredLate[j]!);
    return { measurement, isComplete, isQuiet, isAlive };
  }

  /** The first `count` rows of every look, or all of its first look. */
  rows(count: number): Int32Array {
    return this.#rowsBetween(0, Math.min(count, this.first));
  }

  /** Candidates that fired on no sample of a whole epoch since. */
  #stillQuiet(): Uint8Array {
    const before = this.#isCandidate;
    if (before === null || this.#watched < this.samples) return new Uint8Array(this.#hasFired.length);
    return before.map((isCandidate, j) => isCandidate & ~this.#hasFired[j]!);
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

const neuronsOf = (marks: Uint8Array): number[] => Array.from(marks.keys()).filter((j) => marks[j] === 1);

/** [hidden neurons] 1: it fired on one of the samples. */
function firedOf({ layers }: Inspection): Uint8Array {
  const marks = new Uint8Array(layers.reduce((total, { units }) => total + units, 0));
  let neuron = 0;
  for (const { fired } of layers) for (let j = 0; j < fired.length; j++) marks[neuron++] = fired[j]! > 0 ? 1 : 0;
  return marks;
}

/** Whether more samples could change a neuron's state. */
function leavesQuestions({ layers }: Inspection, needsNoLook: Uint8Array): boolean {
  let first = 0;
  return layers.some(({ fired, activation, units }) => {
    const start = first;
    first += units;
    return isToldByFiring(activation) && fired.some((count, j) => count === 0 && needsNoLook[start + j] === 0);
  });
}
