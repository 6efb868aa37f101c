/** The store: what the rest of the service sees of the database. One file per aggregate implements each part. */
import type pg from 'pg';
import type { StoredDataset, ToldSteps } from '../schemas/index.ts';
import type {
  DatasetInfo,
  EngineInfo,
  Failure,
  JobSpec,
  MetricColumns,
  Neurons,
  Progress,
  Run,
  RunEvent,
  RunPatch,
  RunStatus,
  SnapshotHeader,
  StreamMessage,
  Summary,
} from '../vocabulary/index.ts';

export interface Page<T> {
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

export interface RunQuery {
  status?: RunStatus[];
  experiment?: string;
  tag?: string;
  /** Free text, searched in name, notes, experiment and tags. */
  q?: string;
  /**
   * `createdAt` or a summary metric, `-` in front for descending; default `-createdAt`. Runs without the metric come
   * last.
   */
  orderBy?: string;
  /** A cursor of an earlier page. */
  after?: string;
  limit: number;
}

/** Why a run changes state; the change happens only where the run is in one of `from`. Final states never change. */
export interface Transition {
  from: readonly RunStatus[];
  to: RunStatus;
  error?: Failure | null;
  progress?: Progress;
  summary?: Summary;
  engine?: EngineInfo;
}

/**
 * A run that a worker has just taken up. An attempt that ends abandoned, without the run's progress passing
 * `furthestStep`, is stalled;
 * the count starts again at 0 with any progress, and when a run is paused or handed back in order.
 */
export interface ClaimedRun extends Run {
  furthestStep: number;
  stalledAttempts: number;
}

/** An order to the worker that holds a run, kept in the run's row until the run leaves `running` in order. */
export type StopRequest = 'pause' | 'cancel';

/**
 * A worker that holds a run: every write of a run's log carries it, and is refused once another worker has taken the
 * run up.
 */
export interface Lease {
  runId: string;
  attempt: number;
}

/** Where the messages of runs come from. `trained`: from a worker of ours, by a job. */
export const RUN_SOURCES = ['trained'] as const;
export type RunSource = { kind: (typeof RUN_SOURCES)[number]; spec: JobSpec; progress: Progress };

export interface RunStore {
  /** A new run in `queued`; its status message is the first of its log. Whether it waits is for the queue to decide. */
  create(source: RunSource): Promise<Run>;
  get(runId: string): Promise<Run | null>;
  /** What the queue asks for often, without the rows of inline data. */
  state(runId: string): Promise<{ status: RunStatus; priority: number } | null>;
  /**
   * Wrong `orderBy` or `after`: INVALID_REQUEST. Inline rows longer than 16 KiB deflated are left out of
   * `spec.dataset`; `get` has them.
   */
  list(query: RunQuery): Promise<Page<Run>>;
  patch(runId: string, patch: RunPatch): Promise<Run | null>;
  /** Removes the run and all that it stored, one statement per table. */
  delete(runId: string): Promise<boolean>;
  /** Compare and set, together with its status message in the log. Null where the run is not in `from` (or is gone). */
  transition(runId: string, change: Transition): Promise<Run | null>;
  /**
   * queued -> running with `attempt + 1` and its status message; null where another worker was faster, or it is no
   * longer queued. Counts as a sign of life.
   */
  claim(runId: string, workerId: string): Promise<ClaimedRun | null>;
  /**
   * A sign of life of the worker for the runs that it holds. Answers those that it still holds, with what is asked of
   * it; one that is missing was lost.
   */
  renew(
    workerId: string,
    runIds: readonly string[],
  ): Promise<{ id: string; attempt: number; request: StopRequest | null }[]>;
  /**
   * Asks the worker that holds the run to stop; a pause does not replace a cancel. False where the run is not running.
   */
  request(runId: string, order: StopRequest): Promise<boolean>;
  /**
   * Running runs without a sign of life for `silentMs` go back to `queued`; their ids. 0: all of them (embedded start,
   * where one process holds every run).
   */
  requeueAbandoned(silentMs: number): Promise<string[]>;
  /** Queued runs ahead of this one; null unless it is queued. */
  position(runId: string): Promise<number | null>;
  /** Every queued run, next first: higher priority, then earlier submission. */
  queued(): Promise<{ id: string; priority: number }[]>;
  counts(): Promise<Record<RunStatus, number>>;
}

/** A report that is ready for the log; it gets its `seq` and `at` there. */
export type LogEntry =
  | ({ type: 'metrics'; step: number } & MetricColumns)
  | { type: 'event'; step: number; event: RunEvent }
  | { type: 'checkpoint'; step: number; epoch: number; isFinal: boolean; state: Uint8Array }
  | { type: 'verdict'; step: number; neurons: Neurons; evidence: unknown }
  | { type: 'snapshot'; step: number; header: Omit<SnapshotHeader, 'seq'>; data: Float32Array };

/** What a socket reads: text messages, and snapshots as ready binary frames. */
export type LogRecord = { seq: number } & (
  { kind: 'message'; message: StreamMessage } | { kind: 'snapshot'; step: number; frame: Uint8Array }
);

export interface RunLog {
  /**
   * One transaction: numbers the entries, writes them, updates the run's progress and summary, and makes `to` its state
   * where given.
   * `to` (also `running`, once the engine is known) adds a status message as the last record. Metrics take the step of
   * their last point.
   * Returns what was written, in order; null (and nothing written) where the lease is no longer valid.
   * A verdict and its own table row share the transaction, and so does a checkpoint; a verdict gets no message in the
   * log.
   */
  append(
    lease: Lease,
    entries: readonly LogEntry[],
    change: { progress?: Progress; summary?: Summary; engine?: EngineInfo; to?: RunStatus; error?: Failure | null },
  ): Promise<LogRecord[] | null>;
  /** Records with seq > since, in order; at most `limit`. */
  read(runId: string, since: number, limit: number): Promise<LogRecord[]>;
  lastSeq(runId: string): Promise<number>;
  events(
    runId: string,
    after: number,
    limit: number,
  ): Promise<{ data: (StreamMessage & { type: 'event' })[]; hasMore: boolean }>;
  /** `metrics`: the last step of columns that hold `loss`; `epochMetrics`: of those that do not. */
  told(runId: string): Promise<ToldSteps>;
}

export interface MetricStore {
  /**
   * Series by key, of all keys where `keys` is absent. `points`: min/max-preserving downsampling to about this many;
   * 'all' for every one.
   */
  read(
    runId: string,
    query: { keys?: string[]; fromStep?: number; toStep?: number; points: number | 'all' },
  ): Promise<Record<string, { steps: number[]; values: (number | null)[] }>>;
}

export interface SnapshotStore {
  /**
   * Binary frames in order of step. `points`: about this many of those that match, evenly chosen, the first and the last
   * among them.
   */
  read(
    runId: string,
    query: { fromStep?: number; toStep?: number; limit: number; points?: number },
  ): AsyncIterable<Uint8Array>;
}

export interface CheckpointInfo {
  step: number;
  epoch: number;
  bytes: number;
  isFinal: boolean;
  createdAt: string;
}
export interface CheckpointStore {
  list(runId: string): Promise<CheckpointInfo[]>;
  latest(runId: string): Promise<(CheckpointInfo & { state: Uint8Array }) | null>;
}

export interface Verdict {
  step: number;
  neurons: Neurons;
  evidence: unknown;
}
export interface VerdictStore {
  /** The newest verdict at or before `step`; the newest of all where absent. */
  at(runId: string, step?: number): Promise<Verdict | null>;
  all(runId: string): Promise<Verdict[]>;
}

export interface DatasetStore {
  create(name: string | null, data: StoredDataset): Promise<DatasetInfo>;
  list(): Promise<DatasetInfo[]>;
  /** Without the data. */
  info(id: string): Promise<DatasetInfo | null>;
  get(id: string): Promise<{ info: DatasetInfo; data: StoredDataset } | null>;
  delete(id: string): Promise<boolean>;
}

/** The client's key, within a scope: the same key in another scope is another answer. */
export interface AnswerKey {
  scope: string;
  /** Printable ASCII. */
  key: string;
}

/** Answers kept for `Idempotency-Key`, for 24 hours. */
export interface AnswerStore {
  /**
   * 'new': go on, then `keep`. 'conflict': same key, other body. 'pending': the first request is still being answered.
   */
  begin(
    key: AnswerKey,
    bodyHash: string,
  ): Promise<
    { state: 'new' } | { state: 'conflict' } | { state: 'pending' } | { state: 'kept'; status: number; body: string }
  >;
  keep(key: AnswerKey, status: number, body: string): Promise<void>;
  /** The request failed: the key can be used again. */
  forget(key: AnswerKey): Promise<void>;
}

/**
 * Goes to all processes on the same database, this one included. It is only a hint; the database is the truth.
 * The store itself tells `appended` after every committed write to a run's log, whoever made it (append, transition,
 * claim ...).
 * `missed`: the connection to the server was lost for a while, and with it perhaps hints: read again what you follow.
 */
export type Hint =
  | { type: 'appended'; runId: string; seq: number }
  | { type: 'queued'; runId: string }
  | { type: 'control'; runId: string; order: StopRequest | 'inspect' }
  | { type: 'missed' };

export interface Store {
  readonly kind: 'embedded' | 'server';
  /** For pg-boss and for health checks. */
  readonly pool: pg.Pool;
  readonly runs: RunStore;
  readonly log: RunLog;
  readonly metrics: MetricStore;
  readonly snapshots: SnapshotStore;
  readonly checkpoints: CheckpointStore;
  readonly verdicts: VerdictStore;
  readonly datasets: DatasetStore;
  readonly answers: AnswerStore;
  /**
   * LISTEN/NOTIFY on a server; inside the process where embedded. Listeners are called after the write that they are
   * told of has returned.
   */
  publish(hint: Hint): Promise<void>;
  subscribe(listener: (hint: Hint) => void): () => void;
  close(): Promise<void>;
}
