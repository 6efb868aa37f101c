/** One worker thread of the pool: trains one run at a time, is started when first needed and replaced when it dies. */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { FailureCode } from '../errors.ts';
import type { StartOrder, ThreadOrder, ThreadReport } from '../schemas/index.ts';

export interface ThreadCrash {
  code: Extract<FailureCode, 'THREAD_CRASHED' | 'OUT_OF_MEMORY'>;
  message: string;
}

/**
 * Who hears of the run that a thread trains. `onReport` ends with `finished`; a thread that dies before says `onCrash`
 * instead.
 */
export interface ThreadListener {
  onReport(report: ThreadReport): void;
  onCrash(crash: ThreadCrash): void;
}

export interface ThreadOptions {
  url: URL;
  /** JavaScript heap of one thread, in MiB; arrays of numbers and the engine's memory are not part of it. */
  heapMb: number;
  /** A thread that has nothing to do for so long gives its memory back. */
  idleMs: number;
  /** The thread can take a run again. */
  onFree: () => void;
}

export class TrainingThread {
  readonly #options: ThreadOptions;
  #worker: Worker | null = null;
  #listener: ThreadListener | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#listener !== null;
  }

  start(order: StartOrder, listener: ThreadListener): void {
    if (this.#isStopped || this.#listener) throw new Error('the thread cannot take a run');
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    // An order that cannot be sent leaves the thread free.
    this.#worker ??= this.#open();
    this.#post(order);
    this.#listener = listener;
  }

  /** Nothing happens where the thread has no run. */
  order(order: Exclude<ThreadOrder, StartOrder>): void {
    if (this.#listener) this.#post(order);
  }

  /**
   * An idle thread is ended. A busy one is left alone: to terminate a thread inside of native computation aborts the
   * whole process;
   * it no longer keeps the process alive.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    if (this.#listener) this.#worker?.unref();
    else await this.#end();
  }

  #post(order: ThreadOrder): void {
    this.#worker?.postMessage(order);
  }

  #open(): Worker {
    const worker = new Worker(this.#options.url, {
      // tfjs-node reads the environment for its log level in native code, which a copy of it never reaches.
      name: 'training',
      env: SHARE_ENV,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMb },
    });
    let reason: ThreadCrash | null = null;
    worker.on('message', (report: ThreadReport) => this.#take(report));
    worker.on('messageerror', (error) => {
      reason ??= crashOf(error);
    });
    worker.on('error', (error) => {
      reason ??= crashOf(error);
    });
    worker.on('exit', (code) => {
      if (this.#worker === worker) this.#worker = null;
      const listener = this.#listener;
      if (!listener) return;
      this.#listener = null;
      listener.onCrash(reason ?? { code: 'THREAD_CRASHED', message: `the training thread exited with code ${code}` });
      this.#options.onFree();
    });
    return worker;
  }

  #take(report: ThreadReport): void {
    const listener = this.#listener;
    if (report.type === 'finished') {
      this.#listener = null;
      this.#idleTimer = setTimeout(() => void this.#end(), this.#options.idleMs);
      this.#idleTimer.unref();
    }
    listener?.onReport(report);
    if (report.type === 'finished' && listener) this.#options.onFree();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

function crashOf(error: unknown): ThreadCrash {
  const message = error instanceof Error ? error.message : String(error);
  return (error as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? { code: 'OUT_OF_MEMORY', message: `the training thread ran out of JavaScript memory: ${message}` }
    : { code: 'THREAD_CRASHED', message: `the training thread crashed: ${message}` };
}
