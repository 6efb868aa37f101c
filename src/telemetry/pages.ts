/**
 * Pages of logs, read from the store and encoded once for all readers that come by, and kept while there is room. Runs take
 * turns, so that one with many readers at many places does not hold the others.
 */
import type { LogRecord, Store } from '../store/store.ts';
import { Page } from './page.ts';

/** Pages begin at multiples of this, so that readers from different places soon read the same ones. */
const PAGE_SEQS = 512;
/** Approximate size of the records of a page. It may have one record that is larger. */
const PAGE_BYTES = 128 * 1024;
/** Of all pages that are kept, of all runs. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** A few connections are for others, above all for those who write logs. */
const READ_AT_ONCE = 2;

export class Pages {
  readonly #log: Store['log'];
  /** By run and `from`, the last one that was used at the end. */
  readonly #kept = new Map<string, Page>();
  #keptBytes = 0;
  /** Reads that wait, by run. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #reading = 0;

  constructor(log: Store['log']) {
    this.#log = log;
  }

  /** A kept page that continues after `seq`; a number: from where it has to be read. */
  find(runId: string, seq: number): Page | number {
    const border = seq - (seq % PAGE_SEQS);
    for (const from of border === seq ? [seq] : [border, seq]) {
      const page = this.#kept.get(key(runId, from));
      if (!page) return from;
      if (page.to > seq) {
        this.#keep(runId, page);
        return page;
      }
      // It was cut short because of its size, or it was the end of the log.
    }
    return seq;
  }

  async read(runId: string, from: number): Promise<{ page: Page; end: number }> {
    const { records, to, end } = await this.readRecords(runId, from);
    const page = Page.of(from, to, records);
    if (to > from) this.#keep(runId, page);
    return { page, end };
  }

  /** What a page has that begins at `from`, and the last seq of the log. */
  async readRecords(runId: string, from: number): Promise<{ records: LogRecord[]; to: number; end: number }> {
    await this.#turn(runId);
    try {
      return await this.#log.page(runId, from, from - (from % PAGE_SEQS) + PAGE_SEQS, PAGE_BYTES);
    } finally {
      this.#reading -= 1;
      this.#next();
    }
  }

  /** The run has no readers any more. */
  forget(runId: string): void {
    for (const [name, page] of this.#kept)
      if (name.startsWith(`${runId} `)) {
        this.#kept.delete(name);
        this.#keptBytes -= page.bytes;
      }
  }

  #keep(runId: string, page: Page): void {
    const name = key(runId, page.from);
    this.#keptBytes -= this.#kept.get(name)?.bytes ?? 0;
    this.#kept.delete(name);
    this.#kept.set(name, page);
    this.#keptBytes += page.bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes;
    }
  }

  #turn(runId: string): Promise<void> {
    return new Promise((resolve) => {
      const reads = this.#waiting.get(runId) ?? [];
      this.#waiting.set(runId, reads);
      reads.push(resolve);
      this.#next();
    });
  }

  #next(): void {
    if (this.#reading === READ_AT_ONCE) return;
    const next = this.#waiting.entries().next();
    if (next.done) return;
    const [runId, reads] = next.value;
    const begin = reads.shift();
    this.#waiting.delete(runId);
    if (reads.length > 0) this.#waiting.set(runId, reads);
    this.#reading += 1;
    begin?.();
  }
}

const key = (runId: string, from: number): string => `${runId} ${from}`;
