/** A run that this process has claimed: its thread, its recorder, its orders, and how it ends. */
import { RunFailure } from '../errors.ts';
import { readCheckpointHeader, type StartOrder, type ThreadReport } from '../schemas/index.ts';
import type { RunStatus } from '../vocabulary/index.ts';
import { dataOf, weightsOf } from '../store/job-data.ts';
import type { ClaimedRun, LogChange, Store, StopRequest } from '../store/store.ts';
import type { Recorder } from '../telemetry/recorder.ts';
import type { Log } from './log.ts';
import type { Assignment, ThreadCrash, TrainingThread } from './training-thread.ts';

/**
 * A run fails after this many thread crashes in a row without progress, and after this many attempts in a row without
 * progress, whatever ended them (including killed processes).
 */
const MOST_CRASHES = 3;
const MOST_STALLED_ATTEMPTS = 10;
/** That are read at once. */
const MOST_EVENTS = 1000;

/** The state of a run after an order. */
const STOPPED_AS = { pause: 'paused', cancel: 'cancelled', yield: 'queued' } as const satisfies Record<
  StopRequest | 'yield',
  RunStatus
>;

export interface HeldRunOptions {
  run: ClaimedRun;
  thread: TrainingThread;
  store: Store;
  /** Creates the run's recorder. It calls back when the thread must wait, and when the lease is lost. */
  openRecorder: (hooks: { onHold: (isHeld: boolean) => void; onLost: () => void }) => Recorder;
  /** Cores that would be idle beside this run. */
  idleCores: () => number;
  log: Log;
}

/** How a held run ended: its new state, or `lost` if another worker has it now, or no one. */
export type Ended = Exclude<RunStatus, 'running'> | 'lost';

export class HeldRun {
  readonly id: string;
  readonly attempt: number;
  /** Resolves when this process no longer holds the run and its new state is in the database. */
  readonly ended: Promise<Ended>;
  readonly #options: HeldRunOptions;
  readonly #recorder: Recorder;
  /** Null until the thread has the run. */
  #assignment: Assignment | null = null;
  #end!: (ended: Ended) => void;
  /** starting: the thread has not started to compute. ending: the last append is in progress. */
  #phase: 'starting' | 'running' | 'ending' | 'ended' = 'starting';
  #step: number;
  /** Of the attempts in a row without progress before this one, those that ended with a crash of the thread. */
  #crashesBefore = 0;

