/** The store is the only part of the database that the service sees. Each part is implemented by one file. */
import type pg from 'pg';
import type { DiskSpace } from './embedded/disk-space.ts';
import type { AuditStore } from './people/audit-store.ts';
import type { Availability } from './postgres/availability.ts';
import type { CommentStore, ShareLinkStore } from './people/sharing-store.ts';
import type {
  Blob,
  BlobInfo,
  CheckpointReport,
  PackedNeurons,
  StoredDataset,
  ReportedSteps,
  Table,
  VerdictReport,
} from '../schemas/index.ts';
import type {
  Advice,
  ArchiveHead,
  Change,
  CheckpointInfo,
  DatasetInfo,
  DataWarning,
  RunEngine,
  Evaluation,
  ImportAnswer,
  Failure,
  JobSpec,
  MetricColumns,
  MetricSeries,
  NeuronHealth,
  Neurons,
  NeuronState,
  NewView,
  Progress,
  Recipe,
  RecipeCounts,
  Run,
  RunEvent,
  RunGroups,
  RunPatch,
  RunStatus,
  SnapshotHeader,
  Spacing,
  StepTimes,
  StreamMessage,
  Summary,
  SummaryKey,
  Task,
  TrialMetric,
  TrialOutcome,
  TrialsStatus,
  VerdictHistograms,
  View,
  ViewPage,
  ViewPatch,
} from '../vocabulary/index.ts';
import type { AttemptStore, InvitationStore, KeyStore, PeopleStore, SessionStore } from './people/people-store.ts';
import type { ProjectStore, Sight } from './people/project-store.ts';
import type { ErasureStore } from './people/erasure-store.ts';
import type { RateStore } from './people/rate-store.ts';
import type { RetentionStore } from './people/retention-store.ts';
import type { UsageStore } from './people/usage-store.ts';
import type { DeliveryStore, WebhookStore } from './webhooks/webhook-store.ts';

export type * from './people/audit-store.ts';
export type * from './people/people-store.ts';
export type * from './people/project-store.ts';
export type * from './people/rate-store.ts';
export type * from './people/usage-store.ts';
export type * from './people/erasure-store.ts';
export type * from './people/retention-store.ts';
export type * from './webhooks/webhook-store.ts';
export type * from './people/sharing-store.ts';

export interface Page<T> {
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

/** To what a new thing belongs, and who made it; null: nobody was registered. */
export interface Origin {
  project: string;
  createdBy: string | null;
  /** The key of the request that makes it: what was made is noted with the key, in one transaction. */
  answer?: AnswerKey | null;
}

/** Which runs; every condition that is given must hold. */
export interface RunSelection {
  /** Those of these projects; absent or null: of every one. */
  sight?: Sight;
  /** Some of these only. */
  ids?: readonly string[];
  /** The id of a person. */
  createdBy?: string;
  status?: RunStatus[];
  experiment?: string;
  tag?: string;
  /** The id of a run: its children only, trials included. */
  parent?: string;
  /** Without `parent`: whether the runs of trials are listed too; default no. */
  trials?: 'include' | 'exclude';
  /** Free text to search for in name, notes, experiment and tags, and among the names and numbers of the spec. */
  q?: string;
  /** In the grammar of `parseFilter`. */
  filter?: string;
}

export interface RunQuery extends RunSelection {
  /**
   * A field of a run, with `-` in front for descending order; default `-createdAt`. Runs without the value come last.
   */
  orderBy?: string;
  /** The cursor of the previous page. */
  after?: string;
  limit: number;
}

export interface GroupQuery extends RunSelection {
  /** Paths of 1 to 3 fields. */
  by: readonly string[];
  /** The figures to summarise; all of them if absent. */
  keys?: readonly SummaryKey[];
  /** The largest groups only. */
  limit: number;
}

/** A change of state. It happens only if the run is in one of the states `from`. Final states never change. */
export interface Transition {
  from: readonly RunStatus[];
  to: RunStatus;
  /** Only if it is still this attempt. */
  attempt?: number;
  error?: Failure | null;
  progress?: Progress;
  summary?: Summary;
  engine?: RunEngine;
}

/**
 * A run that a worker has just claimed. An attempt is stalled if it is abandoned before the run gets past
 * `furthestStep`. The count returns to 0 with any progress, and when a run is paused or returned to the queue properly.
 */
export interface ClaimedRun extends Run {
  /** The number of the newest message in its log. */
  lastSeq: number;
  furthestStep: number;
  stalledAttempts: number;
}

/** An order to the worker that holds a run, kept in the run's row until the run leaves `running` properly. */
export type StopRequest = 'pause' | 'cancel';

/**
 * A worker's hold on a run. Every write to a run's log carries it, and is refused once another worker has claimed the
 * run.
 */
export interface Lease {
  runId: string;
  attempt: number;
}

/** How many runs of a project, and of a person, may be running at once, unless it has a limit of its own; null: any number. */
export interface ClaimLimits {
  project: number | null;
  person: number | null;
}
export interface ClaimOptions extends ClaimLimits {
  /** Runs that are not trained any more, although they do not say so yet: they do not count for whose turn it is. */
  leaving?: readonly string[];
}
/** How many runs may wait at once, of everybody, and of a project and a person without limits of their own; null: any number. */
export interface Room {
  service: number | null;
  project: number | null;
  person: number | null;
}
/** As many runs wait as may. */
export class NoRoom extends Error {
  readonly of: keyof Room;
  readonly waiting: number;
  readonly limit: number;

