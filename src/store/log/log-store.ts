/** What runs report, as the service sees it in the store: logs, metrics, snapshots, checkpoints and verdicts. */
import type { CheckpointReport, PackedNeurons, ReportedSteps, VerdictReport } from '../../schemas/index.ts';
import type {
  CheckpointInfo,
  Evaluation,
  Failure,
  MetricColumns,
  MetricSeries,
  NeuronHealth,
  NeuronState,
  Neurons,
  Progress,
  RunEngine,
  RunEvent,
  RunStatus,
  SnapshotHeader,
  Spacing,
  StepTimes,
  StreamMessage,
  Summary,
  VerdictHistograms,
} from '../../vocabulary/index.ts';
import type { Lease } from '../runs/run-store.ts';

/** A report that is ready for the log, where it gets its `seq` and `at`. */
export type LogEntry =
  | ({ type: 'metrics'; step: number } & MetricColumns)
  | { type: 'event'; step: number; event: RunEvent }
  | ({ type: 'checkpoint' } & CheckpointReport)
  | ({ type: 'verdict' } & VerdictReport)
  | { type: 'snapshot'; step: number; header: Omit<SnapshotHeader, 'seq'>; data: Float32Array };

/** What a socket sends: text messages, and snapshots as binary frames. */
export type LogRecord = { seq: number } & (
  { kind: 'message'; message: StreamMessage } | { kind: 'snapshot'; step: number; frame: Uint8Array }
);

/** What an append changes in the run's row. */
export interface LogChange {
  progress?: Progress;
  summary?: Summary;
  evaluation?: Evaluation;
  engine?: RunEngine;
  to?: RunStatus;
  error?: Failure | null;
}

export interface RunLog {
  /**
   * In one transaction, numbers and writes the entries, updates the run's progress and results, and changes its state
   * to `to` if given. `to` adds a status message as the last record; it can be `running`, when the engine becomes
   * known. Metrics have the step of their last point. The rows of verdicts and checkpoints are part of the transaction;
   * a verdict has no message in the log. Returns the written records in order. Returns null, and writes nothing, if the
   * lease is no longer valid.
   *
   * `after`: the last seq of the log as the writer knows it. With it, an append that has failed may be sent again: one that
   * was committed all the same, then or later, is not written twice, and what it wrote is returned.
   */
  append(lease: Lease, entries: readonly LogEntry[], change: LogChange, after?: number): Promise<LogRecord[] | null>;
  /** Records with seq > since, in order; at most `limit`. */
  read(runId: string, since: number, limit: number): Promise<LogRecord[]>;
  /**
   * Records with `after` < seq <= `to`, in order; fewer if they have more than about `maxBytes`, but at least one. The `to`
   * of the answer is how far it has everything, and `end` the last seq of the log at that moment: 0 if there is no such
   * run.
   */
  page(
    runId: string,
    after: number,
    to: number,
    maxBytes: number,
  ): Promise<{ records: LogRecord[]; to: number; end: number }>;
  lastSeq(runId: string): Promise<number>;
  /** Of those runs that there are. */
  lastSeqs(runIds: readonly string[]): Promise<Map<string, number>>;
  events(
    runId: string,
    after: number,
    limit: number,
  ): Promise<{ data: (StreamMessage & { type: 'event' })[]; hasMore: boolean }>;
  /** `metrics`: the last step of columns with `loss`. `epochMetrics`: the last step of columns without it. */
  reportedSteps(runId: string): Promise<ReportedSteps>;
}

export interface MetricsSelection {
  keys?: string[];
  fromStep?: number;
  toStep?: number;
  points: number | 'all';
  spacing?: Spacing;
  smoothing?: number;
  smoothingRange?: number;
}

/** Every key if `keys` is absent. */
export type MetricRowsSelection = Pick<MetricsSelection, 'keys' | 'fromStep' | 'toStep'>;
/** Columns of equal length, one per key. Null: not finite. Undefined: nothing was reported at this step. */
export interface MetricRows {
  steps: number[];
  values: (number | null | undefined)[][];
}

