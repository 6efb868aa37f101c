/**
 * One run's log, for everybody who reads it now: pages from the store until a reader has caught up, then the tail, which
 * grows with what is appended. A question to the store is asked once for all readers that have it.
 */
import { isFinal } from '../vocabulary/index.ts';
import type { LogRecord, Store } from '../store/store.ts';
import type { LogReader } from './log-reader.ts';
import { Page } from './page.ts';
import type { Pages } from './pages.ts';
import { Tail } from './tail.ts';

export interface FeedContext {
  store: Pick<Store, 'log' | 'runs'>;
  pages: Pages;
  /** The store did not answer, and is asked again soon. */
  onError: (error: unknown, runId: string) => void;
  retryMs: number;
  /** The last reader has gone. */
  onIdle: (feed: LogFeed) => void;
}

export class LogFeed {
  readonly runId: string;
  readonly #context: FeedContext;
  readonly #readers = new Set<LogReader>();
  #tail: Tail | null = null;
  /** The log has records up to here at least. */
  #known = 0;
  /** Readers that wait for a page, by its beginning. */
  readonly #waiting = new Map<number, LogReader[]>();
  #isReadingOn = false;
  readonly #places: Batch<LogReader>;
  readonly #ends: Batch<LogReader>;
  #isClosed = false;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(runId: string, context: FeedContext) {
    this.runId = runId;
    this.#context = context;
    this.#places = new Batch((readers) => this.#ask(() => this.#checkPlaces(readers)));
    this.#ends = new Batch((readers) => this.#ask(() => this.#checkEnd(readers)));
  }

  get readers(): ReadonlySet<LogReader> {
    return this.#readers;
  }
  /** Null until the first reader has reached the end of the log. */
  get tail(): Tail | null {
    return this.#tail;
  }

  add(reader: LogReader): void {
    this.#readers.add(reader);
    if (reader.cursor <= this.#known) reader.resume();
    else this.#places.add(reader);
  }

  remove(reader: LogReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#context.onIdle(this);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const reader of this.#readers) reader.close();
    this.#context.pages.forget(this.runId);
  }

  /**
   * What follows `reader.cursor`. `reading`: the reader is resumed when it is there. `growing`: it is woken when the tail
   * has it. `end`: it is woken when there is more.
   */
  next(reader: LogReader): Page | 'reading' | 'growing' | 'end' {
    const { cursor } = reader;
    if (this.#tail && cursor >= this.#tail.from) {
      const page = this.#tail.pageAfter(cursor);
      if (page) return page;
      if (cursor >= this.#known) return 'end';
      this.#readOn();
      return 'growing';
    }
    const found = this.#context.pages.find(this.runId, cursor);
    if (typeof found !== 'number') return found;
    const waiting = this.#waiting.get(found);
    if (waiting) waiting.push(reader);
    else {
      this.#waiting.set(found, [reader]);
      void this.#ask(() => this.#readPage(found));
    }
    return 'reading';
  }

  /** Ends the reader, which is at the end of the log, if the run has ended before. */
  lookForEnd(reader: LogReader): void {
    this.#ends.add(reader);
  }

  /** Takes what a recorder of this process has just committed, in order and complete. */
  append(records: readonly LogRecord[]): void {
    const first = records[0];
    const last = records.at(-1);
    if (!first || !last) return;
    this.#known = Math.max(this.#known, last.seq);
    if (this.#tail && this.#tail.to < first.seq - 1) {
      this.#readOn();
      return;
    }
    this.#grow(first.seq - 1, last.seq, records);
  }

  /** The log has grown up to `seq`, written by anybody. Infinity: it may have. */
  note(seq: number): void {
    this.#known = Math.max(this.#known, seq);
    if (this.#tail && this.#tail.to < this.#known) this.#readOn();
  }

  #grow(from: number, to: number, records: readonly LogRecord[]): void {
    const tail = this.#tail;
    if (!tail) this.#tail = new Tail(Page.of(from, to, records));
    else if (to > tail.to)
      tail.add(
        Page.of(
          tail.to,
          to,
          records.filter(({ seq }) => seq > tail.to),
        ),
      );
    else return;
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const reader of this.#readers) reader.wake();
  }

  async #readPage(from: number): Promise<void> {
    const { page, end } = await this.#context.pages.read(this.runId, from);
    if (this.#isClosed) return;
    if (!this.#tail && page.to >= end) this.#tail = new Tail(page);
    this.note(end);
    const waiting = this.#waiting.get(from) ?? [];
    this.#waiting.delete(from);
    for (const reader of waiting) reader.resume();
  }

  /** Until the tail has everything that is known of: one read for all readers. */
  #readOn(): void {
    if (this.#isReadingOn) return;
    this.#isReadingOn = true;
    void this.#ask(async () => {
      for (let tail = this.#tail; tail && tail.to < this.#known && !this.#isClosed; tail = this.#tail) {
        const announced = this.#known;
        const { records, to, end } = await this.#context.pages.readRecords(this.runId, tail.to);
        // It may have been announced that there is more, or more than there is now that the run was deleted.
        if (this.#known === announced || this.#known < end) this.#known = Math.max(end, tail.to);
        this.#grow(tail.to, to, records);
      }
      this.#isReadingOn = false;
      this.#wakeAll();
    });
  }

  /** A place beyond the end of the log is its end. */
  async #checkPlaces(readers: readonly LogReader[]): Promise<void> {
    const end = await this.#context.store.log.lastSeq(this.runId);
    this.note(end);
    for (const reader of readers) {
      reader.goBack(end);
      reader.resume();
    }
  }

  /** A run that ends later is recognised by its last status message. */
  async #checkEnd(readers: readonly LogReader[]): Promise<void> {
    const { log, runs } = this.#context.store;
    const state = await runs.state(this.runId);
    if (state && !isFinal(state.status)) return;
    const end = state ? await log.lastSeq(this.runId) : 0;
    this.note(end);
    for (const reader of readers) if (reader.cursor >= end) reader.end();
  }

  /** Asks the store, again and again if it does not answer. */
  #ask(question: () => Promise<void>): Promise<void> {
    return question().catch((error: unknown) => {
      if (this.#isClosed) return;
      this.#context.onError(error, this.runId);
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          resolve(this.#ask(question));
        }, this.#context.retryMs);
        this.#timers.add(timer);
      });
    });
  }
}

/** Handles together what has come up while the last batch was handled. */
class Batch<T> {
  readonly #handle: (items: readonly T[]) => Promise<void>;
  #items: T[] = [];
  #isBusy = false;

  constructor(handle: (items: readonly T[]) => Promise<void>) {
    this.#handle = handle;
  }

  add(item: T): void {
    this.#items.push(item);
    if (!this.#isBusy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    while (this.#items.length > 0) {
      const items = this.#items;
      this.#items = [];
      await this.#handle(items);
    }
    this.#isBusy = false;
  }
}
