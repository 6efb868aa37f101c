/** Reads a run's log for one subscriber: pages from the store until it has caught up, then what is pushed to it. */
import { isFinal } from '../vocabulary/index.ts';
import type { LogRecord, Store } from '../store/store.ts';
import type { Subscriber, Subscription } from './broadcaster.ts';
import type { Counters } from './counters.ts';

/** Approximate bytes of records held for one subscriber. At most one page is read ahead. */
const PAGE_BYTES = 512 * 1024;
const FIRST_PAGE = 8;
const LARGEST_PAGE = 512;
const RETRY_MS = 1000;

export interface ReaderContext {
  store: Pick<Store, 'log' | 'runs'>;
  counters: Counters;
  /** A page could not be read and will be retried, or a subscriber threw and was closed. */
  onError: (error: unknown, runId: string) => void;
  onClose: (reader: LogReader) => void;
}

/**
 * reading: a page is being read, and pushes only mean that there is more. live: pushes are written. waiting: the
 * subscriber's buffer is full.
 */
type Mode = 'reading' | 'live' | 'waiting' | 'closed';

export class LogReader implements Subscription {
  readonly runId: string;
  readonly #subscriber: Subscriber;
  readonly #context: ReaderContext;
  #mode: Mode = 'reading';
  /** Everything up to this seq was written or skipped. */
  #cursor: number;
  /** The rest of the last page. */
  #page: LogRecord[] = [];
  #pageSize = FIRST_PAGE;
  #hasMore = true;
  #hasCaughtUp = false;
  #hasLookedForEnd = false;
  /** A subscriber that was too slow while live gets no snapshots until it has caught up. */
  #skipsSnapshots = false;
  #dropped = 0;
  #countedTo: number;
  #retry: NodeJS.Timeout | null = null;

  constructor(runId: string, since: number, subscriber: Subscriber, context: ReaderContext) {
    this.runId = runId;
    this.#cursor = since;
    this.#countedTo = since;
    this.#subscriber = subscriber;
    this.#context = context;
  }

  get cursor(): number {
    return this.#cursor;
  }
  get isLive(): boolean {
    return this.#mode === 'live';
  }

  /** Reads from the cursor on; also called when a push left a gap. */
  start(): void {
    if (this.#mode === 'closed') return;
    this.#mode = 'reading';
    this.#catchUp().catch((error: unknown) => {
      if (this.#mode === 'closed') return;
      this.#context.onError(error, this.runId);
      this.#retry = setTimeout(() => this.start(), RETRY_MS);
    });
  }

