/** The verdicts on a run's neurons: when they are due, and what is reported. */
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
  incomingSquares,
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
import {
  inputNames,
  type JobSpec,
  type Neurons,
  type RunEvent,
  type VerdictHistograms,
} from '../../vocabulary/index.ts';
import { measureDistributions, rowsForDistributions, type Distributions } from './distributions.ts';
import { Looks, type Look, type LooksState } from './looks.ts';
import type { Mailbox } from '../mailbox.ts';
import { packWeights, unpackWeights } from './packed-weights.ts';
import { judgedEpochs } from './schedule.ts';

export interface Verdict {
  neurons: Neurons;
  evidence: Evidence;
  /** Null where weights are not finite. */
  histograms: VerdictHistograms | null;
  events: RunEvent[];
  metrics: Record<string, number>;
  activity: Activity | null;
}

/** What the next verdict continues from, as a checkpoint keeps it. The verdict itself is in the store. */
export interface Judged {
  /** Of the newest verdict. */
  step: number;
  /** Its weights; null if they are those of the checkpoint. */
  weights: Float32Array | null;
  /** Plain JSON. */
  state: { window: TrainingWindow | null; stepChanges: (number | null)[] | null; looks: LooksState };
}

/** Of an epoch: its end, in which a neuron that fires is alive when it has ended. */
const LATE = 0.25;

/**
 * Verdicts fall at steps that follow from the job: before the first step, at the end, and after the epochs of
 * {@link judgedEpochs}. Each continues from the one before it. A verdict that is asked for at another step continues
 * from the same one and changes nothing for those that follow, so they are the same with and without it.
 */
export class Verdicts {
  readonly #network: Network;
  readonly #spec: JobSpec;
  readonly #facts: DataFacts;
  readonly #mailbox: Mailbox;
  readonly #looks: Looks;
  readonly #stepsPerEpoch: number;
  /** The first step of an epoch, counted in it, that is at its end; null where every look is complete. */
  readonly #lateFrom: number | null;
  readonly #epochs: ReadonlySet<number>;
  /** The step of the last verdict that was not asked for; -1 before the first. */
  #judgedAt: number;
  #last: Neurons | null;
  #lastWeights: LayerWeights[] | null = null;
  /** Of these; null if they have to be computed anew. */
  #lastSquares: Float64Array[] | null = null;
  /** Of the first step after the last verdict, by dense layer; null until it was trained. */
  #stepChanges: (number | null)[] | null = null;
  /** The steps since the last verdict; null before the first. */
  #window: TrainingWindow | null = null;

