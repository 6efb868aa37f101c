/**
 * Takes one-off questions and lets them wait for one of two threads, so that cheap questions never wait behind dear ones.
 * A question whose asker has gone is forgotten, unless it runs already.
 */
import { RelumineError } from '../errors.ts';
import type { QuestionName, Questions } from '../schemas/index.ts';
import { isDear } from './question-cost.ts';
import { QuestionThread, type QuestionThreadOptions } from './question-thread.ts';

export interface QuestionDeskOptions extends QuestionThreadOptions {
  /** Questions that may wait for each thread. */
  mostWaiting?: number;
  /** The longest time that a question waits before it runs. */
  longestWaitMs?: number;
}

interface Asked {
  start(): Promise<void>;
  refuse(error: unknown): void;
}

const RETRY_AFTER_SECONDS = 5;

export class QuestionDesk {
  readonly #lanes: { cheap: Lane; dear: Lane };

  constructor({ mostWaiting = 16, longestWaitMs = 20_000, ...thread }: QuestionDeskOptions = {}) {
    const open = () => new Lane(new QuestionThread(thread), mostWaiting, longestWaitMs);
    this.#lanes = { cheap: open(), dear: open() };
  }

  /**
   * `given` is memory of the question that the asker does not need any more: it is not copied. Rejects with OVERLOADED if
   * too many others wait or it takes too long until the question can run, with the reason of `signal` if that is aborted,
   * and otherwise as QuestionThread.ask.
   */
  ask<K extends QuestionName>(
    type: K,
    question: Questions[K]['ask'],
    given: ArrayBuffer[] = [],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Questions[K]['answer']> {
    const lane = isDear(type, question) ? this.#lanes.dear : this.#lanes.cheap;
    return lane.ask(type, question, given, signal);
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.stop()));
  }
}

/** One thread, one question at a time. */
class Lane {
  readonly #thread: QuestionThread;
  readonly #mostWaiting: number;
  readonly #longestWaitMs: number;
  readonly #waiting: Asked[] = [];
  #isBusy = false;

  constructor(thread: QuestionThread, mostWaiting: number, longestWaitMs: number) {
    this.#thread = thread;
    this.#mostWaiting = mostWaiting;
    this.#longestWaitMs = longestWaitMs;
  }

  ask<K extends QuestionName>(
    type: K,
    question: Questions[K]['ask'],
    given: ArrayBuffer[],
    signal: AbortSignal | undefined,
  ): Promise<Questions[K]['answer']> {
    // What an engine can do is asked for once, and has to be known however much else is asked.
    const isFirst = type === 'listEngines';
    if (!isFirst && this.#waiting.length >= this.#mostWaiting) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = (reason: unknown): void => {
        const place = this.#waiting.indexOf(asked);
        if (place >= 0) this.#waiting.splice(place, 1);
        asked.refuse(reason);
      };
      const onAbort = () => leave(signal?.reason);
      const timer = isFirst ? undefined : setTimeout(() => leave(overloaded()), this.#longestWaitMs);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const asked: Asked = {
        start: async () => {
          clearTimeout(timer);
          try {
            resolve(await this.#thread.ask(type, question, given));
          } catch (error) {
            reject(error);
          } finally {
            settle();
          }
        },
        refuse: (error) => {
          settle();
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort);
      if (isFirst) this.#waiting.unshift(asked);
      else this.#waiting.push(asked);
      void this.#next();
    });
  }

  async stop(): Promise<void> {
    for (const asked of this.#waiting.splice(0)) asked.refuse(stopping());
    await this.#thread.stop();
  }

  async #next(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let asked = this.#waiting.shift(); asked; asked = this.#waiting.shift()) await asked.start();
    this.#isBusy = false;
  }
}

const overloaded = (): RelumineError =>
  new RelumineError('OVERLOADED', 'Too many other questions are being answered. Try again in a few seconds.', {
    retryAfter: RETRY_AFTER_SECONDS,
  });
const stopping = (): RelumineError =>
  new RelumineError('SHUTTING_DOWN', 'The service is stopping. Try again in a moment.');
