/**
 * Sends one-off questions to a thread that has the engines. The thread starts on demand and ends when it has been idle
 * for a while.
 */
import { RelumineError } from '../errors.ts';
import type { QuestionName, Questions, ThreadAnswer } from '../schemas/index.ts';
import { EngineThread } from './engine-thread.ts';
import { threadUrl } from './thread-url.ts';

export interface QuestionThreadOptions {
  threadUrl?: URL;
  idleMs?: number;
  timeoutMs?: number;
  heapMb?: number;
}

interface Waiting {
  resolve: (answer: never) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

export class QuestionThread {
  readonly #options: Required<QuestionThreadOptions>;
  readonly #waiting = new Map<number, Waiting>();
  #worker: EngineThread<ThreadAnswer> | null = null;
  #nextId = 0;
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(options: QuestionThreadOptions = {}) {
    this.#options = {
      threadUrl: threadUrl('../questions/thread'),
      idleMs: 10_000,
      timeoutMs: 30_000,
      heapMb: 1024,
      ...options,
    };
  }

  /**
   * `given` is memory of the question that the asker does not need any more: it is not copied. Rejects with ENGINE_UNAVAILABLE after the timeout or if the thread dies, otherwise with the code from the thread.
   */
  ask<K extends QuestionName>(
    type: K,
    question: Questions[K]['ask'],
    given: ArrayBuffer[] = [],
  ): Promise<Questions[K]['answer']> {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    const worker = (this.#worker ??= this.#open());
    const id = this.#nextId++;
    const { timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(id)?.reject(
          new RelumineError(
            'ENGINE_UNAVAILABLE',
            `The engine did not respond to ${type} within ${timeoutMs / 1000} s.`,
          ),
        );
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      worker.postMessage({ type, id, ask: question }, given);
    });
  }

  /** Ends an idle thread. A busy one is left alone, but no longer keeps the process alive. */
  async stop(): Promise<void> {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    const isBusy = this.#waiting.size > 0;
    for (const id of this.#waiting.keys())
      this.#settle(id)?.reject(new RelumineError('SHUTTING_DOWN', 'The service is stopping. Try again in a moment.'));
    if (isBusy) this.#worker?.unref();
    else await this.#end();
  }

  #open(): EngineThread<ThreadAnswer> {
    const { threadUrl: url, heapMb } = this.#options;
    let reason = '';
    const worker: EngineThread<ThreadAnswer> = new EngineThread(
      { url, name: 'questions', heapMb },
      {
        onMessage: (answer) => this.#take(answer),
        onError: ({ message }) => {
          reason = message;
        },
        onExit: () => {
          if (this.#worker !== worker) return;
          this.#worker = null;
          for (const id of this.#waiting.keys())
            this.#settle(id)?.reject(new RelumineError('ENGINE_UNAVAILABLE', `The engine thread ended: ${reason}`));
        },
      },
    );
    return worker;
  }

  #take(answer: ThreadAnswer): void {
    const waiting = this.#settle(answer.id);
    if ('answer' in answer) waiting?.resolve(answer.answer as never);
    else {
      const { code, message, details } = answer.error;
      waiting?.reject(new RelumineError(code, message, { details }));
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    if (waiting && this.#waiting.size === 0) {
      this.#idleTimer = setTimeout(() => void this.#end(), this.#options.idleMs);
      this.#idleTimer.unref();
    }
    return waiting;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