  constructor(options: HeldRunOptions) {
    this.#options = options;
    this.id = options.run.id;
    this.attempt = options.run.attempt;
    this.#step = options.run.progress.step;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#recorder = options.openRecorder({
      onHold: (isHeld) => this.#assignment?.order({ type: isHeld ? 'hold' : 'release' }),
      onLost: () => this.abandon('the log could not be written: the lease was lost, or the database did not respond'),
    });
  }

  /** Its thread is free, or will be at once; what it ended with is being written. */
  get isEnding(): boolean {
    return this.#phase === 'ending';
  }

  async start(): Promise<void> {
    const { run, thread } = this.#options;
    if (run.stalledAttempts >= MOST_STALLED_ATTEMPTS) {
      const message = `${run.stalledAttempts} attempts in a row ended before the run had a newer checkpoint or got past step ${run.furthestStep}. The last attempts crashed the whole process or were interrupted.`;
      await this.#finish('failed', { error: { code: 'ATTEMPTS_EXHAUSTED', message } });
      return;
    }
    const order = await this.#prepare(run).catch(asFailure);
    if (this.#phase !== 'starting') return;
    if (order instanceof RunFailure) {
      await this.#finish('failed', { error: { code: order.code, message: order.message } });
      return;
    }
    this.#assignment = thread.start(order, {
      onReport: (report) => this.#take(report),
      onCrash: (crash) => void this.#crashed(crash),
    });
  }

  /** Returns immediately; `ended` resolves at the end. An order that arrives too late has no effect. */
  order(order: StopRequest | 'yield'): void {
    if (this.#phase === 'running') this.#assignment?.order({ type: order });
    if (this.#phase !== 'starting') return;
    // Nothing was computed in this attempt, so there is nothing to wait for. The thread returns on its own.
    this.#assignment?.order({ type: 'cancel' });
    void this.#finish(STOPPED_AS[order]);
  }

  inspect(): void {
    if (this.#phase === 'running') this.#assignment?.order({ type: 'inspect' });
  }

  /**
   * The database no longer lists this worker as the run's holder. An append in progress will notice that itself, or it
   * has just ended the run.
   */
  loseLease(): void {
    if (this.#phase !== 'ending') this.abandon('another worker claimed the run, or it was taken away from this one');
  }

  /** This worker may not continue the run. Nothing more is written, and the thread stops before its next chunk. */
  abandon(reason: string): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#options.log.warn({ attempt: this.attempt, reason }, 'run abandoned');
    this.#recorder.abandon();
    this.#assignment?.order({ type: 'cancel' });
    this.#end('lost');
  }

  /** Throws a RunFailure where the run cannot be trained for want of its data set or checkpoint. */
  async #prepare(run: ClaimedRun): Promise<StartOrder> {
    const { store } = this.#options;
    const isFirst = run.attempt <= 1;
    const { id } = run.spec.dataset;
    const [checkpoint, best, reported, dataset, crashes] = await Promise.all([
      isFirst ? null : store.checkpoints.latest(run.id),
      isFirst || id === undefined ? null : store.checkpoints.best(run.id),
      isFirst ? { metrics: -1, epochMetrics: -1, verdict: -1, snapshot: -1 } : store.log.reportedSteps(run.id),
      dataOf(store, run.spec),
      crashesBefore(store, run),
    ]);
    this.#crashesBefore = crashes;
    const verdict = checkpoint && (await store.verdicts.packed(run.id, judgedStep(checkpoint)));
    if (id !== undefined && !dataset)
      throw new RunFailure(
        'DATASET_UNAVAILABLE',
        `The uploaded data set ${id} was deleted. Upload it again and submit the job with the new id.`,
      );
    return {
      type: 'start',
      runId: run.id,
      attempt: run.attempt,
      spec: run.spec,
      reported,
      dataset,
      // A checkpoint has all weights.
      weights: checkpoint ? null : await weightsOf(store, run.spec),
      checkpoint: checkpoint?.state ?? null,
      best: best?.state ?? null,
      neurons: verdict,
      idleCores: this.#options.idleCores(),
    };
  }

  #take(report: ThreadReport): void {
    if (this.#phase === 'ended' || this.#phase === 'ending') return;
    switch (report.type) {
      case 'started':
        this.#phase = 'running';
        this.#recorder.change({
          engine: report.engine,
          progress: report.progress,
          summary: report.summary,
          to: 'running',
        });
        void this.#recorder.flush();
        return;
      case 'progress':
        this.#step = Math.max(this.#step, report.progress.step);
        this.#recorder.change({ progress: report.progress, summary: report.summary });
        return;
      case 'finished': {
        const { progress, summary, evaluation } = report;
        const results = { progress, summary, ...(evaluation && { evaluation }) };
        if (report.outcome === 'failed') void this.#finish('failed', { ...results, error: report.error });
        else void this.#finish(report.outcome === 'yielded' ? 'queued' : report.outcome, results);
        return;
      }
      case 'metrics':
      case 'snapshot':
      case 'event':
      case 'verdict':
      case 'checkpoint':
        this.#recorder.add(report);
    }
  }

  async #finish(to: Exclude<RunStatus, 'running'>, change: Omit<LogChange, 'to' | 'engine'> = {}): Promise<void> {
    if (this.#phase === 'ended' || this.#phase === 'ending') return;
    this.#phase = 'ending';
    if (!(await this.#recorder.flush({ ...change, to }))) return;
    this.#phase = 'ended';
    this.#options.log.info(
      { attempt: this.attempt, status: to, ...(change.error && { error: change.error }) },
      'run left its thread',
    );
    this.#end(to);
  }

  /**
   * Returns the run to the queue, to continue from its last checkpoint, unless it has crashed its thread too often
   * without progress.
   */
  async #crashed(crash: ThreadCrash): Promise<void> {
    if (this.#phase === 'ended' || this.#phase === 'ending') return;
    const { run, store, log } = this.#options;
    const crashes = this.#step > run.furthestStep ? 1 : this.#crashesBefore + 1;
    log.warn({ attempt: this.attempt, crash, crashes }, 'training thread crashed');
    if (crashes >= MOST_CRASHES) {
      await this.#finish('failed', {
        error: {
          code: crash.code,
          message: `${crash.message} This happened ${crashes} times without getting past step ${run.furthestStep}.`,
        },
      });
      return;
    }
    this.#phase = 'ending';
    this.#recorder.add({
      type: 'event',
      step: this.#step,
      event: {
        code: 'THREAD_CRASHED',
        level: 'warning',
        message: `${crash.message} The run will continue from its last checkpoint.`,
        data: { attempt: this.attempt },
      },
    });
    if (!(await this.#recorder.flush())) return;
    try {
      // A transition from `running` to `queued` counts a stalled attempt, unlike one through the log.
      await store.runs.transition(run.id, { from: ['running'], to: 'queued', attempt: this.attempt });
      this.#phase = 'ended';
      this.#end('queued');
    } catch (error) {
      log.error({ err: error }, 'could not requeue a crashed run');
      this.abandon('the thread crashed and the database does not respond');
    }
  }
}

async function crashesBefore(
  { log }: Pick<Store, 'log'>,
  { id, attempt, stalledAttempts }: ClaimedRun,
): Promise<number> {
  let count = 0;
  for (let after = 0, hasMore = stalledAttempts > 0; hasMore;) {
    const page = await log.events(id, after, MOST_EVENTS);
    const isMeant = ({ event }: (typeof page.data)[number]): boolean =>
      event.code === 'THREAD_CRASHED' && Number(event.data?.['attempt']) >= attempt - stalledAttempts;
    count += page.data.filter(isMeant).length;
    after = page.data.at(-1)?.seq ?? after;
    hasMore = page.hasMore;
  }
  return count;
}

/** The step of the verdict that the run's next one continues from: one on request is not. */
function judgedStep({ step, state }: { step: number; state: Uint8Array }): number {
  try {
    return readCheckpointHeader(state).judged?.step ?? step;
  } catch {
    return step; // The thread cannot read it either, and fails the run with the reason.
  }
}

/** What a failure of the run is; every other error is the database's, and the run is tried again. */
function asFailure(error: unknown): RunFailure {
  if (error instanceof RunFailure) return error;
  throw error;
}
