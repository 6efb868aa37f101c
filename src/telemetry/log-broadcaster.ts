/**
 * Passes appended records to the readers of a run: directly from the recorders of this process, or by a hint and one read
 * if another process wrote them.
 */
import type { Hint, LogRecord, Store } from '../store/store.ts';
import type { Broadcaster, Subscriber, Subscription } from './broadcaster.ts';
import type { Counters } from './counters.ts';
import { LogFeed } from './log-feed.ts';
import { LogReader } from './log-reader.ts';
import { Pages } from './pages.ts';
import { Turns } from './turns.ts';

/**
 * Recorders of this process pass their records on without a read. After this delay, their hints announce nothing new.
 */
const HINT_DELAY_MS = 10;

export interface BroadcasterOptions {
  store: Pick<Store, 'log' | 'runs' | 'subscribe'>;
  counters: Counters;
  onError: (error: unknown, runId: string) => void;
  /** Until a store that did not answer is asked again. */
  retryMs?: number;
  /** The longest that a lost hint can delay what is told. */
  lookMs?: number;
}

const RETRY_MS = 1000;
/** A process that dies after a write and before its hint says nothing of the last message of a run. */
const LOOK_MS = 5000;

export class LogBroadcaster implements Broadcaster {
  readonly #options: BroadcasterOptions;
  readonly #pages: Pages;
  readonly #turns = new Turns<LogFeed>();
  /** Of the runs that have readers. */
  readonly #feeds = new Map<string, LogFeed>();
  /** The newest seq that a hint announced for each run, until it is passed on. */
  readonly #hinted = new Map<string, number>();
  readonly #unsubscribe: () => void;
  #hintTimer: NodeJS.Timeout | null = null;
  #lookTimer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: BroadcasterOptions) {
    this.#options = options;
    this.#pages = new Pages(options.store.log);
    this.#unsubscribe = options.store.subscribe((hint) => this.#take(hint));
  }

  get subscriberCount(): number {
    let count = 0;
    for (const { readers } of this.#feeds.values()) count += readers.size;
    return count;
  }

  /** The first write comes in a later turn of the event loop, so the caller has its subscription before. */
  subscribe(runId: string, since: number, subscriber: Subscriber): Subscription {
    const feed = this.#feeds.get(runId) ?? this.#open(runId);
    const { counters, onError } = this.#options;
    const reader = new LogReader(feed, since, subscriber, { turns: this.#turns, counters, onError });
    feed.add(reader);
    return reader;
  }

  /** Takes what a recorder of this process has just committed, in order and complete. */
  appended(runId: string, records: readonly LogRecord[]): void {
    this.#feeds.get(runId)?.append(records);
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    if (this.#hintTimer) clearTimeout(this.#hintTimer);
    if (this.#lookTimer) clearTimeout(this.#lookTimer);
    for (const feed of this.#feeds.values()) feed.close();
  }

  #open(runId: string): LogFeed {
    const { store, onError, retryMs = RETRY_MS } = this.#options;
    const feed = new LogFeed(runId, {
      store,
      pages: this.#pages,
      onError,
      retryMs,
      onIdle: () => {
        this.#feeds.delete(runId);
        feed.close();
      },
    });
    this.#feeds.set(runId, feed);
    this.#lookLater();
    return feed;
  }

  /** As long as there are readers. */
  #lookLater(): void {
    if (this.#isClosed || this.#feeds.size === 0) return;
    this.#lookTimer ??= setTimeout(() => {
      void this.#look().finally(() => {
        this.#lookTimer = null;
        this.#lookLater();
      });
    }, this.#options.lookMs ?? LOOK_MS).unref();
  }

  async #look(): Promise<void> {
    const { store, onError } = this.#options;
    const runIds = [...this.#feeds.keys()];
    try {
      for (const [runId, seq] of await store.log.lastSeqs(runIds)) this.#feeds.get(runId)?.note(seq);
    } catch (error) {
      for (const runId of runIds) onError(error, runId);
    }
  }

  #take(hint: Hint): void {
    if (hint.type === 'appended') this.#note(hint.runId, hint.seq);
    if (hint.type === 'missed') for (const runId of this.#feeds.keys()) this.#note(runId, Infinity);
  }

  #note(runId: string, seq: number): void {
    if (!this.#feeds.has(runId)) return;
    this.#hinted.set(runId, Math.max(seq, this.#hinted.get(runId) ?? 0));
    this.#hintTimer ??= setTimeout(() => {
      this.#hintTimer = null;
      const hinted = [...this.#hinted];
      this.#hinted.clear();
      for (const [runId, seq] of hinted) this.#feeds.get(runId)?.note(seq);
    }, HINT_DELAY_MS);
  }
}
