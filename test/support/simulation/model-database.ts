/**
 * What the database does with runs and their logs, statement by statement, as a small model in memory: thousands of times
 * faster than the real one, and checked against it (`test/simulation/model.test.ts`). Each method is one statement or
 * transaction.
 */
import type { ReportedSteps } from '../../../src/schemas/index.ts';
import { isFinal, type JobSpec, type Progress, type Run, type RunStatus } from '../../../src/vocabulary/index.ts';
import { toRecord, toRow, type MessageRow } from '../../../src/store/log/log-records.ts';
import type {
  ClaimedRun,
  Lease,
  LogEntry,
  LogRecord,
  LogChange,
  RunLog,
  Store,
  StopRequest,
  Transition,
} from '../../../src/store/store.ts';

type Logged = Exclude<LogEntry, { type: 'verdict' }>;

/** A mechanism that is missing, to show that the search finds out. */
export type Defect =
  | 'appends without a look at the attempt'
  | 'appends without a look at what was written before'
  | 'claims of runs that others have claimed'
  | 'claims that keep the attempt'
  | 'transitions from any state'
  | 'transitions of any attempt'
  | 'requeues of runs whose worker lives'
  | 'pages that say more than they have'
  | 'hints that are the only news'
  | 'states that go while a checkpoint refers to them'
  | 'states that go when an append fails';

export interface ModelRow {
  id: string;
  spec: JobSpec;
  status: RunStatus;
  attempt: number;
  workerId: string | null;
  heartbeatAt: number;
  request: StopRequest | null;
  progress: Progress;
  summary: Run['summary'];
  error: Run['error'];
  engine: Run['engine'];
  lastSeq: number;
  snapshots: number;
  stalledAttempts: number;
  furthestStep: number;
  keptStep: number;
  messages: MessageRow[];
  /** By their names. */
  states: Map<string, Uint8Array>;
  checkpoints: { step: number; epoch: number; isFinal: boolean; isBest: boolean; stateName: string; bytes: number }[];
}

/** A row that was changed, whose log has grown up to `seq`. */
export interface Grown {
  runId: string;
  seq: number;
}

/** Does to a run of a real store what a statement did to the model. */
export type Deed = (store: Store, runId: string) => Promise<unknown>;

export interface Surroundings {
  readonly now: number;
  isPresent(presence: string): boolean;
}

export class ModelDatabase {
  /** Every statement that may have changed something, in order. */
  readonly deeds: Deed[] = [];
  readonly runs = new Map<string, ModelRow>();
  readonly #surroundings: Surroundings;
  readonly defect: Defect | null;

  constructor(surroundings: Surroundings, defect: Defect | null = null) {
    this.#surroundings = surroundings;
    this.defect = defect;
  }

  create(id: string, spec: JobSpec, progress: Progress): Run {
    const row: ModelRow = {
      id,
      spec,
      status: 'queued',
      attempt: 0,
      workerId: null,
      heartbeatAt: 0,
      request: null,
      progress,
      summary: {},
      error: null,
      engine: null,
      lastSeq: 0,
      snapshots: 0,
      stalledAttempts: 0,
      furthestStep: 0,
      keptStep: 0,
      messages: [],
      states: new Map(),
      checkpoints: [],
    };
    this.runs.set(id, row);
    this.#logStatus(row);
    return this.#toRun(row);
  }

  get(id: string): Run | null {
    const row = this.runs.get(id);
    return row ? this.#toRun(row) : null;
  }

  state(id: string): { status: RunStatus } | null {
    const row = this.runs.get(id);
    return row ? { status: row.status } : null;
  }

