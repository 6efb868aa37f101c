/** The threads that read long bodies: a few, started on demand, and ended when they have been idle for a while. */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { RelumineError, type ErrorCode, type ErrorDetail } from '../errors.ts';
import { Turns } from '../turns.ts';
import type { UnreadableCode } from './parse-json.ts';
import type { ReadingName, Readings } from './readings.ts';

export interface BodyOrder<K extends ReadingName = ReadingName> {
  type: K;
  ask: Readings[K]['ask'];
  chunks: Uint8Array[];
  unreadableAs: UnreadableCode;
}
export type BodyAnswer =
  { answer: Readings[ReadingName]['answer'] } | { error: { code: ErrorCode; message: string; details: ErrorDetail[] } };

export interface BodyThreadsOptions {
  threadUrl?: URL;
  /** Bodies that are read at once; each needs up to a GB for a moment. */
  most?: number;
  /** Bodies that wait beside them. */
  mostWaiting?: number;
  idleMs?: number;
}

const HEAP_MB = 2048;

export class BodyThreads {
  readonly #options: Required<BodyThreadsOptions>;
  readonly #turns: Turns;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  #held = 0;
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(options: BodyThreadsOptions = {}) {
    this.#options = { threadUrl: entryPoint(), most: 2, mostWaiting: 16, idleMs: 10_000, ...options };
    this.#turns = new Turns(this.#options.most);
  }

  /**
   * Takes the chunks: whoever calls has none afterwards. Throws what the reading throws, and OVERLOADED where too many
   * bodies wait already. Given up with the signal, with its reason.
   */
  async read<K extends ReadingName>(order: BodyOrder<K>, signal: AbortSignal): Promise<Readings[K]['answer']> {
    const { most, mostWaiting } = this.#options;
    if (this.#held >= most + mostWaiting)
      throw new RelumineError(
        'OVERLOADED',
        'Too many long bodies are being read at this moment. Send the request again in a few seconds.',
        { retryAfter: 5 },
      );
    this.#held += 1;
    try {
      await this.#turns.take(signal);
      try {
        return await this.#run(order, signal);
      } finally {
        this.#turns.pass();
      }
    } finally {
      this.#held -= 1;
    }
  }

  async stop(): Promise<void> {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #run(order: BodyOrder, signal: AbortSignal): Promise<Readings[ReadingName]['answer']> {
    const worker = this.#idle.pop() ?? this.#open();
    worker.ref();
    return new Promise((resolve, reject) => {
      const end = (isAlive: boolean): void => {
        worker.off('message', take).off('error', fail).off('exit', fail);
        signal.removeEventListener('abort', giveUp);
        if (isAlive) this.#rest(worker);
        else this.#end(worker);
      };
      const take = (answer: BodyAnswer): void => {
        end(true);
        if ('answer' in answer) resolve(answer.answer);
        else reject(new RelumineError(answer.error.code, answer.error.message, { details: answer.error.details }));
      };
      const fail = (reason: unknown): void => {
        end(false);
        reject(explainCrash(reason));
      };
      const giveUp = (): void => {
        end(false);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', giveUp);
      worker.on('message', take).on('error', fail).on('exit', fail);
      worker.postMessage(order, wholeBuffers(order.chunks));
    });
  }

  #open(): Worker {
    const worker = new Worker(this.#options.threadUrl, {
      name: 'bodies',
      env: SHARE_ENV,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#all.add(worker);
    // Also one that is idle may end, for want of memory for instance.
    worker.on('error', () => this.#end(worker));
    return worker;
  }

  #rest(worker: Worker): void {
    worker.unref();
    this.#idle.push(worker);
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      for (const idle of this.#idle.splice(0)) this.#end(idle);
    }, this.#options.idleMs);
    this.#idleTimer.unref();
  }

  #end(worker: Worker): void {
    this.#all.delete(worker);
    const place = this.#idle.indexOf(worker);
    if (place >= 0) this.#idle.splice(place, 1);
    void worker.terminate();
  }
}

function entryPoint(): URL {
  const from = import.meta.url;
  return new URL(`./thread${from.endsWith('.ts') ? '.ts' : '.js'}`, from);
}

/** Those that hold nothing but a chunk; others are copied. */
const wholeBuffers = (chunks: readonly Uint8Array[]): ArrayBuffer[] =>
  chunks.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  );

function explainCrash(error: unknown): RelumineError {
  return (error as { code?: string } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new RelumineError('BODY_TOO_LARGE', `The body needs more than ${HEAP_MB} MB of memory to be read.`, {
        cause: error,
      })
    : new RelumineError(
        'INTERNAL_ERROR',
        'The thread that reads bodies ended. The log of the service has the details.',
        {
          cause: error,
        },
      );
}
