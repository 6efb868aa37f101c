/** One worker thread of the pool. It trains one run at a time, starts when first needed, and is replaced if it dies. */
import type { FailureCode } from '../errors.ts';
import { rowBuffers, type StartOrder, type ThreadOrder, type ThreadReport, type WarmNotice } from '../schemas/index.ts';
import {
  EngineThread,
  type EngineThreadListener,
  type EngineThreadOptions,
  type ThreadError,
} from './engine-thread.ts';

export interface ThreadCrash {
  code: Extract<FailureCode, 'THREAD_CRASHED' | 'OUT_OF_MEMORY'>;
  message: string;
}

/**
 * Receives the reports of the run that a thread trains. The last call is `onReport` with `finished`, or `onCrash` if
 * the thread dies first.
 */
export interface ThreadListener {
  onReport(report: ThreadReport): void;
  onCrash(crash: ThreadCrash): void;
}

/** A run in a thread. */
export interface Assignment {
  /** Has no effect once the run has left the thread, which may train another one by then. */
  order(order: Exclude<ThreadOrder, StartOrder>): void;
}

type Engine = Pick<EngineThread<ThreadReport>, 'postMessage' | 'unref' | 'terminate'>;
/** Starts a thread that trains. */
export type LaunchTraining = (
  options: EngineThreadOptions,
  listener: EngineThreadListener<ThreadReport | WarmNotice>,
) => Engine;

export interface ThreadOptions {
  /** Default: a thread of this process. */
  launch?: LaunchTraining;
  url: URL;
  /** JavaScript heap of one thread in MiB, without typed arrays and the engine's memory. */
  heapMb: number;
  /** A thread that is idle for this long ends, which frees its memory. */
  idleMs: number;
  /** A new thread takes the place of one that has ended, and warms up. */
  staysWarm?: boolean;
  /** Called when the thread can take a run again. */
  onFree: () => void;
}

export class TrainingThread {
  readonly #options: ThreadOptions;
  #worker: Engine | null = null;
  /** While the thread warms up: what happens when it has done so, or has ended. */
  #onWarm: (() => void) | null = null;
  #listener: ThreadListener | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#listener !== null;
  }

  /** The rows of its data set go over to the thread. */
  start(order: StartOrder, listener: ThreadListener): Assignment {
    if (this.#isStopped || this.#listener) throw new Error('The thread cannot take a run.');
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    // If the order cannot be sent, the thread stays free.
    this.#worker ??= this.#open();
    this.#post(order, [...rowBuffers(order.dataset), ...rowBuffers(order.weights ?? null)]);
    this.#listener = listener;
    return {
      order: (later) => {
        if (this.#listener === listener) this.#post(later);
      },
    };
  }

  /** Loads what runs need, unless there is a thread already: the next run does not wait for it. */
  warm(): void {
    if (this.#isStopped || this.#worker) return;
    this.#worker = this.#open();
    this.#onWarm = () => undefined;
    this.#post({ type: 'warm' });
  }

  /**
   * Ends an idle thread. A busy one is left alone, because terminating a thread during native computation aborts the
   * whole process, but it no longer keeps the process alive.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    if (this.#listener) this.#worker?.unref();
    else await this.#end();
  }

  /** Of a thread that warms up: resolves when it has stopped that, as a thread must not end while an engine computes. */
  #cool(): Promise<void> {
    return new Promise((resolve) => {
      this.#onWarm = resolve;
      this.#post({ type: 'cancel' });
    });
  }

  #post(order: ThreadOrder, transferred: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(order, transferred);
  }

  #open(): Engine {
    const { url, heapMb, launch = (of, listener) => new EngineThread(of, listener) } = this.#options;
    let reason: ThreadCrash | null = null;
    const worker = launch(
      { url, name: 'training', heapMb },
      {
        onMessage: (report) => this.#take(report),
        onError: (error) => {
          reason ??= crashOf(error);
        },
        onExit: (code) => {
          if (this.#worker === worker) this.#worker = null;
          this.#isNotWarming();
          const listener = this.#listener;
          if (!listener) return;
          this.#listener = null;
          listener.onCrash(
            reason ?? { code: 'THREAD_CRASHED', message: `The training thread exited with code ${code}.` },
          );
          this.#options.onFree();
        },
      },
    );
    return worker;
  }

  #take(report: ThreadReport | WarmNotice): void {
    if (report.type === 'warm') return this.#isNotWarming();
    const listener = this.#listener;
    if (report.type === 'finished') {
      this.#listener = null;
      this.#idleTimer = setTimeout(() => void this.#renew(), this.#options.idleMs);
      this.#idleTimer.unref();
    }
    listener?.onReport(report);
    if (report.type === 'finished' && listener) this.#options.onFree();
  }

  #isNotWarming(): void {
    this.#onWarm?.();
    this.#onWarm = null;
  }

  async #renew(): Promise<void> {
    await this.#end();
    if (this.#options.staysWarm === true) this.warm();
  }

  async #end(): Promise<void> {
    // Without waiting otherwise: a run that comes now must get a thread of its own.
    if (this.#onWarm) await this.#cool();
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

function crashOf({ message: text, code }: ThreadError): ThreadCrash {
  const message = text.replace(/\.$/, '');
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? { code: 'OUT_OF_MEMORY', message: `The training thread ran out of JavaScript memory: ${message}.` }
    : { code: 'THREAD_CRASHED', message: `The training thread crashed: ${message}.` };
}
