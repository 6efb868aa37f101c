/** Reads what clients send, so that no body holds up other requests, however long it is. */
import { BodyThreads, type BodyThreadsOptions } from './body-threads.ts';
import { LargeBody } from './large-body.ts';
import { READINGS, type ReadingName, type Readings } from './readings.ts';

export class Bodies {
  readonly #threads: BodyThreads;

  constructor(options: BodyThreadsOptions = {}) {
    this.#threads = new BodyThreads(options);
  }

  /** `body` as the parser left it: a value, or the bytes of a long one, which are used up. */
  async read<K extends ReadingName>(
    type: K,
    body: unknown,
    ask: Readings[K]['ask'],
    signal: AbortSignal,
  ): Promise<Readings[K]['answer']> {
    if (!(body instanceof LargeBody)) return (READINGS[type] as Reading<K>)(body, ask);
    const { chunks, unreadableAs } = body;
    body.chunks = [];
    return this.#threads.read({ type, ask, chunks, unreadableAs }, signal);
  }

  stop(): Promise<void> {
    return this.#threads.stop();
  }
}

type Reading<K extends ReadingName> = (body: unknown, ask: Readings[K]['ask']) => Readings[K]['answer'];
