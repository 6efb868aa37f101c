/**
 * One run from its data to its last message, in the order of time. It knows nothing about threads: orders arrive in a
 * mailbox, and reports go to a function.
 */
import type { LoadedDataset } from '../datasets/load.ts';
import type { Cores } from '../engine/open-network.ts';
import type { ChunkResult, Network, NetworkState, TrainingData } from '../engine/network.ts';
import { Scheduler } from '../engine/math/schedules.ts';
import { unknownActivityMetrics } from '../neurons/index.ts';
import { packIfMany, wholeNeurons } from '../schemas/packed-neurons.ts';
import type { BestCheckpoint, StartOrder, ThreadReport } from '../schemas/index.ts';
import type {
  Evaluation,
  JobSpec,
  MetricColumns,
  Progress,
  RunEvent,
  Scores,
  StepMetric,
  Summary,
} from '../vocabulary/index.ts';
import { BestEpoch } from './best-epoch.ts';
import { encodeCheckpoint, type EpochSums, type LoopState, type Preprocessing } from './checkpoint.ts';
import { Diverged } from './divergence.ts';
import { LiveActivity } from './watching/live-activity.ts';
import type { Mailbox, StopOrder } from './mailbox.ts';
import { finiteOrNull, MetricWindows } from './metric-windows.ts';
import { Pace } from './pace.ts';
import { evaluate } from './watching/passes.ts';
import type { PlannedChunk, TrainingPlan } from './plan.ts';
import { Scorer, scoreMetrics } from './scores.ts';
import { Verdicts, type Judged, type Verdict } from './watching/verdicts.ts';

export interface RunTools {
  report: (report: ThreadReport) => void;
  mailbox: Mailbox;
  /** Opens it at `state`, or at the model's initial state. */
  openNetwork: (spec: JobSpec, data: TrainingData, state: NetworkState | null, cores: Cores) => Promise<Network>;
}

/** What was opened for a run: at its first step, or where a checkpoint left off. */
export interface OpenedRun {
  dataset: LoadedDataset;
  plan: TrainingPlan;
  network: Network;
  step: number;
  /** Null at the first step. */
  loop: LoopState | null;
  /** What the verdicts continue from; null before the first one. */
  judged: Judged | null;
  /** The weights of the best checkpoint of a resumed run; null if there is none. */
  best: NetworkState | null;
}

export type Ending = 'succeeded' | 'cancelled' | 'paused' | 'yielded';
const ENDINGS: Record<StopOrder, Ending> = { cancel: 'cancelled', pause: 'paused', yield: 'yielded' };

const PROGRESS_EVERY_MS = 250;
const NOTHING_SEEN: EpochSums = { sum: 0, correct: 0, samples: 0 };

export class TrainingRun {
  readonly summary: Summary;
  /** The newest one of this attempt. */
  evaluation: Evaluation | null = null;
  readonly #spec: JobSpec;
  readonly #order: Pick<StartOrder, 'attempt' | 'reported'>;
  readonly #tools: RunTools;
  readonly #network: Network;
  readonly #preprocessing: Preprocessing;
  readonly #scorer: Scorer;
  /** Null where there are no test rows. */
  readonly #tester: Scorer | null;
  readonly #hasAccuracy: boolean;
  readonly #plan: TrainingPlan;
  readonly #scheduler: Scheduler;
  readonly #best: BestEpoch;
  /** In memory until the next checkpoint. */
  #unsavedBest: BestCheckpoint | null = null;
  /** Kept where there are test rows to measure them on at the end. */
  #bestWeights: NetworkState | null;
  readonly #windows: MetricWindows;
  readonly #verdicts: Verdicts;
  readonly #activity: LiveActivity;
  readonly #pace = new Pace();
  #step: number;
  #epochsEnded: number;
  #epoch: EpochSums;
  #lastLoss: number | null;
  /** The step of the newest stored verdict, including those of earlier attempts. */
  #judgedAt: number;
  #trainingMs: number;
  #progressAt = performance.now();
  #progressMark: { step: number; trainingMs: number };
  #checkpointAt = performance.now();