  constructor(of: keyof Room, waiting: number, limit: number) {
    super(`${waiting} runs wait, and the limit is ${limit}.`);
    this.of = of;
    this.waiting = waiting;
    this.limit = limit;
  }
}

export interface RunSource {
  kind: Run['source'];
  spec: JobSpec;
  /** What came with the job and is kept apart from it. The job may also name what is kept already. */
  blobs?: readonly Blob[] | undefined;
  progress: Progress;
  /** The run that this one was made from, and what its spec changes against that one's. */
  parent?: { id: string; change: Change[] };
  /** Default: the project `default`, by nobody. */
  origin?: Origin | undefined;
  /** Absent: it is let in, whatever waits. */
  room?: Room | undefined;
}

export interface RunStore {
  /**
   * Creates a run in state `queued`, with its status as the first message of its log, and says how many runs are ahead of
   * it. Throws NoRoom if as many wait as its `room` says, however many are created at once. Throws
   * DATASET_NOT_FOUND if the job names numbers by a hash that is not there.
   */
  create(source: RunSource): Promise<Run>;
  /**
   * Creates the run of one trial, in the project of the run that is tried. Null if it already exists, or if the trials do
   * not exist any more. Throws NoRoom.
   */
  createTrial(source: RunSource, part: { trialsId: string; trial: number }): Promise<Run | null>;
  /** Null too if it is in a project that is not in sight. */
  get(runId: string, sight?: Sight): Promise<Run | null>;
  /** The newest evaluation of its network. */
  evaluation(runId: string): Promise<Evaluation | null>;
  /** What is read often. */
  state(runId: string): Promise<{ status: RunStatus } | null>;
  /**
   * Throws INVALID_REQUEST for an invalid `filter`, `orderBy` or `after`. Inline rows that the run holds itself, if they have more
   * than 16 KiB deflated, are left out of `spec.dataset`; `get` returns them.
   */
  list(query: RunQuery): Promise<Page<Run>>;
  /** The largest groups first. Throws INVALID_REQUEST for an invalid `by` or `filter`. */
  groups(query: GroupQuery): Promise<RunGroups>;
  patch(runId: string, patch: Omit<RunPatch, 'project'>): Promise<Run | null>;
  /** Into another project, with the runs of its trials. Null if there is no such run, or if it is a trial itself. */
  move(runId: string, project: string): Promise<Run | null>;
  /** Removes the run and everything stored for it, with one statement per table. */
  delete(runId: string): Promise<boolean>;
  /** Compare and set, with a status message in the log. Null if the run is not in a state of `from` or was deleted. */
  transition(runId: string, change: Transition): Promise<Run | null>;
  /**
   * queued -> running, with `attempt + 1` and a status message: this run, or without an id the next one. Projects take
   * turns: the next run is of the project of which the fewest are running; of equals, of the one that was served longest
   * ago. Within a project it is the one of the highest priority, then the earliest. Null if there is none, if another
   * worker was faster, or if everybody has as many running as may. Counts as a heartbeat.
   */
  claim(runId: string | null, workerId: string, options?: ClaimOptions): Promise<ClaimedRun | null>;
  /**
   * A heartbeat of the worker for the runs that it holds. Returns the runs that it still holds, with the order for
   * each, if any. A missing run was lost.
   */
  renew(
    workerId: string,
    runIds: readonly string[],
  ): Promise<{ id: string; attempt: number; request: StopRequest | null }[]>;
  /** Asks the worker that holds the run to stop. A pause does not replace a cancel. False if the run is not running. */
  request(runId: string, order: StopRequest): Promise<boolean>;
  /**
   * Returns running runs without a heartbeat for `silentMs` to `queued`, and returns their ids. 0: all running runs,
   * for the start of an embedded database, which only one process uses. `absentMs`: those without a heartbeat for this long
   * whose process is gone too; null: none.
   */
  requeueAbandoned(silentMs: number, absentMs?: number | null): Promise<string[]>;
  /** The number of queued runs ahead of this one; null unless it is queued. */
  position(runId: string): Promise<number | null>;
  /** Of those that are queued. */
  positions(runIds: readonly string[]): Promise<Map<string, number>>;
  counts(): Promise<Record<RunStatus, number>>;
}

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
  append(
    lease: Lease,
    entries: readonly LogEntry[],
    change: {
      progress?: Progress;
      summary?: Summary;
      evaluation?: Evaluation;
      engine?: RunEngine;
      to?: RunStatus;
      error?: Failure | null;
    },
    after?: number,
  ): Promise<LogRecord[] | null>;
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

/**
 * What is tried. Trials are numbered piece by piece, the untouched job first: number / seeds.length, rounded down, is the
 * piece, from 1 on; the remainder is the seed.
 */
export interface TrialsPlan {
  task: Task;
  /** The id of the person who began them, who makes their runs; absent: nobody was registered. */
  by?: string;
  seeds: number[];
  pieces: Advice[];
}
/** How a trial ended. */
export interface TrialResult {
  /** Null if it was skipped. */
  runId: string | null;
  outcome: TrialOutcome;
  isFixed: boolean;
  score: number | null;
  figures: Partial<Record<TrialMetric, number | null>>;
}
export interface StoredTrials {
  id: string;
  runId: string;
  status: TrialsStatus;
  plan: TrialsPlan;
  /** By the number of the trial. */
  results: Record<number, TrialResult>;
  createdAt: string;
  finishedAt: string | null;
}
export interface TrialsStore {
  /**
   * Replaces earlier trials of the run, and deletes their runs. Null if earlier ones are still running. `answer`: the key of
   * the request that begins them.
   */
  begin(runId: string, plan: TrialsPlan, answer?: AnswerKey | null): Promise<StoredTrials | null>;
  get(runId: string): Promise<StoredTrials | null>;
  /** Trials that are running, and cancelled ones of which runs are still to be cancelled. */
  unfinished(): Promise<StoredTrials[]>;
  status(id: string): Promise<TrialsStatus | null>;
  /** The runs that exist, in the order of the trials. */
  parts(id: string): Promise<{ id: string; trial: number; status: RunStatus; step: number; steps: number }[]>;
  /** Adds results; those of the same trial are replaced. */
  keep(id: string, results: Record<number, TrialResult>): Promise<void>;
  /** False if the trials are not running. */
  end(id: string, status: Exclude<TrialsStatus, 'running'>): Promise<boolean>;
}

/** What the files of a data set hold. The values are in row groups. */
export interface DatasetContent {
  table: Table;
  /** Over the row groups and what the columns are. */
  hash: string;
}
/** How a data set is prepared, and what that makes of it. */
export interface DatasetVersion {
  /** `sha256:...` over the content and the recipe. */
  hash: string;
  recipe: Recipe;
  counts: RecipeCounts;
  warnings: DataWarning[];
}
export interface VersionChange {
  name?: string | undefined;
  version?: DatasetVersion | undefined;
}
export interface DatasetUse {
  /** Runs that name it, in any version. */
  runs: number;
  /** Those of them that have not ended. */
  unfinished: number;
}

export interface DatasetStore {
  /**
   * The id of a new data set. `source`: the state of the files of this machine that it is read from. Nothing shows it until it is finished. Whoever begins it touches it every few seconds;
   * otherwise it is swept.
   */
  begin(name: string | null, source?: string | null, origin?: Origin): Promise<string>;
  /** Parts are numbered from 0. */
  addRowGroup(id: string, part: number, bytes: Uint8Array): Promise<void>;
  touch(ids: readonly string[]): Promise<void>;
  /** With its first version. Null if it was swept. */
  finish(
    id: string,
    content: DatasetContent,
    version: DatasetVersion,
    answer?: AnswerKey | null,
  ): Promise<DatasetInfo | null>;
  /** Removes what was begun and not touched for `silentMs`; 0: all of it. Returns how many there were. */
  sweep(silentMs: number): Promise<number>;
  /** The newest version of each, the newest data set first. */
  list(sight?: Sight): Promise<DatasetInfo[]>;
  /** Without the data; the newest version by default. Null too if it is not in sight. */
  info(id: string, version?: number | null, sight?: Sight): Promise<DatasetInfo | null>;
  /** The newest data set of a name among those in sight, of the project `first` if that has one. */
  named(name: string, sight?: Sight, first?: string | null): Promise<DatasetInfo | null>;
  /** What `begin` was given; null for uploads. */
  source(id: string): Promise<string | null>;
  /** Newest first; `runs` counts those of the version that are in sight. */
  versions(id: string, sight?: Sight): Promise<DatasetInfo[]>;
  /** Null too if it was uploaded before there were columns. */
  content(id: string): Promise<DatasetContent | null>;
  version(id: string, version: number): Promise<DatasetVersion | null>;
  rowGroups(id: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  get(id: string, version?: number | null): Promise<{ info: DatasetInfo; data: StoredDataset } | null>;
  /**
   * Changes the name, and the newest version, which must be `from`: in place, or to another one if runs name it. Null if
   * `from` is not the newest version any more.
   */
  change(id: string, from: number, change: VersionChange): Promise<DatasetInfo | null>;
  use(id: string): Promise<DatasetUse>;
  /** Into another project. Null if there is no such data set. */
  move(id: string, project: string): Promise<DatasetInfo | null>;
  /** Whole or not. */
  delete(id: string): Promise<boolean>;
}

/** Long lists of numbers that came with jobs. They stay as long as a run refers to them. */
export interface BlobStore {
  /** Those of these hashes that are there and that a run in sight refers to. */
  find(hashes: readonly string[], sight?: Sight): Promise<Map<string, BlobInfo>>;
  /** Stores those that are not there yet. They are deleted if no run refers to them some minutes later. */
  keep(blobs: readonly Blob[]): Promise<void>;
  /** Puts off the deletion of those that are there, and returns how many are. */
  touch(hashes: readonly string[]): Promise<number>;
  get(hash: string): Promise<Blob | null>;
  /** The parts of a blob, one by one. */
  parts(hash: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Deletes what no run refers to and was not touched for `idleMs`; 0: however long ago. Returns how many. */
  sweep(idleMs?: number): Promise<number>;
}

/** What pages of the dashboard show, saved under names. */
export interface ViewStore {
  create(view: Omit<NewView, 'project'>, origin?: Origin): Promise<View>;
  get(id: string, sight?: Sight): Promise<View | null>;
  /** Oldest first. */
  list(page?: ViewPage, sight?: Sight): Promise<View[]>;
  /** Null if there is no such view. `project` is an id. */
  change(id: string, patch: ViewPatch): Promise<View | null>;
  delete(id: string): Promise<boolean>;
}

/** The client's key and its scope. The same key in another scope is a different request. */
export interface AnswerKey {
  scope: string;
  /** Printable ASCII. */
  key: string;
}

export interface KeptAnswer {
  status: number;
  body: string;
  /** Its header Location. */
  location: string | null;
}

/** Responses kept for `Idempotency-Key`, for 24 hours. */
export interface AnswerStore {
  /**
   * 'new': continue, then call `keep`. 'made': an earlier request created this before its process died or failed; answer with
   * it, then call `keep`. 'conflict': the key was used with another body. 'pending': the first request is still being
   * processed. One whose process is gone is not: its key is free at once, unless it had created something.
   */
  begin(
    key: AnswerKey,
    bodyHash: string,
  ): Promise<
    | { state: 'new' }
    | { state: 'made'; id: string }
    | { state: 'conflict' }
    | { state: 'pending' }
    | ({ state: 'kept' } & KeptAnswer)
  >;
  keep(key: AnswerKey, answer: KeptAnswer): Promise<void>;
  /** The request failed, so the key can be used again. What it had created before stays noted. */
  forget(key: AnswerKey): Promise<void>;
  /** What was made is gone. */
  unmake(key: AnswerKey): Promise<void>;
}

/**
 * Goes to all processes that use the same database, including this one. It is only a hint; the database is the truth.
 * The store itself publishes `appended` after every committed write to a run's log (append, transition, claim ...).
 * `webhooks`: one was added, changed or deleted. `access`: who may do what has changed, so callers and open sockets are looked at again.
 * `missed`: the connection to the server was lost for a while, and hints with it, so listeners must read again what
 * they follow.
 */
export type Hint =
  | { type: 'appended'; runId: string; seq: number }
  | { type: 'queued'; runId: string }
  | { type: 'control'; runId: string; order: StopRequest | 'inspect' }
  | { type: 'webhooks' }
  /** Somebody may see or do less or more than before. */
  | { type: 'access' }
  | { type: 'missed' };

export const ARCHIVE_TABLES = [
  'runs',
  'run_messages',
  'run_parts',
  'checkpoints',
  'verdicts',
  'verdict_parts',
  'trials',
  'datasets',
  'dataset_versions',
  'dataset_parts',
  'blobs',
  'blob_parts',
] as const;
export type ArchiveTable = (typeof ARCHIVE_TABLES)[number];
/** A row without its columns of bytes, and those. */
export interface ArchiveRow {
  table: ArchiveTable;
  row: Record<string, unknown>;
  bytes: Record<string, Uint8Array | null>;
}
/** Why an archive cannot be imported, as the end of a sentence. */
export class ArchiveDamage extends Error {}

/** Runs and data sets of the archive may refer to others here that are in sight of whoever imports it. */
export interface ImportTarget extends Origin {
  sight: Sight;
}

export interface ArchiveStore {
  /**
   * The runs of an experiment with those of their trials, and with `withData` the uploaded data sets that they name; of
   * both those in sight. Null if there is no such run.
   */
  head(experiment: string, withData: boolean, sight?: Sight): Promise<ArchiveHead | null>;
  /** The rows of a table that belong to a run, to trials or to a data set. */
  rows(table: ArchiveTable, owner: string): AsyncIterable<ArchiveRow>;
  /** Stores all of them, or none. Data sets come before runs, and runs before what belongs to them. Throws ArchiveDamage. */
  add(head: ArchiveHead, rows: AsyncIterable<ArchiveRow>, into?: ImportTarget): Promise<ImportAnswer>;
}

export interface Store {
  readonly kind: 'embedded' | 'server';
  /** The name of this process. Others know by it when the process has died. */
  readonly presence: string;
  /** For health checks. */
  readonly pool: pg.Pool;
  readonly runs: RunStore;
  readonly log: RunLog;
  readonly metrics: MetricStore;
  readonly snapshots: SnapshotStore;
  readonly checkpoints: CheckpointStore;
  readonly verdicts: VerdictStore;
  readonly trials: TrialsStore;
  readonly datasets: DatasetStore;
  readonly blobs: BlobStore;
  readonly archives: ArchiveStore;
  readonly views: ViewStore;
  readonly projects: ProjectStore;
  readonly answers: AnswerStore;
  readonly audit: AuditStore;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly rates: RateStore;
  readonly usage: UsageStore;
  readonly erasures: ErasureStore;
  readonly retention: RetentionStore;
  readonly people: PeopleStore;
  readonly sessions: SessionStore;
  readonly keys: KeyStore;
  readonly invitations: InvitationStore;
  readonly attempts: AttemptStore;
  readonly shareLinks: ShareLinkStore;
  readonly comments: CommentStore;
  /**
   * By LISTEN/NOTIFY on a server, within the process if embedded. Listeners are called after the write that caused the
   * hint has returned.
   */
  publish(hint: Hint): Promise<void>;
  subscribe(listener: (hint: Hint) => void): () => void;
  /** Whether the database can be used at the moment, and who is told when that changes. */
  readonly availability: Pick<Availability, 'outage' | 'onChange'>;
  /** Of the disk with the embedded database; null on a server. */
  readonly space: Pick<DiskSpace, 'freeBytes' | 'level' | 'checkRoom'> | null;
  close(): Promise<void>;
}