  /** A resumed run has the last verdict, and its checkpoint `judged`; an old checkpoint has none. */
  constructor(
    network: Network,
    spec: JobSpec,
    { data, preparation, features, trainIndices }: LoadedDataset,
    mailbox: Mailbox,
    { last, judged }: { last: Neurons | null; judged: Judged | null } = { last: null, judged: null },
  ) {
    const { epochs, batchSize } = spec.training;
    this.#network = network;
    this.#spec = spec;
    this.#facts = describeData(data, features, trainIndices, spec.training.loss, {
      inputs: inputNames(preparation),
      outputs: preparation.outputs,
    });
    this.#mailbox = mailbox;
    this.#looks = new Looks(
      network,
      { layers: spec.model.layers, trainIndices, epochs, seed: spec.dataset.seed },
      judged?.state.looks,
    );
    this.#stepsPerEpoch = Math.ceil(trainIndices.length / batchSize);
    this.#lateFrom = this.#looks.isEverPartial ? Math.floor((1 - LATE) * this.#stepsPerEpoch) : null;
    this.#epochs = judgedEpochs({
      epochs,
      batchSize,
      stepsPerEpoch: this.#stepsPerEpoch,
      parameters: network.parameterCount,
      hiddenLayers: network.hiddenLayers.length,
      hiddenNeurons: network.hiddenNeurons,
      samples: this.#looks.first,
    });
    this.#last = last;
    this.#judgedAt = judged?.step ?? last?.step ?? -1;
    if (judged === null) return;
    this.#window = judged.state.window;
    this.#stepChanges = judged.state.stepChanges;
    const weights = network.weights();
    this.#lastWeights = judged.weights ? unpackWeights(judged.weights, weights) : weights;
  }

  /** `isLast`: the run ends at this step. */
  isDue(step: number, isLast: boolean): boolean {
    if (step === this.#judgedAt) return false;
    return step === 0 || isLast || (step % this.#stepsPerEpoch === 0 && this.#epochs.has(step / this.#stepsPerEpoch));
  }

  /** For a checkpoint at the step that was trained last; null before the first verdict. */
  get judged(): Judged | null {
    if (this.#lastWeights === null) return null;
    return {
      step: this.#judgedAt,
      weights: this.#window === null ? null : packWeights(this.#lastWeights),
      state: { window: this.#window, stepChanges: this.#stepChanges, looks: this.#looks.state },
    };
  }

  /** The next step is to be trained on its own, so that its update can be compared with the weights. */
  get wantsSingleStep(): boolean {
    return this.#lastWeights !== null && this.#window === null;
  }

  /** Most steps of the next chunk: the end of an epoch is counted apart, so that it begins with a chunk of its own. */
  mostSteps(step: number): number {
    if (this.wantsSingleStep) return 1;
    const position = step % this.#stepsPerEpoch;
    return this.#lateFrom !== null && position < this.#lateFrom ? this.#lateFrom - position : Infinity;
  }

  /** Records what the steps from `step` on measured, as evidence for the next verdict. */
  watch(step: number, learningRates: Float64Array, result: ChunkResult): void {
    const { losses, gradientNorms } = result;
    this.#looks.watch(result, this.#lateFrom !== null && step % this.#stepsPerEpoch >= this.#lateFrom);
    if (this.wantsSingleStep && losses.length === 1) this.#stepChanges = this.#changesSinceVerdict();
    this.#window = extendWindow(this.#window ?? openWindow(step), { learningRates, losses, gradientNorms });
  }

  /**
   * A verdict that is due. After whole epochs, training has seen every sample since the last verdict; elsewhere, and for
   * the last one, every silent neuron is checked again. Null where an order to stop came in between.
   */
  async take(step: number, isLast: boolean): Promise<Verdict | null> {
    const look = await this.#looks.take(this.#mailbox, isLast || step % this.#stepsPerEpoch !== 0);
    if (look === null) return null;
    const weights = this.#network.weights();
    const squares = weights.map(incomingSquares);
    const verdict = this.#judge(step, look, { weights, squares }, await this.#distributions(weights));
    this.#judgedAt = step;
    this.#last = verdict.neurons;
    this.#lastWeights = weights;
    this.#lastSquares = squares;
    this.#window = null;
    this.#stepChanges = null;
    return verdict;
  }

  /** A verdict that is asked for. What it finds is an event of the next one that is due. */
  async glance(step: number): Promise<Verdict | null> {
    const look = await this.#looks.glance(this.#mailbox);
    if (look === null) return null;
    const weights = this.#network.weights();
    const squares = weights.map(incomingSquares);
    return { ...this.#judge(step, look, { weights, squares }, await this.#distributions(weights)), events: [] };
  }

  /** Over the first rows of the look. */
  #distributions(weights: LayerWeights[]): Promise<Distributions> {
    return measureDistributions(this.#network, weights, this.#looks.rows(rowsForDistributions(this.#network)));
  }

  #judge(
    step: number,
    look: Look,
    network: { weights: LayerWeights[]; squares: Float64Array[] },
    distributions: Distributions,
  ): Verdict {
    const previous = this.#last;
    const { layers } = this.#spec.model;
    const neurons = judge({ step, ...look, ...network, previous, layers, box: this.#facts.box });
    const evidence = gatherEvidence({
      window: this.#window,
      facts: this.#facts,
      previous,
      previousWeights: this.#lastWeights,
      previousSquares: this.#lastSquares ?? undefined,
      current: neurons,
      ...network,
      gradients: meanGradients(look.measurement),
      stepChanges: this.#stepChanges,
      gradientNorms: distributions.gradientNorms,
    });
    return {
      neurons,
      evidence,
      histograms: neurons.finite ? distributions.histograms : null,
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
