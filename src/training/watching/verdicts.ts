/** When a run's neurons are judged, and what is reported. */
import type { LoadedDataset } from '../../datasets/load.ts';
import type { Inspection, LayerWeights } from '../../model/measurements.ts';
import type { ChunkResult, Network } from '../../engine/network.ts';
import {
  activityMetrics,
  activityOf,
  describeData,
  estimate,
  extendWindow,
  gatherEvidence,
  judge,
  lifeEvents,
  openWindow,
  relativeChange,
  type Activity,
  type DataFacts,
  type Evidence,
  type RunningCounters,
  type TrainingWindow,
} from '../../neurons/index.ts';
import type { JobSpec, Neurons, RunEvent } from '../../vocabulary/index.ts';
import { Looks } from './looks.ts';
import type { Mailbox } from '../mailbox.ts';

/** Jobs with at most this many epochs are judged after each one. */
const EPOCHS_ALL_JUDGED = 100;
/** In longer jobs, an epoch gets no verdict where verdicts would take a larger share of the training time. */
const TIME_SHARE = 0.05;
/**
 * In longer jobs, verdicts are also spaced out, more so the longer a run lasts and the more neurons it has, so that the
 * history of a long run stays small.
 */
const SPACING = { leastMs: 250, msPerNeuron: 1, share: (neurons: number) => 0.01 * (1 + neurons / 256) };

export interface Verdict {
  neurons: Neurons;
  evidence: Evidence;
  events: RunEvent[];
  metrics: Record<string, number>;
  activity: Activity | null;
}

export class Verdicts {
  readonly #network: Network;
  readonly #spec: JobSpec;
  readonly #facts: DataFacts;
  readonly #mailbox: Mailbox;
  readonly #looks: Looks;
  #last: Neurons | null;
  /** From the last verdict of this attempt. */
  #lastWeights: LayerWeights[] | null = null;
  /** Of the first step after the last verdict, by dense layer; null until it was trained. */
  #stepChanges: (number | null)[] | null = null;
  /** The steps since the last verdict; null before the first. */
  #window: TrainingWindow | null = null;
  /** On all verdicts except the first, which is always taken. */
  #spentMs = 0;
  #lastMs = 0;
  /** Training time at the last verdict. */
  #takenAtMs = 0;

  constructor(
    network: Network,
    spec: JobSpec,
    { data, features, trainIndices }: LoadedDataset,
    mailbox: Mailbox,
    last: Neurons | null,
  ) {
    this.#network = network;
    this.#spec = spec;
    this.#facts = describeData(data, features, trainIndices, spec.training.loss);
    this.#mailbox = mailbox;
    this.#last = last;
    this.#looks = new Looks(network, spec.model.layers, trainIndices, spec.dataset.seed);
  }

  /** Whether the epoch that just ended gets a verdict, after `trainingMs` of training on `samples` samples. */
  isDue(trainingMs: number, samples: number): boolean {
    if (this.#spec.training.epochs <= EPOCHS_ALL_JUDGED) return true;
    const neurons = this.#network.hiddenNeurons;
    const spacingMs = Math.max(SPACING.leastMs, SPACING.msPerNeuron * neurons, SPACING.share(neurons) * trainingMs);
    if (trainingMs - this.#takenAtMs < spacingMs) return false;
    // The first verdict includes the engine's warm-up; per sample, a training step costs more than a verdict.
    const expectedMs = Math.min(this.#lastMs, (trainingMs / samples) * this.#looks.first);
    return this.#spentMs + expectedMs <= TIME_SHARE * trainingMs;
  }

  /** The next step is to be trained on its own, so that its update can be compared with the weights. */
  get wantsSingleStep(): boolean {
    return this.#lastWeights !== null && this.#window === null;
  }

  /** Records what the steps from `step` on measured, as evidence for the next verdict. */
  watch(step: number, learningRates: Float64Array, result: ChunkResult): void {
    const { losses, gradientNorms } = result;
    this.#looks.watch(result);
    if (this.wantsSingleStep && losses.length === 1) this.#stepChanges = this.#changesSinceVerdict();
    this.#window = extendWindow(this.#window ?? openWindow(step), { learningRates, losses, gradientNorms });
  }

  /** `isThorough`: every silent neuron is checked again. Null where an order to stop came in between. */
  async take(step: number, trainingMs: number, isThorough: boolean): Promise<Verdict | null> {
    const startedAt = performance.now();
    const look = await this.#looks.take(this.#mailbox, isThorough);
    if (look === null) return null;
    const weights = this.#network.weights();
    const previous = this.#last;
    const neurons = judge({ step, ...look, previous, weights, layers: this.#spec.model.layers, box: this.#facts.box });
    const evidence = gatherEvidence({
      window: this.#window,
      facts: this.#facts,
      previous,
      previousWeights: this.#lastWeights,
      current: neurons,
      weights,
      gradients: meanGradients(look.measurement),
      stepChanges: this.#stepChanges,
    });
    this.#last = neurons;
    this.#lastWeights = weights;
    this.#window = null;
    this.#stepChanges = null;
    this.#lastMs = performance.now() - startedAt;
    if (trainingMs > 0) this.#spentMs += this.#lastMs;
    this.#takenAtMs = trainingMs;
    return {
      neurons,
      evidence,
      events: lifeEvents(previous, neurons),
      metrics: activityMetrics(neurons),
      activity: activityOf(neurons),
    };
  }

  /** From the counters of the steps up to `step`; null where the last verdict is newer, and therefore better. */
  estimateActivity(step: number, counters: RunningCounters): Activity | null {
    return this.#last === null || this.#last.step >= step ? null : activityOf(estimate(this.#last, step, counters));
  }

  #changesSinceVerdict(): (number | null)[] {
    return this.#network.weights().map((now, layer) => relativeChange(this.#lastWeights![layer]!, now));
  }
}

/** Mean |dLoss/dz| per sample and neuron, by hidden layer. */
const meanGradients = ({ samples, layers }: Inspection): number[] =>
  layers.map(({ sumAbsGradient, units }) => sumAbsGradient.reduce((sum, value) => sum + value, 0) / (samples * units));
