/** The queue as the service uses it: submit, pause, cancel, resume. The run's row decides; jobs and threads follow. */
import { RelumineError, noRoom, notFound } from '../errors.ts';
import { RUN_STATUSES, type Run, type RunStatus } from '../vocabulary/index.ts';
import { NoRoom, type ClaimLimits, type Room, type RunSource, type Store, type StopRequest } from '../store/store.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { LogBroadcaster } from '../telemetry/log-broadcaster.ts';
import { Dispatcher, within } from './dispatcher.ts';
import type { Log } from './log.ts';
import type { Order, RunQueue } from './queue.ts';
import { threadUrl } from './thread-url.ts';
import type { LaunchTraining } from './training-thread.ts';

export interface QueueOptions {
  store: Store;
  broadcaster: LogBroadcaster;
  counters: Counters;
  log: Log;
  /** Training threads of this process; with 0 it only submits. */
  workers: number;
  /** The number of queued runs at which no other run is let in. */
  maxQueued?: number;
  /** How many runs of a project, and of a person, may be running at once, unless it has a limit of its own. */
  limits?: ClaimLimits;
  /** How many may wait. */
  waitingLimits?: ClaimLimits;
  launch?: LaunchTraining;
  threadUrl?: URL;
  threadHeapMb?: number;
  threadIdleMs?: number;
  /** See DispatcherOptions. */
  warmAfterMs?: number | null;
  heartbeatMs?: number;
  silentMs?: number;
  absentMs?: number;
  yieldMs?: number;
  /** A worker that does not follow a pause or a cancel within this time is bypassed. */
  answerMs?: number;
}

