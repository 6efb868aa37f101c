/** Consecutive records of a run's log, encoded once for all sockets that read them. */
import { isFinal } from '../vocabulary/index.ts';
import type { LogRecord } from '../store/store.ts';
import { BINARY, headerBytes, payloadOf, TEXT, textFrame, writeHeader } from './frames.ts';

/** A larger snapshot is not sent, and counts as dropped. It can be fetched from the stored ones. */
const LARGEST_SNAPSHOT_BYTES = 4 * 1024 * 1024;

interface Entry {
  seq: number;
  isSnapshot: boolean;
  /** Where its frame ends, and the next one begins. */
  end: number;
}

/** What a reader is sent of a page. */
export interface Portion {
  /** Frames one after another; null if there is nothing to send. */
  frames: Buffer | null;
  /** How many snapshots are left out and were not told of in `frames`. */
  untold: number;
}

export class Page {
  /** It has every record with `from` < seq <= `to` that the log still has. */
  readonly from: number;
  readonly to: number;
  readonly frames: Buffer;
  /** It ends with the last message of a run that has ended. */
  readonly isEnd: boolean;
  readonly snapshots: number;
  readonly #entries: readonly Entry[];
  readonly #hasLeftOut: boolean;

  private constructor(from: number, to: number, frames: Buffer, entries: readonly Entry[], isEnd: boolean) {
    this.from = from;
    this.to = to;
    this.frames = frames;
    this.isEnd = isEnd;
    this.#entries = entries;
    this.snapshots = entries.filter(({ isSnapshot }) => isSnapshot).length;
    this.#hasLeftOut = entries.some(({ end }, i) => end === (entries[i - 1]?.end ?? 0));
  }

  static of(from: number, to: number, records: readonly LogRecord[]): Page {
    const payloads = records.map((record) => {
      if (record.kind === 'message') return Buffer.from(JSON.stringify(record.message));
      return record.frame.byteLength <= LARGEST_SNAPSHOT_BYTES ? record.frame : null;
    });
    const total = payloads.reduce(
      (sum, payload) => sum + (payload === null ? 0 : headerBytes(payload.byteLength) + payload.byteLength),
      0,
    );
    const frames = Buffer.allocUnsafeSlow(total);
    let end = 0;
    const entries = records.map(({ seq, kind }, i) => {
      const payload = payloads[i];
      if (payload) {
        end = writeHeader(frames, end, kind === 'message' ? TEXT : BINARY, payload.byteLength);
        frames.set(payload, end);
        end += payload.byteLength;
      }
      return { seq, isSnapshot: kind === 'snapshot', end };
    });
    const last = records.at(-1);
    const isEnd = last?.kind === 'message' && last.message.type === 'status' && isFinal(last.message.status);
    return new Page(from, to, frames, entries, isEnd);
  }

  /** One page of several, each of which continues the one before. */
  static join(pages: readonly Page[]): Page {
    const [first] = pages;
    const last = pages.at(-1);
    if (!first || !last) throw new RangeError('There is nothing to join.');
    let before = 0;
    const entries: Entry[] = [];
    for (const page of pages) {
      for (const entry of page.#entries) entries.push({ ...entry, end: before + entry.end });
      before += page.bytes;
    }
    return new Page(first.from, last.to, Buffer.concat(pages.map(({ frames }) => frames)), entries, last.isEnd);
  }

  get bytes(): number {
    return this.frames.byteLength;
  }

  /** Snapshots up to and including `seq`. */
  snapshotsUpTo(seq: number): number {
    if (seq >= this.to) return this.snapshots;
    let count = 0;
    for (let i = this.#after(seq) - 1; i >= 0; i--) if (this.#entries[i]!.isSnapshot) count += 1;
    return count;
  }

  /**
   * What comes after `seq`, without snapshots if the reader skips them. The first text says how many snapshots the reader
   * has missed before it, `missed` and those that are left out here because they are too large.
   */
  after(seq: number, { skipsSnapshots, missed }: { skipsSnapshots: boolean; missed: number }): Portion {
    const first = seq <= this.from ? 0 : this.#after(seq);
    if (!skipsSnapshots && missed === 0 && !this.#hasLeftOut) {
      const start = this.#startOf(first);
      return { frames: start < this.bytes ? this.frames.subarray(start) : null, untold: 0 };
    }
    const parts: Buffer[] = [];
    let untold = missed;
    for (let i = first; i < this.#entries.length; i++) {
      const frame = this.frames.subarray(this.#startOf(i), this.#entries[i]!.end);
      if (this.#entries[i]!.isSnapshot) {
        if (frame.byteLength === 0) untold += 1;
        else if (!skipsSnapshots) parts.push(frame);
      } else {
        parts.push(untold > 0 ? withDropped(frame, untold) : frame);
        untold = 0;
      }
    }
    return { frames: parts.length > 0 ? Buffer.concat(parts) : null, untold };
  }

  #startOf(index: number): number {
    return this.#entries[index - 1]?.end ?? 0;
  }

  /** The index of the first entry with a higher seq. */
  #after(seq: number): number {
    let low = 0,
      high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The text with one more field. */
function withDropped(frame: Buffer, droppedSnapshots: number): Buffer {
  const text = payloadOf(frame).toString();
  return textFrame(`${text.slice(0, -1)},"droppedSnapshots":${droppedSnapshots}}`);
}
