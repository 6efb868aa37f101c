/** Runs, as the service sees them in the store. */
import type { Blob } from '../../schemas/index.ts';
import type {
  Change,
  Evaluation,
  Failure,
  JobSpec,
  Progress,
  Run,
  RunEngine,
  RunGroups,
  RunPatch,
  RunStatus,
  Summary,
  SummaryKey,
} from '../../vocabulary/index.ts';
import type { Sight } from '../people/project-store.ts';
import type { Origin, Page } from '../store.ts';

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
 * A run that a worker has just claimed. An attempt is stalled if it is cut off before the run gets past `furthestStep`
 * or has a newer checkpoint. The count returns to 0 with any progress, and when a run is paused or returned to the queue properly.
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
