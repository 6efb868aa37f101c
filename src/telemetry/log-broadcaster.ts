/**
 * Passes appended records to the subscribers of a run: directly from the recorders of this process, or by a hint and
 * one read if another process wrote them.
 */
import type { Hint, LogRecord, Store } from '../store/store.ts';
import type { Broadcaster, Subscriber, Subscription } from './broadcaster.ts';
import type { Counters } from './counters.ts';
import { LogReader } from './log-reader.ts';

/**
 * Recorders of this process pass their records on without a read. After this delay, their hints announce nothing new.
 */
const HINT_DELAY_MS = 10;
const PAGE = 64;

export interface BroadcasterOptions {
  store: Pick<Store, 'log' | 'runs' | 'subscribe'>;
  counters: Counters;
  onError: (error: unknown, runId: string) => void;
}

export class LogBroadcaster implements Broadcaster {
  readonly #options: BroadcasterOptions;
  readonly #readers = new Map<string, Set<LogReader>>();
  /** The newest seq that a hint announced for each run, until it is read. */
  readonly #hinted = new Map<string, number>();
  readonly #unsubscribe: () => void;
  #hintTimer: NodeJS.Timeout | null = null;

  constructor(options: BroadcasterOptions) {
    this.#options = options;
    this.#unsubscribe = options.store.subscribe((hint) => this.#take(hint));
  }

  get subscriberCount(): number {
    let count = 0;
    for (const readers of this.#readers.values()) count += readers.size;
    return count;
  }

  subscribe(runId: string, since: number, subscriber: Subscriber): Subscription {
    const readers = this.#readers.get(runId) ?? new Set();
    this.#readers.set(runId, readers);
    const reader = new LogReader(runId, since, subscriber, {
      ...this.#options,
      onClose: (closed) => {
        readers.delete(closed);
        if (readers.size === 0) this.#readers.delete(runId);
      },
    });
    readers.add(reader);
    // Started later, so that the caller has its subscription before the first write.
    queueMicrotask(() => reader.start());
    return reader;
  }

  /** Takes what a recorder of this process has just committed, in order and complete. */
  appended(runId: string, records: readonly LogRecord[]): void {
    const first = records[0];
    if (first) this.#push(runId, first.seq - 1, records);
  }

  close(): void {
    this.#unsubscribe();
    if (this.#hintTimer) clearTimeout(this.#hintTimer);
    for (const readers of this.#readers.values()) for (const reader of readers) reader.close();
  }

  #push(runId: string, from: number, records: readonly LogRecord[]): void {
    for (const reader of this.#readers.get(runId) ?? []) reader.push(from, records);
  }

  #take(hint: Hint): void {
    if (hint.type === 'appended') this.#note(hint.runId, hint.seq);
    if (hint.type === 'missed') for (const runId of this.#readers.keys()) this.#note(runId, Infinity);
  }

  #note(runId: string, seq: number): void {
    const readers = this.#readers.get(runId);
    if (!readers) return;
    for (const reader of readers) reader.hint();
    this.#hinted.set(runId, Math.max(seq, this.#hinted.get(runId) ?? 0));
    this.#hintTimer ??= setTimeout(() => {
      this.#hintTimer = null;
      const hinted = [...this.#hinted];
      this.#hinted.clear();
      for (const [runId, seq] of hinted) {
        this.#readOn(runId, seq).catch((error: unknown) => {
          this.#options.onError(error, runId);
          // Each reader then retries on its own.
          for (const reader of this.#readers.get(runId) ?? []) if (reader.isLive) reader.start();
        });
      }
    }, HINT_DELAY_MS);
  }

  /** One read for all live readers of the run. */
  async #readOn(runId: string, seq: number): Promise<void> {
    for (;;) {
      const behind = [...(this.#readers.get(runId) ?? [])].filter((reader) => reader.isLive && reader.cursor < seq);
      if (behind.length === 0) return;
      const from = Math.min(...behind.map((reader) => reader.cursor));
      const records = await this.#options.store.log.read(runId, from, PAGE);
      this.#push(runId, from, records);
      if (records.length < PAGE) return;
    }
  }
}
