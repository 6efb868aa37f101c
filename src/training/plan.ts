/** Which samples each step trains on. Steps count from 0; the last batch of an epoch may be smaller. */
import { Random } from '../random.ts';
import type { Progress, TrainingSpec } from '../vocabulary/index.ts';

/** Consecutive steps of equal batch size within one epoch. */
export interface PlannedChunk {
  steps: number;
  batchSize: number;
  indices: Int32Array<ArrayBuffer>;
}

export class TrainingPlan {
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly #spec: TrainingSpec;
  readonly #trainIndices: Int32Array;
  #epoch = -1;
  #order: Int32Array<ArrayBuffer> = new Int32Array();

  constructor(spec: TrainingSpec, trainIndices: Int32Array) {
    this.#spec = spec;
    this.#trainIndices = trainIndices;
    this.stepsPerEpoch = Math.ceil(trainIndices.length / spec.batchSize);
    this.steps = spec.epochs * this.stepsPerEpoch;
  }

  /** At most `most` steps from `step` on. A chunk ends at the end of an epoch and before a partial batch. */
  chunkAt(step: number, most: number): PlannedChunk {
    const { batchSize } = this.#spec;
    const epoch = Math.floor(step / this.stepsPerEpoch);
    const start = (step - epoch * this.stepsPerEpoch) * batchSize;
    const order = this.#orderOf(epoch);
    const fullBatches = Math.floor((order.length - start) / batchSize);
    if (fullBatches === 0) return { steps: 1, batchSize: order.length - start, indices: order.slice(start) };
    const steps = Math.min(most, fullBatches);
    return { steps, batchSize, indices: order.slice(start, start + steps * batchSize) };
  }

  /** Number of samples in the first `step` steps, counting repetitions. */
  samplesBefore(step: number): number {
    const epochs = Math.floor(step / this.stepsPerEpoch);
    const within = (step - epochs * this.stepsPerEpoch) * this.#spec.batchSize;
    return epochs * this.#trainIndices.length + within;
  }

  progressAt(step: number): Progress {
    return { epoch: Math.floor(step / this.stepsPerEpoch), epochs: this.#spec.epochs, step, steps: this.steps };
  }

  /** Depends on the seed and the epoch only, so a resumed run continues in the same order. */
  #orderOf(epoch: number): Int32Array<ArrayBuffer> {
    if (epoch !== this.#epoch) {
      const { seed, shuffle } = this.#spec;
      this.#order = Int32Array.from(this.#trainIndices);
      if (shuffle) new Random(seed, 'order', epoch).shuffle(this.#order);
      this.#epoch = epoch;
    }
    return this.#order;
  }
}
