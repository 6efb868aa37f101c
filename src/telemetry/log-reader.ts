/** One subscriber's place in a run's log. Whenever it has its turn, it takes the next page from the feed of the run. */
import type { Subscriber, Subscription } from './broadcaster.ts';
import type { Counters } from './counters.ts';
import { textFrame } from './frames.ts';
import type { LogFeed } from './log-feed.ts';
import type { Page } from './page.ts';
import type { Member, Turns } from './turns.ts';

export interface ReaderContext {
  turns: Turns<LogFeed>;
  counters: Counters;
  /** A subscriber threw and was closed. */
  onError: (error: unknown, runId: string) => void;
}

/**
 * idle: it has everything, and the feed wakes it when there is more. queued: it will have its turn. reading: its page is
 * being read, or where it begins. full: the subscriber's buffer is full.
 */
type Mode = 'idle' | 'queued' | 'reading' | 'full' | 'closed';

export class LogReader implements Subscription, Member {
  readonly #feed: LogFeed;
  readonly #subscriber: Subscriber;
  readonly #context: ReaderContext;
  #mode: Mode = 'reading';
  /** Everything up to this seq was written or skipped. */
  #cursor: number;
  #hasCaughtUp = false;
  #hasLookedForEnd = false;
  /** The last message of the run was written. */
  #isOver = false;
  /** Of the snapshots that have passed through the feed's tail: those that were written, or counted as dropped. */
  #snapshotsDealtWith = 0;
  /** Dropped, and not told to the subscriber yet. */
  #dropped = 0;

  constructor(feed: LogFeed, since: number, subscriber: Subscriber, context: ReaderContext) {
    this.#feed = feed;
    this.#cursor = since;
    this.#subscriber = subscriber;
    this.#context = context;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** There is more in the log. */
  wake(): void {
    if (this.#mode === 'idle') this.#queue();
  }

  /** What it waited for is there. */
  resume(): void {
    if (this.#mode === 'reading') this.#queue();
  }

  drained(): void {
    if (this.#mode === 'full') this.#queue();
  }

  /** The log ends before the place that the subscriber asked for. */
  goBack(end: number): void {
    this.#cursor = Math.min(this.#cursor, end);
  }

  close(): void {
    if (this.#mode === 'closed') return;
    this.#mode = 'closed';
    this.#feed.remove(this);
  }

  end(): void {
    if (this.#mode === 'closed') return;
    this.close();
    this.#notify((subscriber) => subscriber.ended());
  }

  turn(): void {
    if (this.#mode !== 'queued') return;
    if (this.#isOver) return this.#finish();
    const { tail } = this.#feed;
    // Too slow while live: no snapshots until it has caught up again.
    const isBehind = this.#hasCaughtUp && tail !== null && this.#cursor < tail.from;
    if (this.#hasCaughtUp && tail) this.#countDropped(tail.snapshotsUpTo(Math.max(this.#cursor, tail.from)));
    const next = this.#feed.next(this);
    switch (next) {
      case 'end':
        this.#mode = 'idle';
        this.#arrive();
        return;
      case 'growing':
        this.#mode = 'idle';
        return;
      case 'reading':
        this.#mode = 'reading';
        return;
      default:
        this.#write(next, isBehind);
    }
  }

  #queue(): void {
    this.#mode = 'queued';
    this.#context.turns.add(this.#feed, this);
  }

  #write(page: Page, skipsSnapshots: boolean): void {
    const { frames, untold } = page.after(this.#cursor, { skipsSnapshots, missed: this.#dropped });
    this.#cursor = page.to;
    this.#dropped = untold;
    this.#isOver = page.isEnd;
    const { tail } = this.#feed;
    if (!skipsSnapshots && tail && this.#cursor >= tail.from)
      this.#snapshotsDealtWith = tail.snapshotsUpTo(this.#cursor);
    if (frames === null || this.#say(frames)) this.#queue();
  }

  /** It has read everything that there is. */
  #arrive(): void {
    if (!this.#hasCaughtUp) {
      this.#snapshotsDealtWith = this.#feed.tail?.snapshotsUpTo(this.#cursor) ?? 0;
      this.#sayCaughtUp();
    }
    if (this.#hasLookedForEnd || this.#isClosed()) return;
    this.#hasLookedForEnd = true;
    this.#feed.lookForEnd(this);
  }

  #finish(): void {
    if (!this.#hasCaughtUp) this.#sayCaughtUp();
    this.end();
  }

  #sayCaughtUp(): void {
    this.#hasCaughtUp = true;
    const dropped = this.#dropped > 0 ? { droppedSnapshots: this.#dropped } : {};
    this.#dropped = 0;
    this.#say(textFrame(JSON.stringify({ type: 'caughtUp', seq: this.#cursor, ...dropped })));
  }

  /** False if nothing more can be written, for now or at all. */
  #say(frames: Buffer): boolean {
    const hasRoom = this.#notify((subscriber) => subscriber.write(frames)) ?? false;
    if (this.#isClosed()) return false;
    if (!hasRoom) this.#mode = 'full';
    return hasRoom;
  }

  #countDropped(passed: number): void {
    const dropped = passed - this.#snapshotsDealtWith;
    if (dropped <= 0) return;
    this.#snapshotsDealtWith = passed;
    this.#dropped += dropped;
    this.#context.counters.snapshotsSkipped += dropped;
  }

  /** A subscriber that throws is closed, so the log and its writer are not affected. */
  #notify<T>(say: (subscriber: Subscriber) => T): T | null {
    try {
      return say(this.#subscriber);
    } catch (error) {
      this.#context.onError(error, this.#feed.runId);
      this.close();
      return null;
    }
  }

  // The mode changes in callbacks, which the compiler cannot follow.
  #isClosed(): boolean {
    return this.#mode === 'closed';
  }
}