/** The orders that each state allows. */
const ALLOWED: Record<RunStatus, readonly Order[]> = {
  queued: ['pause', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  succeeded: [],
  failed: [],
  cancelled: [],
};
const LEADS_TO = { pause: 'paused', resume: 'queued', cancel: 'cancelled' } as const satisfies Record<Order, RunStatus>;

const DONE: Record<Order, string> = { pause: 'paused', resume: 'resumed', cancel: 'cancelled' };
const ALTERNATIVES = new Intl.ListFormat('en-GB', { type: 'disjunction' });

const possibleIn = (order: Order): RunStatus[] => RUN_STATUSES.filter((status) => ALLOWED[status].includes(order));

const REREAD_MS = 250;

export class TrainingQueue implements RunQueue {
  readonly #store: Store;
  readonly #dispatcher: Dispatcher;
  readonly #log: Log;
  readonly #room: Room & { service: number };
  readonly #answerMs: number;
  readonly #hasWorkers: boolean;
  #isStopping = false;

  constructor(options: QueueOptions) {
    const { store, broadcaster, counters, log, workers } = options;
    this.#store = store;
    this.#log = log;
    this.#room = {
      service: options.maxQueued ?? 10_000,
      project: options.waitingLimits?.project ?? null,
      person: options.waitingLimits?.person ?? null,
    };
    this.#answerMs = options.answerMs ?? 3000;
    this.#hasWorkers = workers > 0;
    this.#dispatcher = new Dispatcher({
      store,
      limits: options.limits ?? { project: null, person: null },
      broadcaster,
      counters,
      log,
      workers,
      launch: options.launch,
      threadUrl: options.threadUrl ?? threadUrl('../training/thread'),
      threadHeapMb: options.threadHeapMb ?? 2048,
      threadIdleMs: options.threadIdleMs ?? 60_000,
      warmAfterMs: options.warmAfterMs ?? null,
      heartbeatMs: options.heartbeatMs ?? 1000,
      silentMs: options.silentMs ?? 10_000,
      absentMs: options.absentMs ?? 2000,
      yieldMs: options.yieldMs ?? 8000,
    });
  }

  get threads(): { busy: number; total: number } {
    return this.#dispatcher.threads;
  }

  start(): Promise<void> {
    return this.#dispatcher.start();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#dispatcher.stop();
  }

  async checkRoom(): Promise<void> {
    this.#refuseWhileStopping();
    this.#store.space?.checkRoom();
    const { queued } = await this.#store.runs.counts();
    if (queued >= this.#room.service) throw noRoom('service', queued, this.#room.service);
  }

  async submit(source: RunSource): Promise<Run> {
    const run = await this.#create(() => this.#store.runs.create({ ...source, room: this.#room }));
    this.#announce(run.id);
    return run;
  }

  async submitTrial(source: RunSource, part: { trialsId: string; trial: number }): Promise<Run | null> {
    const run = await this.#create(() => this.#store.runs.createTrial({ ...source, room: this.#room }, part));
    if (run) this.#announce(run.id);
    return run;
  }

  pause(runId: string): Promise<Run> {
    return this.#stop(runId, 'pause');
  }
  cancel(runId: string): Promise<Run> {
    return this.#stop(runId, 'cancel');
  }

  async resume(runId: string): Promise<Run> {
    this.#refuseWhileStopping();
    const run = await this.#store.runs.transition(runId, { from: possibleIn('resume'), to: LEADS_TO.resume });
    if (!run) throw wrongState(runId, (await this.#state(runId)).status, 'resume');
    this.#announce(runId);
    return { ...run, queuePosition: await this.#store.runs.position(runId) };
  }

  async inspect(runId: string): Promise<boolean> {
    if ((await this.#state(runId)).status !== 'running') return false;
    const held = this.#dispatcher.held(runId);
    if (held) held.inspect();
    else await this.#store.publish({ type: 'control', runId, order: 'inspect' });
    return true;
  }

  async position(runId: string): Promise<number | null> {
    const position = await this.#store.runs.position(runId);
    if (position === null) await this.#state(runId);
    return position;
  }

  async #create<T>(create: () => Promise<T>): Promise<T> {
    this.#refuseWhileStopping();
    this.#store.space?.checkRoom();
    try {
      return await create();
    } catch (error) {
      if (error instanceof NoRoom) throw noRoom(error.of, error.waiting, error.limit);
      throw error;
    }
  }

  /** A run waits. It is only a hint: a worker that does not hear it looks again with its next heartbeat. */
  #announce(runId: string): void {
    if (this.#hasWorkers) this.#dispatcher.nudge();
    this.#store.publish({ type: 'queued', runId }).catch((error: unknown) => {
      this.#log.warn({ err: error, runId }, 'could not tell other processes that a run waits; they will find it');
    });
  }

  /**
   * A waiting run changes immediately. A running one is asked to stop, until it has or its worker was silent too long.
   */
  async #stop(runId: string, order: StopRequest): Promise<Run> {
    const from = possibleIn(order);
    const to = LEADS_TO[order];
    const deadline = performance.now() + this.#answerMs;
    for (let isFirst = true; ; isFirst = false) {
      const moved = await this.#store.runs.transition(runId, {
        from: from.filter((status) => status !== 'running'),
        to,
      });
      if (moved) return moved;
      const { status } = await this.#state(runId);
      if (status === to && !isFirst) {
        const run = await this.#store.runs.get(runId);
        if (run?.status === to) return run;
        continue;
      }
      if (!from.includes(status)) throw wrongState(runId, status, order);
      if (status !== 'running') continue;
      const remainingMs = deadline - performance.now();
      if (remainingMs > 0) {
        await this.#ask(runId, order, remainingMs);
        continue;
      }
      const forced = await this.#store.runs.transition(runId, { from: ['running'], to });
      if (!forced) continue;
      this.#dispatcher.held(runId)?.loseLease();
      return forced;
    }
  }

  /** Returns when the run may have left `running`, or after `ms`. */
  async #ask(runId: string, order: StopRequest, ms: number): Promise<void> {
    const held = this.#dispatcher.held(runId);
    if (held) {
      held.order(order);
      await within(ms, held.ended);
      return;
    }
    const changed = new Promise<void>((resolve) => {
      const unsubscribe = this.#store.subscribe((hint) => {
        if (hint.type === 'appended' && hint.runId === runId) done();
      });
      const timer = setTimeout(() => done(), Math.min(ms, REREAD_MS));
      const done = (): void => {
        unsubscribe();
        clearTimeout(timer);
        resolve();
      };
    });
    await this.#store.runs.request(runId, order);
    await this.#store.publish({ type: 'control', runId, order });
    await changed;
  }

  async #state(runId: string): Promise<{ status: RunStatus }> {
    const state = await this.#store.runs.state(runId);
    if (!state) throw notFound('RUN_NOT_FOUND', runId);
    return state;
  }

  #refuseWhileStopping(): void {
    if (this.#isStopping) throw new RelumineError('SHUTTING_DOWN', 'The service is stopping. Try again in a moment.');
  }
}

function wrongState(runId: string, status: RunStatus, order: Order): RelumineError {
  const states = ALTERNATIVES.format(possibleIn(order));
  return new RelumineError(
    'WRONG_STATE',
    `Run "${runId}" is in state "${status}". Only a run that is ${states} can be ${DONE[order]}.`,
  );
}