/** A series of any length. */
export interface LongSeries {
  key: string;
  /** As in a MetricSeries. */
  every: number | null;
  /** A new reading of its points, in order of step; null is not finite. */
  points: () => AsyncIterable<{ steps: number[]; values: (number | null)[] }>;
  /** A new reading of the smoothed curve at the same steps, if one was asked for. */
  smoothed: (() => AsyncIterable<(number | null)[]>) | null;
}

export interface MetricStore {
  /**
   * Series by key; every key if `keys` is absent. `points`: downsampled to about this many, keeping minima and maxima,
   * or 'all'. `smoothing`: each series also has its smoothed curve, see Smoother; `smoothingRange` is in steps, and
   * without it each series' own range.
   */
  read(runId: string, query: MetricsSelection): Promise<Record<string, MetricSeries>>;
  /** The same with every point, read as it is asked for. Null where the points are so few that `read` can return them. */
  readLong(runId: string, query: Omit<MetricsSelection, 'points' | 'spacing'>): Promise<LongSeries[] | null>;
  /** Of the finite values of one key within the steps; null if there are none. */
  mean(runId: string, key: string, range: { fromStep: number; toStep: number }): Promise<number | null>;
  /**
   * One row per step, every point, in order of step; `keys` are its columns. It is read as it is asked for, so any
   * number of points takes little memory.
   */
  rows(runId: string, selection: MetricRowsSelection): Promise<{ keys: string[]; batches: AsyncIterable<MetricRows> }>;
  /** At most about `points` of the steps at which the run reported metrics. */
  times(runId: string, points: number): Promise<StepTimes>;
}

export interface SnapshotStore {
  /**
   * Binary frames in order of step. `points`: about this many of the matching frames, evenly spaced, including the
   * first and the last.
   */
  read(
    runId: string,
    query: { fromStep?: number; toStep?: number; limit: number; points?: number },
  ): AsyncIterable<Uint8Array>;
}

export interface CheckpointStore {
  list(runId: string): Promise<CheckpointInfo[]>;
  latest(runId: string): Promise<(CheckpointInfo & { state: Uint8Array }) | null>;
  /** Of the best epoch so far; null if the run has stored none. */
  best(runId: string): Promise<(CheckpointInfo & { state: Uint8Array }) | null>;
  at(runId: string, step: number): Promise<(CheckpointInfo & { state: Uint8Array }) | null>;
}

export interface Verdict {
  step: number;
  neurons: Neurons;
  evidence: unknown;
}
/** Neurons of one layer, neighbours in order. */
export interface NeuronBatch {
  layer: number;
  neurons: NeuronHealth[];
}
export interface OpenVerdict {
  /** Without neurons. */
  head: Neurons;
  /** In order, from the neuron on that is at this place of this layer. */
  batches: (from?: { layer: number; neuron: number }) => AsyncIterable<NeuronBatch>;
}
export interface VerdictStore {
  /**
   * The newest verdict at or before `step`, or the newest of all if `step` is absent. `states`: of a large network only the
   * neurons in these states.
   */
  at(runId: string, step?: number, states?: readonly NeuronState[]): Promise<Verdict | null>;
  /** The same, with the neurons of a large network in binary. */
  packed(runId: string, step: number): Promise<Neurons | PackedNeurons | null>;
  /** The same, with the neurons read as they are asked for. */
  open(runId: string, step?: number): Promise<OpenVerdict | null>;
  /** Without the neurons of large networks. */
  all(runId: string): Promise<Verdict[]>;
  /** Those of every verdict that has some, in order of step. */
  histograms(
    runId: string,
    query: { fromStep?: number; toStep?: number },
  ): Promise<(VerdictHistograms & { step: number })[]>;
}