  constructor(order: StartOrder, tools: RunTools, { dataset, plan, network, step, loop, judged, best }: OpenedRun) {
    const { spec, reported } = order;
    const { training, telemetry } = spec;
    const { task, featureCount, outputCount, normalization, targetNormalization } = dataset.data;
    this.#spec = spec;
    this.#order = { attempt: order.attempt, reported };
    this.#tools = tools;
    this.#network = network;
    this.#scorer = Scorer.of(dataset, training);
    this.#tester = Scorer.ofTest(dataset);
    this.#bestWeights = this.#tester && best;
    const { preparation } = dataset;
    this.#preprocessing = { task, featureCount, outputCount, normalization, targetNormalization, preparation };
    this.#hasAccuracy = task !== 'regression';
    this.#plan = plan;
    this.#step = step;
    this.#scheduler = new Scheduler(training.schedule, training.optimizer.learningRate, this.#plan, loop?.scheduler);
    this.#best = new BestEpoch(training.stopping, this.#scorer.part === 'validation', loop?.best);
    this.#windows = new MetricWindows(telemetry.metricsEverySteps, this.#hasAccuracy, this.#plan.steps, loop?.window);
    this.#verdicts = new Verdicts(network, spec, dataset, tools.mailbox, {
      last: order.neurons && wholeNeurons(order.neurons),
      judged,
    });
    this.#activity = new LiveActivity(network.hiddenLayers, dataset.trainIndices.length, telemetry.snapshotsPerSecond);
    this.#epochsEnded = loop?.epochsEnded ?? 0;
    this.#epoch = loop?.epochLoss ?? { ...NOTHING_SEEN };
    this.#lastLoss = loop?.lastLoss ?? null;
    this.#judgedAt = reported.verdict;
    this.summary = {
      parameters: network.parameterCount,
      hiddenNeurons: network.hiddenNeurons,
      ...(task === 'regression' && { lossUnit: targetNormalization === null ? 'target' : 'normalised' }),
      ...loop?.summary,
    };
    this.#trainingMs = 1000 * (this.summary.trainingSeconds ?? 0);
    this.#progressMark = { step: this.#step, trainingMs: this.#trainingMs };
  }

  get progress(): Progress {
    return this.#plan.progressAt(this.#step);
  }

  async train(): Promise<Ending> {
    const { mailbox } = this.#tools;
    this.#begin();
    for (;;) {
      const stop = await mailbox.wait();
      if (stop) return this.#stop(stop);
      if (this.#isEpochEndDue()) await this.#endEpoch();
      else if (this.#isLastEvaluationDue()) await this.#evaluateLast();
      else if (this.#isTestDue()) await this.#test();
      else if (this.#verdicts.isDue(this.#step, this.#isOver)) await this.#judge();
      else if (mailbox.takeInspect()) await this.#glance();
      else if (this.#isOver) return this.#succeed();
      else if (!mailbox.isHeld) await this.#trainChunk();
    }
  }

  #begin(): void {
    const { progress, summary } = this;
    this.#tools.report({ type: 'started', engine: this.#network.engine, progress, summary: { ...summary } });
    const { attempt } = this.#order;
    if (attempt > 1)
      this.#reportEvent({
        code: 'RUN_RESUMED',
        level: 'info',
        message: `Attempt ${attempt} resumed at step ${this.#step} of ${this.#plan.steps}.`,
        data: { attempt, step: this.#step },
      });
  }

  async #trainChunk(): Promise<void> {
    const isSingle = this.#verdicts.wantsSingleStep;
    const most = Math.min(this.#pace.steps, this.#verdicts.mostSteps(this.#step));
    const chunk = this.#plan.chunkAt(this.#step, most);
    const learningRates = this.#scheduler.rates(this.#step, chunk.steps);
    const startedAt = performance.now();
    const result = await this.#network.train({ indices: chunk.indices, batchSize: chunk.batchSize, learningRates });
    const milliseconds = performance.now() - startedAt;
    this.#trainingMs += milliseconds;
    // A step on its own costs more than one among many, and says nothing about the pace.
    if (!isSingle && chunk.batchSize === this.#spec.training.batchSize) this.#pace.measured(chunk.steps, milliseconds);

    this.#verdicts.watch(this.#step, learningRates, result);
    this.#measure(chunk, learningRates, result);
    this.#activity.add(this.#step, result);
    this.#reportMetrics();
    this.#reportSnapshot(false);
    this.#reportProgress();
    if (performance.now() - this.#checkpointAt >= 1000 * this.#spec.telemetry.checkpointEverySeconds)
      this.#checkpoint(false);
  }

  /** Advances step by step, so that sums do not depend on how the steps were cut into chunks. */
  #measure(
    { steps, batchSize }: PlannedChunk,
    learningRates: Float64Array,
    { losses, correct, gradientNorms }: ChunkResult,
  ): void {
    for (let k = 0; k < steps; k++) {
      this.#step += 1;
      const loss = losses[k] as number;
      const isFirstBad = !Number.isFinite(loss);
      // The bad step gets a separate point, so it does not spoil the mean of the good ones before it.
      if (isFirstBad) this.#windows.close(this.#step - 1);
      this.#windows.add(this.#step, {
        loss,
        learningRate: learningRates[k] as number,
        gradientNorm: gradientNorms[k] as number,
        accuracy: this.#hasAccuracy ? (correct[k] as number) / batchSize : null,
      });
      if (isFirstBad) this.#diverge('loss', learningRates[k] as number);
      this.#lastLoss = loss;
      this.#epoch.sum += loss * batchSize;
      if (this.#epoch.correct !== undefined) this.#epoch.correct += correct[k] as number;
      this.#epoch.samples += batchSize;
    }
  }

  #isEpochEndDue(): boolean {
    return this.#step === (this.#epochsEnded + 1) * this.#plan.stepsPerEpoch;
  }

  /** If an order interrupts this, it is repeated later. */
  async #endEpoch(): Promise<void> {
    const hasValidation = this.#scorer.part === 'validation';
    const validation = hasValidation ? await this.#evaluate() : null;
    if (hasValidation && validation === null) return;

    const { reported } = this.#order;
    // Without validation, only a later metric shows that the last attempt got past this epoch.
    const wasReported = hasValidation ? this.#step <= reported.epochMetrics : this.#step < reported.metrics;
    const { sum, correct, samples } = this.#epoch;
    const hasReducedRate = this.#scheduler.endEpoch(validation ? (validation.loss ?? Number.NaN) : sum / samples);
    if (hasReducedRate && !wasReported) {
      const { rate: learningRate } = this.#scheduler.state;
      this.#reportEvent({
        code: 'LEARNING_RATE_REDUCED',
        level: 'info',
        message: `The loss reached a plateau. The learning rate is now ${learningRate}.`,
        data: { learningRate },
      });
    }
    this.summary.epochLoss = finiteOrNull(sum / samples);
    if (this.#hasAccuracy && correct !== undefined) this.summary.epochAccuracy = correct / samples;
    this.#epochsEnded += 1;
    this.#compareEpoch(validation);
    if (this.#best.isExhausted && this.#step < this.#plan.steps) {
      this.#windows.close(this.#step);
      this.#reportMetrics();
      if (!wasReported) this.#reportEvent(this.#best.describeStop(this.#epochsEnded, this.#spec.training.epochs));
    }
    if (validation) this.#reportScores(validation);
    this.#epoch = { ...NOTHING_SEEN };
  }

  #compareEpoch(validation: Evaluation | null): void {
    const { epochLoss: loss = null } = this.summary;
    const { loss: valLoss = null, accuracy: valAccuracy = null } = validation ?? {};
    if (!this.#best.endEpoch(this.#epochsEnded, this.#step, { loss, valLoss, valAccuracy })) return;
    this.summary.bestStep = this.#step;
    if (validation) this.summary.bestValLoss = valLoss;
    if (valAccuracy !== null) this.summary.bestValAccuracy = valAccuracy;
    const weights = { ...this.#network.readState(), slots: new Float32Array() };
    this.#unsavedBest = { step: this.#step, epoch: this.#epochsEnded, state: this.#encode(weights, null) };
    if (this.#tester) this.#bestWeights = weights;
  }

  /** Without validation, and where an earlier attempt was stopped after it validated the last epoch. */
  #isLastEvaluationDue(): boolean {
    return this.#isOver && this.evaluation?.step !== this.#step;
  }

  async #evaluateLast(): Promise<void> {
    const evaluation = await this.#evaluate();
    if (evaluation) this.#reportScores(evaluation);
  }

  /** Null where an order to stop came in between. */
  async #evaluate(): Promise<Evaluation | null> {
    const scores = await this.#score(this.#scorer);
    return scores && { step: this.#step, ...scores, test: null };
  }

  async #score(scorer: Scorer): Promise<Scores | null> {
    const measured = await evaluate(this.#network, scorer.indices, this.#tools.mailbox);
    return measured && scorer.score(measured);
  }

  #isTestDue(): boolean {
    return this.#isOver && this.#tester !== null && this.evaluation !== null && this.evaluation.test === null;
  }

  /** Test rows decide nothing, so they are looked at once. If an order interrupts this, it is repeated later. */
  async #test(): Promise<void> {
    const { evaluation } = this;
    if (!this.#tester || !evaluation) return;
    const scores = await this.#score(this.#tester);
    if (!scores) return;
    const best = this.#bestWeights;
    // A checkpoint of another epoch than the best one is of an attempt that was killed after it.
    if (best && best.step === this.#best.state.best?.step) {
      const ofBest = best.step === this.#step ? scores : await this.#scoreAt(best, this.#tester);
      if (!ofBest) return;
      const { loss: bestTestLoss, accuracy, r2 } = ofBest;
      Object.assign(this.summary, {
        bestTestLoss,
        ...(accuracy === null ? { bestTestR2: r2 } : { bestTestAccuracy: accuracy }),
      });
    }
    this.evaluation = { ...evaluation, test: scores };
    const { loss: testLoss, accuracy, r2 } = scores;
    Object.assign(this.summary, { testLoss, ...(accuracy === null ? { testR2: r2 } : { testAccuracy: accuracy }) });
  }

  /** With other weights, and back to the present ones. */
  async #scoreAt(state: NetworkState, scorer: Scorer): Promise<Scores | null> {
    const present = this.#network.readState();
    this.#network.writeState(state);
    try {
      return await this.#score(scorer);
    } finally {
      this.#network.writeState(present);
    }
  }

  #reportScores(evaluation: Evaluation): void {
    const { part, loss, accuracy, r2, macroF1 } = evaluation;
    const validation =
      part === 'validation' ? { valLoss: loss, ...(accuracy !== null && { valAccuracy: accuracy }) } : {};
    this.evaluation = evaluation;
    Object.assign(this.summary, validation, accuracy === null ? { r2 } : { macroF1 });
    if (this.#step > this.#order.reported.epochMetrics)
      this.#reportPoint({ ...validation, ...scoreMetrics(evaluation) });
  }

  get #isOver(): boolean {
    return this.#step === this.#plan.steps || this.#best.isExhausted;
  }

  /**
   * After a kill, the steps since the checkpoint are judged again, because later verdicts continue from these; what was
   * stored of them is not reported again.
   */
  async #judge(): Promise<void> {
    const verdict = await this.#verdicts.take(this.#step, this.#isOver);
    if (verdict) this.#accept(verdict);
  }

  /** A verdict on request; never twice for one step. */
  async #glance(): Promise<void> {
    if (this.#step <= this.#judgedAt) return;
    const verdict = await this.#verdicts.glance(this.#step);
    if (verdict) this.#accept(verdict);
  }

  #accept(verdict: Verdict): void {
    if (!verdict.neurons.finite) this.#diverge('weights', this.#scheduler.rateAt(this.#step));
    Object.assign(this.summary, verdict.activity);
    if (this.#step <= this.#judgedAt) return;
    this.#judgedAt = this.#step;
    // The verdict comes last, like the validation loss above. If the attempt is killed in between, reports are repeated
    // but never missing.
    this.#reportPoint(verdict.metrics);
    for (const event of verdict.events) this.#reportEvent(event);
    const { neurons, evidence, histograms } = verdict;
    this.#tools.report({ type: 'verdict', step: this.#step, ...packIfMany(neurons), evidence, histograms });
  }

  #stop(order: StopOrder): Ending {
    const isCancelled = order === 'cancel';
    if (isCancelled) {
      this.#windows.close(this.#step);
      this.#reportMetrics();
    }
    this.#checkpoint(isCancelled);
    this.#reportSnapshot(true);
    this.#refreshSummary();
    return ENDINGS[order];
  }

  #succeed(): Ending {
    this.#reportSnapshot(true);
    this.summary.samplesPerSecond = rate(this.#plan.samplesBefore(this.#step), this.#trainingMs);
    this.summary.trainingSeconds = this.#trainingMs / 1000;
    this.#checkpoint(true);
    return 'succeeded';
  }

  #diverge(what: 'loss' | 'weights', learningRate: number): never {
    this.#reportMetrics();
    // The last verdict was on finite weights, and says nothing about the neurons from here on.
    if (this.#network.hiddenNeurons > 0) {
      Object.assign(this.summary, { activeFraction: null, deadNeurons: null });
      this.#reportPoint(unknownActivityMetrics(this.#network.hiddenLayers));
    }
    if (this.#unsavedBest) {
      const { keepCheckpoints: keep } = this.#spec.telemetry;
      this.#tools.report({ type: 'checkpoint', ...this.#unsavedBest, isFinal: false, isBest: true, keep, best: null });
    }
    const { bestStep = null } = this.summary;
    const diverged = new Diverged(
      { step: this.#step, lossBefore: this.#lastLoss, learningRate, what, bestStep },
      this.#spec,
    );
    this.#reportEvent(diverged.event);
    throw diverged;
  }

  #reportEvent(event: RunEvent): void {
    this.#tools.report({ type: 'event', step: this.#step, event });
  }

  #reportMetrics(): void {
    const columns = this.#windows.take();
    if (columns.steps.length === 0) return;
    for (const [key, values] of Object.entries(columns.values)) this.summary[key as StepMetric] = values.at(-1) ?? null;
    // A window that ends by then was reported by the attempt before, and belongs to the summary all the same.
    const unreported = columnsAfter(columns, this.#order.reported.metrics);
    if (unreported.steps.length > 0) this.#tools.report({ type: 'metrics', ...unreported });
  }

  /** Values measured once, at this step. */
  #reportPoint(values: Record<string, number | null>): void {
    if (Object.keys(values).length === 0) return;
    this.#tools.report({
      type: 'metrics',
      steps: [this.#step],
      values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [value]])),
    });
  }

  /** `isLast`: the final state of the run gets a snapshot, however recent the last one is. */
  #reportSnapshot(isLast: boolean): void {
    if (this.#step <= this.#order.reported.snapshot) return;
    const snapshot = this.#activity.takeSnapshot(isLast);
    if (snapshot) this.#tools.report({ type: 'snapshot', step: this.#step, epoch: this.progress.epoch, ...snapshot });
  }

  #reportProgress(): void {
    if (performance.now() - this.#progressAt < PROGRESS_EVERY_MS) return;
    this.#progressAt = performance.now();
    this.#refreshSummary();
    this.#tools.report({ type: 'progress', progress: this.progress, summary: { ...this.summary } });
  }

  #refreshSummary(): void {
    const { step, trainingMs } = this.#progressMark;
    if (this.#step > step)
      this.summary.samplesPerSecond = rate(
        this.#plan.samplesBefore(this.#step) - this.#plan.samplesBefore(step),
        this.#trainingMs - trainingMs,
      );
    this.#progressMark = { step: this.#step, trainingMs: this.#trainingMs };
    this.summary.trainingSeconds = this.#trainingMs / 1000;
    const { lastPass } = this.#activity;
    if (lastPass) Object.assign(this.summary, this.#verdicts.estimateActivity(lastPass.step, lastPass.counters));
  }

  /** A best epoch that was not stored yet is stored with it, so that none is lost that a resumed run would not repeat. */
  #checkpoint(isFinal: boolean): void {
    this.summary.trainingSeconds = this.#trainingMs / 1000;
    const isBest = this.#best.state.best?.step === this.#step;
    this.#tools.report({
      type: 'checkpoint',
      step: this.#step,
      epoch: this.progress.epoch,
      isFinal,
      isBest,
      state: this.#encode(this.#network.readState(), isFinal ? null : this.#verdicts.judged),
      keep: this.#spec.telemetry.keepCheckpoints,
      best: isBest ? null : this.#unsavedBest,
    });
    this.#unsavedBest = null;
    this.#checkpointAt = performance.now();
  }

  #encode(network: NetworkState, judged: Judged | null): Uint8Array {
    const loop: LoopState = {
      epochsEnded: this.#epochsEnded,
      scheduler: this.#scheduler.state,
      window: this.#windows.state,
      epochLoss: this.#epoch,
      lastLoss: this.#lastLoss,
      best: this.#best.state,
      threads: this.#network.engine.threads ?? 1,
      summary: this.summary,
    };
    return encodeCheckpoint({ preprocessing: this.#preprocessing, network, loop, judged });
  }
}

const rate = (samples: number, milliseconds: number): number | null =>
  milliseconds > 0 ? (1000 * samples) / milliseconds : null;

/** The points after `step`. */
function columnsAfter(columns: MetricColumns, step: number): MetricColumns {
  const first = columns.steps.findIndex((end) => end > step);
  const from = first === -1 ? columns.steps.length : first;
  return {
    ...columns,
    steps: columns.steps.slice(from),
    values: Object.fromEntries(Object.entries(columns.values).map(([key, values]) => [key, values.slice(from)])),
  };
}
