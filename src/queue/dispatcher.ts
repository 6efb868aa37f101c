/**
 * The worker's side of the queue: claims waiting runs for free threads, sends heartbeats, and requeues the runs of dead
 * workers.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { ClaimedRun, ClaimLimits, Hint, Store, StopRequest } from '../store/store.ts';
import type { LogBroadcaster } from '../telemetry/log-broadcaster.ts';
import type { Counters } from '../telemetry/counters.ts';
import { Recorder } from '../telemetry/recorder.ts';
import { HeldRun } from './held-run.ts';
import type { Log } from './log.ts';
import { TrainingThread, type LaunchTraining } from './training-thread.ts';

export interface DispatcherOptions {
  store: Store;
  /** How many runs of a project, and of a person, may be running at once, unless it has a limit of its own. */
  limits: ClaimLimits;
  broadcaster: LogBroadcaster;
  counters: Counters;
  log: Log;
  workers: number;
  launch?: LaunchTraining;
  threadUrl: URL;
  threadHeapMb: number;
  threadIdleMs: number;
  /** After this long, one thread loads what runs need, and one always will; null: threads start with their first run. */
  warmAfterMs: number | null;
  /** Time between two heartbeats, and the longest that a lost hint can delay an order or a start. */
  heartbeatMs: number;
  /** A worker without a heartbeat for this long counts as dead. */
  silentMs: number;
  /** The same of a worker whose process has lost its connection to the database too. */
  absentMs: number;
  /** Time for running jobs to write a checkpoint and stop when the process stops. */
  yieldMs: number;
}

/** After so many heartbeats in time, a process whose connection is gone and that is silent counts as dead. */
const STEADY_BEATS = 2;