  /** `records` are all records of the log after `from`, up to the last of them. */
  push(from: number, records: readonly LogRecord[]): void {
    if (this.#mode === 'reading') this.#hasMore = true;
    if (this.#mode === 'waiting' && this.#hasCaughtUp) this.#countDropped(records);
    if (this.#mode !== 'live') return;
    if (from > this.#cursor) {
      this.#hasMore = true;
      this.start();
      return;
    }
    for (const [index, record] of records.entries()) {
      if (record.seq <= this.#cursor) continue;
      if (this.#write(record)) continue;
      if (this.#isWaiting()) {
        this.#skipsSnapshots = true;
        this.#countDropped(records.slice(index + 1));
      }
      return;
    }
  }

  /** Another process has written, so a page that is being read may have missed it. */
  hint(): void {
    if (this.#mode === 'reading') this.#hasMore = true;
  }

  drained(): void {
    if (this.#mode === 'waiting') this.start();
  }

  close(): void {
    if (this.#mode === 'closed') return;
    this.#mode = 'closed';
    if (this.#retry) clearTimeout(this.#retry);
    this.#page = [];
    this.#context.onClose(this);
  }

  async #catchUp(): Promise<void> {
    const { log } = this.#context.store;
    this.#hasMore = true;
    for (;;) {
      while (this.#page.length > 0) {
        const record = this.#page.shift() as LogRecord;
        if (this.#skipsSnapshots && record.kind === 'snapshot') {
          this.#countDropped([record]);
          this.#cursor = record.seq;
        } else if (!this.#write(record)) return;
      }
      if (!this.#hasMore) break;
      this.#hasMore = false;
      // The end of the log: its last records may be snapshots that were thinned out, and `since` may be beyond it.
      const end = this.#hasCaughtUp ? 0 : await log.lastSeq(this.runId);
      if (this.#mode !== 'reading') return;
      if (!this.#hasCaughtUp && this.#cursor > end) {
        this.#cursor = end;
        this.#countedTo = end;
      }
      const size = this.#pageSize;
      const page = await log.read(this.runId, this.#cursor, size);
      if (this.#mode !== 'reading') return;
      if (page.length === size) this.#hasMore = true;
      else if (page.length === 0) this.#cursor = Math.max(this.#cursor, end);
      this.#page = page;
      this.#pageSize = nextPageSize(page, size);
    }
    this.#mode = 'live';
    this.#skipsSnapshots = false;
    if (!this.#hasCaughtUp) {
      this.#hasCaughtUp = true;
      this.#notify((subscriber) => subscriber.caughtUp(this.#cursor));
    }
    if (!this.#hasLookedForEnd) await this.#endIfFinished();
  }

  /**
   * A run that ended before `since` has no more records. A run that ends later is recognised by its last status
   * message.
   */
  async #endIfFinished(): Promise<void> {
    const state = await this.#context.store.runs.state(this.runId);
    const isFinished =
      !state || (isFinal(state.status) && (await this.#context.store.log.lastSeq(this.runId)) <= this.#cursor);
    this.#hasLookedForEnd = true;
    if (isFinished) this.#end();
  }

  /** False if nothing more can be written, for now or at all. */
  #write(record: LogRecord): boolean {
    this.#cursor = record.seq;
    this.#countedTo = Math.max(this.#countedTo, record.seq);
    let dropped = 0;
    if (record.kind === 'message') {
      dropped = this.#dropped;
      this.#dropped = 0;
    }
    const hasRoom = this.#notify((subscriber) => subscriber.write(record, dropped));
    if (this.#isClosed()) return false;
    if (record.kind === 'message' && record.message.type === 'status' && isFinal(record.message.status)) {
      if (!this.#hasCaughtUp) this.#notify((subscriber) => subscriber.caughtUp(record.seq));
      this.#end();
      return false;
    }
    if (!hasRoom) this.#mode = 'waiting';
    return hasRoom === true;
  }

  /** A subscriber that throws is closed, so the log and its writer are not affected. */
  #notify<T>(say: (subscriber: Subscriber) => T): T | null {
    try {
      return say(this.#subscriber);
    } catch (error) {
      this.#context.onError(error, this.runId);
      this.close();
      return null;
    }
  }

  #countDropped(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.seq <= this.#countedTo) continue;
      this.#countedTo = record.seq;
      if (record.kind !== 'snapshot') continue;
      this.#skipsSnapshots = true;
      this.#dropped++;
      this.#context.counters.snapshotsSkipped++;
    }
  }

  #end(): void {
    if (this.#isClosed()) return;
    this.close();
    this.#notify((subscriber) => subscriber.ended());
  }

  // The mode changes in callbacks, which the compiler cannot follow.
  #isClosed(): boolean {
    return this.#mode === 'closed';
  }
  #isWaiting(): boolean {
    return this.#mode === 'waiting';
  }
}

/** The next page has about PAGE_BYTES, and at most twice as many records as the last. */
function nextPageSize(page: readonly LogRecord[], size: number): number {
  if (page.length === 0) return size;
  const bytes = page.reduce((sum, record) => sum + bytesOf(record), 0);
  return Math.max(1, Math.min(LARGEST_PAGE, size * 2, Math.floor((PAGE_BYTES * page.length) / bytes)));
}

function bytesOf(record: LogRecord): number {
  if (record.kind === 'snapshot') return record.frame.byteLength;
  const { message } = record;
  return message.type === 'metrics' ? 200 + message.steps.length * (1 + Object.keys(message.values).length) * 16 : 1000;
}
