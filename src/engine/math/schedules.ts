/** Learning rates over a run, computed on the host in float64. Every schedule starts after its warm-up. */
import type { ScheduleName, ScheduleSpec } from '../../vocabulary/index.ts';

/** Length of a run in steps. */
interface RunLength {
  steps: number;
  stepsPerEpoch: number;
}

/** The state of reduceOnPlateau between epochs. Plain JSON; `best` is null before the first epoch. */
export interface SchedulerState {
  rate: number;
  best: number | null;
  badEpochs: number;
  cooldown: number;
}

/** Share of the base rate at `step`, counted from the end of the warm-up of a run of `length`. */
type Factor<Name extends ScheduleName> = (spec: ScheduleSpec<Name>, step: number, length: RunLength) => number;

/** 0 at the first step, 1 at the last. */
const progress = (step: number, { steps }: RunLength): number => Math.min(1, step / Math.max(1, steps - 1));

type PlannedName = Exclude<ScheduleName, 'reduceOnPlateau'>;
const FACTORS: { readonly [Name in PlannedName]: Factor<Name> } = {
  constant: () => 1,
  step: ({ stepSize, gamma }, step) => gamma ** Math.floor(step / stepSize),
  exponential: ({ gamma }, step, { stepsPerEpoch }) => gamma ** Math.floor(step / stepsPerEpoch),
  cosine: ({ minimumFactor }, step, length) =>
    minimumFactor + ((1 - minimumFactor) * (1 + Math.cos(Math.PI * progress(step, length)))) / 2,
  linear: ({ minimumFactor }, step, length) => 1 - (1 - minimumFactor) * progress(step, length),
};

const factorOf = <Name extends PlannedName>(spec: ScheduleSpec<Name>, step: number, length: RunLength): number =>
  FACTORS[spec.type](spec, step, length);

export class Scheduler {
  readonly #spec: ScheduleSpec;
  readonly #length: RunLength;
  readonly #baseRate: number;
  #state: SchedulerState;

  /** `state` is the state of the scheduler when the run was stopped. */
  constructor(spec: ScheduleSpec, baseRate: number, length: RunLength, state: SchedulerState | null = null) {
    this.#spec = spec;
    this.#baseRate = baseRate;
    this.#length = length;
    this.#state = state ? { ...state } : { rate: baseRate, best: null, badEpochs: 0, cooldown: 0 };
  }

  get state(): SchedulerState {
    return { ...this.#state };
  }

  /** The rate of a step, counted from 0. The warm-up's last step has the full rate. */
  rateAt(step: number): number {
    const spec = this.#spec;
    const { warmupSteps } = spec;
    const full = spec.type === 'reduceOnPlateau' ? this.#state.rate : this.#baseRate;
    if (step < warmupSteps) return (full * (step + 1)) / warmupSteps;
    if (spec.type === 'reduceOnPlateau') return full;
    const { steps, stepsPerEpoch } = this.#length;
    return full * factorOf(spec, step - warmupSteps, { steps: steps - warmupSteps, stepsPerEpoch });
  }

  /** Rates of `count` steps from `step` on. */
  rates(step: number, count: number): Float64Array {
    return Float64Array.from({ length: count }, (_, offset) => this.rateAt(step + offset));
  }

  /**
   * Ends an epoch. `loss` is the validation loss, or the training loss without validation. Only reduceOnPlateau acts on
   * it, by the rules of Keras. Returns whether the rate was reduced.
   */
  endEpoch(loss: number): boolean {
    if (this.#spec.type !== 'reduceOnPlateau') return false;
    const { factor, patience, minDelta, cooldown, minLearningRate } = this.#spec;
    const state = this.#state;
    if (state.cooldown > 0) {
      state.cooldown -= 1;
      state.badEpochs = 0;
    }
    if (Number.isFinite(loss) && (state.best === null || loss < state.best - minDelta)) {
      state.best = loss;
      state.badEpochs = 0;
      return false;
    }
    if (state.cooldown > 0) return false;
    state.badEpochs += 1;
    if (state.badEpochs < Math.max(1, patience) || state.rate <= minLearningRate) return false;
    state.rate = Math.max(state.rate * factor, minLearningRate);
    state.cooldown = cooldown;
    state.badEpochs = 0;
    return true;
  }
}