export class Dispatcher {
  readonly workerId: string;
  readonly #options: DispatcherOptions;
  readonly #threads: TrainingThread[];
  /** Threads whose run is being prepared. */
  readonly #reserved = new Set<TrainingThread>();
  readonly #held = new Map<string, HeldRun>();
  /** Work on runs in progress, which `stop` waits for. */
  readonly #tasks = new Set<Promise<void>>();
  /** Whether runs are claimed. Heartbeats continue until everything has stopped. */
  #isRunning = false;
  #isStopped = false;
  #isDispatching = false;
  #isNudged = false;
  #beatTimer: NodeJS.Timeout | null = null;
  #repairedAt = -Infinity;
  /** Heartbeats in a row that came in time. */
  #steadyBeats = 0;
  #warmTimer: NodeJS.Timeout | null = null;
  /** Since when every heartbeat has reached the database. */
  #reachedSince = -Infinity;
  #unsubscribe: (() => void) | null = null;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.workerId = `${options.store.presence}/${randomUUID()}`;
    const { launch, threadUrl: url, threadHeapMb: heapMb, threadIdleMs: idleMs } = options;
    this.#threads = Array.from(
      { length: options.workers },
      (_, index) =>
        new TrainingThread({
          launch,
          url,
          heapMb,
          idleMs,
          staysWarm: index === 0 && options.warmAfterMs !== null,
          onFree: () => this.nudge(),
        }),
    );
  }

  get threads(): { busy: number; total: number } {
    return { busy: this.#threads.length - this.#freeThreads().length, total: this.#threads.length };
  }

  held(runId: string): HeldRun | null {
    return this.#held.get(runId) ?? null;
  }

  async start(): Promise<void> {
    const { store, workers } = this.#options;
    // Only this process has an embedded database open, so no other process can hold a run.
    if (store.kind === 'embedded') await store.runs.requeueAbandoned(0);
    if (workers === 0) return;
    this.#isRunning = true;
    this.#unsubscribe = store.subscribe((hint) => this.#follow(hint));
    if (this.#options.warmAfterMs !== null)
      this.#warmTimer = setTimeout(() => this.#threads[0]?.warm(), this.#options.warmAfterMs);
    await this.#beat();
  }

  /** Call this when there may be work for a free thread. */
  nudge(): void {
    if (!this.#isRunning) return;
    if (this.#isDispatching) {
      this.#isNudged = true;
      return;
    }
    this.#isDispatching = true;
    this.#track(
      this.#dispatch().finally(() => {
        this.#isDispatching = false;
        if (!this.#isNudged) return;
        this.#isNudged = false;
        this.nudge();
      }),
    );
  }

  /**
   * Running jobs write a checkpoint and return to the queue. If a thread does not respond in time, its run is continued
   * at the next start, or by another worker.
   */
  async stop(): Promise<void> {
    this.#isRunning = false;
    if (this.#warmTimer) clearTimeout(this.#warmTimer);
    this.#unsubscribe?.();
    for (const held of this.#held.values()) held.order('yield');
    await within(
      this.#options.yieldMs,
      (async () => {
        while (this.#tasks.size > 0) {
          await Promise.all(this.#tasks);
          for (const held of this.#held.values()) held.order('yield');
        }
      })(),
    );
    this.#isStopped = true;
    if (this.#beatTimer) clearTimeout(this.#beatTimer);
    for (const held of this.#held.values()) held.abandon('the process is stopping and the thread does not respond');
    await within(1000, Promise.all(this.#tasks));
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  async #dispatch(): Promise<void> {
    const { store, limits } = this.#options;
    for (;;) {
      const [thread] = this.#freeThreads();
      if (!this.#isRunning || !thread) return;
      const leaving = [...this.#held.values()].filter(({ isEnding }) => isEnding).map(({ id }) => id);
      const run = await store.runs.claim(null, this.workerId, { ...limits, leaving });
      if (!run) return;
      this.#reserved.add(thread);
      this.#track(this.#work(run, thread).finally(() => this.#reserved.delete(thread)));
    }
  }

  async #work(run: ClaimedRun, thread: TrainingThread): Promise<void> {
    const { store, broadcaster, counters } = this.#options;
    const log = this.#options.log.child({ runId: run.id });
    log.info({ attempt: run.attempt, step: run.progress.step }, 'run claimed');
    const held = new HeldRun({
      run,
      thread,
      store,
      log,
      idleCores: () => Math.max(0, availableParallelism() - this.threads.busy),
      openRecorder: (hooks) =>
        new Recorder({
          ...hooks,
          store,
          broadcaster,
          counters,
          lease: { runId: run.id, attempt: run.attempt },
          lastSeq: run.lastSeq,
          onError: (error) => log.warn({ err: error }, 'could not write the log; retrying'),
        }),
    });
    this.#held.set(run.id, held);
    this.#track(this.#see(held));
    try {
      await held.start();
    } catch (error) {
      log.error({ err: error }, 'could not start the run in a thread');
      held.abandon('the thread could not start it');
    }
  }

  async #see(held: HeldRun): Promise<void> {
    const ended = await held.ended;
    this.#held.delete(held.id);
    if (ended === 'queued') await this.#options.store.publish({ type: 'queued', runId: held.id });
    this.nudge();
  }

  async #beat(): Promise<void> {
    try {
      await this.#renew();
      await this.#repair();
      this.nudge();
    } catch (error) {
      this.#reachedSince = Infinity;
      this.#options.log.warn({ err: error }, 'could not send a heartbeat; retrying');
    }
    if (!this.#isStopped) this.#beatTimer = setTimeout(() => void this.#beat(), this.#options.heartbeatMs);
  }

  async #renew(): Promise<void> {
    const sent = [...this.#held.values()];
    if (sent.length === 0) return;
    const renewed = await this.#options.store.runs.renew(
      this.workerId,
      sent.map((held) => held.id),
    );
    for (const held of sent) {
      const lease = renewed.find(({ id, attempt }) => id === held.id && attempt === held.attempt);
      if (!lease) held.loseLease();
      else if (lease.request) held.order(lease.request);
    }
  }

  /**
   * Runs after the process's own heartbeat, so that a process that was suspended does not treat its own runs as
   * abandoned.
   */
  async #repair(): Promise<void> {
    const { store, silentMs, absentMs, heartbeatMs, log } = this.#options;
    const now = performance.now();
    // After an outage of the database, and after this process stood still, the others have their time to come back.
    this.#steadyBeats = now - this.#repairedAt < 3 * heartbeatMs ? this.#steadyBeats + 1 : 0;
    this.#repairedAt = now;
    const isSteady = this.#steadyBeats >= STEADY_BEATS;
    // While the database was away nobody's heartbeat reached it.
    if (this.#reachedSince === Infinity) this.#reachedSince = now;
    if (now - this.#reachedSince < silentMs) return;
    const abandoned = await store.runs.requeueAbandoned(silentMs, isSteady ? absentMs : null);
    if (abandoned.length > 0) log.warn({ runIds: abandoned }, 'requeued runs of silent workers');
  }

  #follow(hint: Hint): void {
    if (hint.type === 'queued' || hint.type === 'missed') this.nudge();
    if (hint.type !== 'control') return;
    const held = this.#held.get(hint.runId);
    if (hint.order === 'inspect') held?.inspect();
    else held?.order(hint.order satisfies StopRequest);
  }

  #freeThreads(): TrainingThread[] {
    return this.#threads.filter((thread) => !thread.isBusy && !this.#reserved.has(thread));
  }

  #track(task: Promise<void>): void {
    const tracked: Promise<void> = task
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'an operation of the queue failed; the next heartbeat repairs it'),
      )
      .finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }
}

/** Waits for `work`, but no longer than `ms`. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    work,
    new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(timer);
}
