/** The best epoch of a run, and early stopping. Both look at one value per epoch, by the rules of Keras. */
import type { RunEvent, StoppingMetric, StoppingSpec } from '../vocabulary/index.ts';

/** Of one epoch; null where it was not measured or is not finite. */
export type EpochValues = Readonly<Record<StoppingMetric, number | null>>;

/** Plain JSON, as a checkpoint keeps it. */
export interface BestState {
  best: { epoch: number; step: number; value: number } | null;
  /** For early stopping: the value that must be improved on, and how many epochs in a row did not. */
  reference: number | null;
  waited: number;
}

const NAMES: Record<StoppingMetric, string> = {
  valLoss: 'validation loss',
  valAccuracy: 'validation accuracy',
  loss: 'training loss',
};
const GAIN: Record<StoppingMetric, (value: number, before: number) => number> = {
  valLoss: (value, before) => before - value,
  valAccuracy: (value, before) => value - before,
  loss: (value, before) => before - value,
};

export class BestEpoch {
  readonly #stopping: StoppingSpec | null;
  /** Null: no epoch is better than another, because the run has neither early stopping nor a validation part. */
  readonly #metric: StoppingMetric | null;
  readonly #state: BestState;

  constructor(stopping: StoppingSpec | null, hasValidation: boolean, state: BestState | null = null) {
    this.#stopping = stopping;
    this.#metric = stopping?.metric ?? (hasValidation ? 'valLoss' : null);
    this.#state = state ? { ...state } : { best: null, reference: null, waited: 0 };
  }

  get state(): BestState {
    return { ...this.#state };
  }

  /** Whether early stopping has lost its patience. */
  get isExhausted(): boolean {
    return this.#stopping !== null && this.#state.waited >= this.#stopping.patience;
  }

  /** Returns whether the epoch is better than all before it. */
  endEpoch(epoch: number, step: number, values: EpochValues): boolean {
    const metric = this.#metric;
    if (metric === null) return false;
    const state = this.#state;
    const value = values[metric];
    state.waited += 1;
    if (value === null) return false;
    const gain = (before: number | undefined | null): number =>
      before === undefined || before === null ? Infinity : GAIN[metric](value, before);
    if (gain(state.reference) > (this.#stopping?.minDelta ?? 0)) {
      state.reference = value;
      state.waited = 0;
    }
    if (gain(state.best?.value) <= 0) return false;
    state.best = { epoch, step, value };
    return true;
  }

  /** What to say when it stops the run after `epoch`. */
  describeStop(epoch: number, epochs: number): RunEvent {
    const { best } = this.#state;
    const { metric, patience, minDelta } = this.#stopping!;
    const by = minDelta > 0 ? ` by more than ${minDelta}` : '';
    const since = patience === 1 ? 'in the last epoch' : `in the last ${patience} epochs`;
    const bestOne =
      best === null ? 'It was never finite.' : `It was best after epoch ${best.epoch}: ${best.value.toPrecision(4)}.`;
    return {
      code: 'STOPPED_EARLY',
      level: 'info',
      message: `Training stopped after epoch ${epoch} of ${epochs}: the ${NAMES[metric]} did not improve${by} ${since}. ${bestOne}`,
      data: {
        epoch,
        metric,
        patience,
        minDelta,
        bestEpoch: best?.epoch ?? null,
        bestStep: best?.step ?? null,
        bestValue: best?.value ?? null,
      },
    };
  }
}