  /** The first one that waits: it is the model of one project without limits, whose runs have the same priority. */
  claim(workerId: string): ClaimedRun | null {
    this.deeds.push((store) => store.runs.claim(null, workerId));
    const isFree = ({ status }: ModelRow): boolean =>
      status === 'queued' || (this.defect === 'claims of runs that others have claimed' && status === 'running');
    const row = [...this.runs.values()].find(isFree);
    if (!row) return null;
    row.status = 'running';
    if (this.defect !== 'claims that keep the attempt' || row.attempt === 0) row.attempt += 1;
    row.workerId = workerId;
    row.heartbeatAt = this.#surroundings.now;
    this.#logStatus(row);
    const { furthestStep, stalledAttempts, lastSeq } = row;
    return { ...this.#toRun(row), furthestStep, stalledAttempts, lastSeq };
  }

  transition(id: string, change: Transition): Run | null {
    this.deeds.push((store, runId) => store.runs.transition(runId, change));
    const { from, to, error, progress, summary, engine } = change;
    const row = this.runs.get(id);
    if (!row) return null;
    const isSameAttempt =
      change.attempt === undefined || change.attempt === row.attempt || this.defect === 'transitions of any attempt';
    const isAllowed = from.includes(row.status) && !isFinal(row.status) && isSameAttempt;
    if (!isAllowed && this.defect !== 'transitions from any state') return null;
    if (row.status !== 'running' || (to !== 'running' && to !== 'queued')) row.request = null;
    countStalled(row, row.status === 'running' && to === 'queued');
    row.status = to;
    row.progress = progress ?? row.progress;
    row.summary = { ...row.summary, ...summary };
    row.engine = engine ?? row.engine;
    if (error !== undefined) row.error = error;
    if (to !== 'running') row.workerId = null;
    this.#logStatus(row);
    return this.#toRun(row);
  }

  renew(workerId: string, ids: readonly string[]): { id: string; attempt: number; request: StopRequest | null }[] {
    this.deeds.push((store, runId) => store.runs.renew(workerId, [runId]));
    const held = ids.flatMap((id) => this.runs.get(id) ?? []).filter((row) => row.workerId === workerId);
    return held
      .filter(({ status }) => status === 'running')
      .map((row) => {
        row.heartbeatAt = this.#surroundings.now;
        return { id: row.id, attempt: row.attempt, request: row.request };
      });
  }

  request(id: string, order: StopRequest): boolean {
    this.deeds.push((store, runId) => store.runs.request(runId, order));
    const row = this.runs.get(id);
    if (row?.status !== 'running') return false;
    row.request = row.request === 'cancel' ? 'cancel' : order;
    return true;
  }

  requeueAbandoned(silentMs: number, absentMs: number | null): Grown[] {
    const { now } = this.#surroundings;
    const isAbandoned = ({ heartbeatAt, workerId }: ModelRow): boolean => {
      if (silentMs === 0 || this.defect === 'requeues of runs whose worker lives') return true;
      if (heartbeatAt < now - silentMs) return true;
      if (absentMs === null || heartbeatAt >= now - absentMs) return false;
      const presence = workerId?.split('/')[0] ?? '';
      return presence.startsWith('process_') && !this.#surroundings.isPresent(presence);
    };
    const abandoned = [...this.runs.values()].filter((row) => row.status === 'running' && isAbandoned(row));
    // What a real one takes for abandoned depends on its clock.
    if (abandoned.length > 0) this.deeds.push((store) => store.runs.requeueAbandoned(0));
    return abandoned.map((row) => {
      countStalled(row, true);
      row.status = 'queued';
      row.workerId = null;
      this.#logStatus(row);
      return { runId: row.id, seq: row.lastSeq };
    });
  }

  storeState(id: string, name: string, state: Uint8Array): void {
    this.runs.get(id)?.states.set(name, state);
  }
  dropState(id: string, name: string): void {
    this.runs.get(id)?.states.delete(name);
  }

  /** The transaction of an append, whose states are stored already. Null: the lease is not valid, or the log has grown. */
  append(
    { runId, attempt }: Lease,
    entries: readonly LogEntry[],
    change: LogChange,
    after: number | undefined,
    stateNames: readonly string[],
  ): LogRecord[] | null {
    this.deeds.push((store, id) => store.log.append({ runId: id, attempt }, entries, change, after));
    const row = this.runs.get(runId);
    if (row?.status !== 'running') return null;
    if (row.attempt !== attempt) {
      // The end of the log, which a writer knows too, would give it away as well.
      if (this.defect !== 'appends without a look at the attempt') return null;
    } else if (after !== undefined && row.lastSeq !== after) {
      if (this.defect !== 'appends without a look at what was written before') return null;
    }
    const { to } = change;
    row.progress = change.progress ?? row.progress;
    row.summary = { ...row.summary, ...change.summary };
    row.engine = change.engine ?? row.engine;
    if (change.error !== undefined) row.error = change.error;
    row.heartbeatAt = this.#surroundings.now;
    if (to !== undefined) row.status = to;
    if (to !== undefined && to !== 'running') {
      row.workerId = row.request = null;
      row.stalledAttempts = 0;
      row.furthestStep = Math.max(row.furthestStep, row.progress.step);
    }
    const at = new Date(this.#surroundings.now);
    const first = row.messages.length;
    for (const entry of entries.filter((each): each is Logged => each.type !== 'verdict'))
      row.messages.push(toRow(entry, ++row.lastSeq, at, entry.type === 'snapshot' ? row.snapshots++ : 0));
    if (to !== undefined) this.#logStatus(row);
    let names = 0;
    for (const entry of entries) if (entry.type === 'checkpoint') this.#keep(row, entry, stateNames[names++] ?? '');
    return row.messages.slice(first).map(toRecord);
  }

  /** What an earlier try of an append wrote that finds the log grown; null if none did. */
  writtenBefore(
    { runId, attempt }: Lease,
    entries: readonly LogEntry[],
    { to }: LogChange,
    after: number,
  ): LogRecord[] | null {
    const types: string[] = entries.map(({ type }) => type).filter((type) => type !== 'verdict');
    if (to) types.push('status');
    const rows = this.runs.get(runId)?.messages.slice(after, after + types.length) ?? [];
    const isOwn = ({ type, body }: MessageRow, index: number): boolean => {
      const status = body as { status: RunStatus; attempt: number };
      return type === types[index] && (type !== 'status' || (status.status === to && status.attempt === attempt));
    };
    return rows.length > 0 && rows.length === types.length && rows.every(isOwn) ? rows.map(toRecord) : null;
  }

  lastSeq(id: string): number {
    return this.runs.get(id)?.lastSeq ?? 0;
  }

  read(id: string, since: number, limit: number): LogRecord[] {
    const rows = this.runs.get(id)?.messages.filter(({ seq }) => seq > since) ?? [];
    return rows.slice(0, limit).map(toRecord);
  }

  /** Everything fits on a page. */
  page(id: string, after: number, to: number): { records: LogRecord[]; to: number; end: number } {
    const row = this.runs.get(id);
    if (!row) return { records: [], to: after, end: 0 };
    const records = row.messages.filter(({ seq }) => seq > after && seq <= to).map(toRecord);
    if (this.defect === 'pages that say more than they have') records.splice(8);
    return { records, to: Math.max(after, Math.min(to, row.lastSeq)), end: row.lastSeq };
  }

  events(id: string, after: number, limit: number): Awaited<ReturnType<RunLog['events']>> {
    const rows = this.runs.get(id)?.messages.filter(({ seq, type }) => seq > after && type === 'event') ?? [];
    const records = rows.slice(0, limit).map(toRecord);
    const data = records.flatMap((record) =>
      record.kind === 'message' && record.message.type === 'event' ? [record.message] : [],
    );
    return { data, hasMore: rows.length > limit };
  }

  reportedSteps(id: string): ReportedSteps {
    const last = (isMeant: (row: MessageRow) => boolean): number =>
      Math.max(
        -1,
        ...(this.runs
          .get(id)
          ?.messages.filter(isMeant)
          .map(({ step }) => step) ?? []),
      );
    return {
      metrics: last((row) => row.type === 'metrics' && hasLoss(row)),
      epochMetrics: last((row) => row.type === 'metrics' && !hasLoss(row)),
      snapshot: last(({ type }) => type === 'snapshot'),
      verdict: -1,
    };
  }

  newestCheckpoint(id: string): ModelRow['checkpoints'][number] | null {
    return this.runs.get(id)?.checkpoints.at(-1) ?? null;
  }
  stateOf(id: string, name: string): Uint8Array | null {
    return this.runs.get(id)?.states.get(name) ?? null;
  }

  /** As `keepCheckpoint`: the newest, the best and the final one stay, and `keep` others. */
  #keep(row: ModelRow, entry: LogEntry & { type: 'checkpoint' }, stateName: string): void {
    const { step, epoch, isFinal, isBest, keep, state } = entry;
    if (isBest) for (const other of row.checkpoints) other.isBest = false;
    row.checkpoints = row.checkpoints.filter((other) => other.step !== step);
    row.checkpoints.push({ step, epoch, isFinal, isBest, stateName, bytes: state.length });
    row.checkpoints.sort((a, b) => a.step - b.step);
    const newest = row.checkpoints.at(-1);
    const others = row.checkpoints.filter((each) => !each.isFinal && !each.isBest).reverse();
    const gone = new Set(others.slice(keep).filter((each) => each !== newest));
    row.checkpoints = row.checkpoints.filter((each) => !gone.has(each));
    const names = new Set(row.checkpoints.map((each) => each.stateName));
    const isBroken = this.defect === 'states that go while a checkpoint refers to them';
    for (const name of row.states.keys())
      if (isBroken || (name < stateName && !names.has(name))) row.states.delete(name);
  }

  #logStatus(row: ModelRow): void {
    const { status, progress, summary, error, attempt, engine } = row;
    row.messages.push({
      seq: ++row.lastSeq,
      type: 'status',
      step: progress.step,
      at: new Date(this.#surroundings.now),
      body: { status, progress, summary, error, attempt, engine },
      data: null,
    });
  }

  #toRun({ id, spec, status, attempt, progress, summary, error, engine }: ModelRow): Run {
    const { name, experiment, tags, notes, metadata } = spec;
    return {
      id,
      object: 'run',
      project: 'default',
      createdBy: null,
      status,
      source: 'trained',
      spec,
      name,
      experiment,
      tags,
      notes,
      metadata,
      parentId: null,
      change: [],
      engine,
      progress,
      summary,
      error,
      attempt,
      queuePosition: null,
      createdAt: '',
      startedAt: null,
      finishedAt: null,
    };
  }
}

const hasLoss = ({ body }: MessageRow): boolean => (body as { keys: string[] }).keys.includes('loss');

function countStalled(row: ModelRow, isCutOff: boolean): void {
  if (isCutOff) {
    const newest = row.checkpoints.at(-1)?.step ?? 0;
    const isFurther = row.progress.step > row.furthestStep || newest > row.keptStep;
    row.stalledAttempts = isFurther ? 0 : row.stalledAttempts + 1;
    row.keptStep = Math.max(row.keptStep, newest);
  }
  row.furthestStep = Math.max(row.furthestStep, row.progress.step);
}
