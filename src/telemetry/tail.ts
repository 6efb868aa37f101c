/**
 * The newest part of a run's log, in memory: what its readers are sent while they keep up. A reader that falls behind its
 * beginning reads the database again.
 */
import { Page } from './page.ts';

/** Older pages go when there is more than this. The newest one stays. */
const MOST_BYTES = 1024 * 1024;
/** Short pages are joined up to this for readers that are a little behind, so that one write is enough for each of them. */
const JOINED_BYTES = 64 * 1024;

interface Place {
  page: Page;
  /** Snapshots that passed through the tail before it. */
  snapshotsBefore: number;
}

export class Tail {
  #first: Place;
  #last: Place;
  readonly #places: Place[];
  #bytes: number;
  /** By their beginning, until the tail grows. */
  readonly #joined = new Map<number, Page>();

  constructor(page: Page) {
    this.#first = this.#last = { page, snapshotsBefore: 0 };
    this.#places = [this.#first];
    this.#bytes = page.bytes;
  }

  /** It has every record after this seq. */
  get from(): number {
    return this.#first.page.from;
  }
  get to(): number {
    return this.#last.page.to;
  }

  /** `page` continues where the tail ends. */
  add(page: Page): void {
    this.#joined.clear();
    this.#last = { page, snapshotsBefore: this.#last.snapshotsBefore + this.#last.page.snapshots };
    this.#places.push(this.#last);
    this.#bytes += page.bytes;
    while (this.#bytes > MOST_BYTES && this.#first !== this.#last) {
      this.#bytes -= this.#first.page.bytes;
      this.#places.shift();
      this.#first = this.#places[0] ?? this.#last;
    }
  }

  /** What continues after `seq`, which is not before `from`; null at the end. */
  pageAfter(seq: number): Page | null {
    if (seq >= this.to) return null;
    const index = this.#places.findLastIndex(({ page }) => page.from <= seq);
    const place = this.#places[index];
    if (!place || place === this.#last) return place?.page ?? null;
    const { from } = place.page;
    const joined = this.#joined.get(from) ?? this.#join(index);
    this.#joined.set(from, joined);
    return joined;
  }

  #join(index: number): Page {
    const pages: Page[] = [];
    let bytes = 0;
    for (const { page } of this.#places.slice(index)) {
      if (pages.length > 0 && bytes + page.bytes > JOINED_BYTES) break;
      pages.push(page);
      bytes += page.bytes;
    }
    return pages.length === 1 ? pages[0]! : Page.join(pages);
  }

  /** Snapshots that passed through the tail since it began, up to and including `seq`. */
  snapshotsUpTo(seq: number): number {
    const place = this.#placeOf((page) => page.from < seq);
    return place ? place.snapshotsBefore + place.page.snapshotsUpTo(seq) : this.#first.snapshotsBefore;
  }

  /** The newest that fits; most readers are at the end. */
  #placeOf(fits: (page: Page) => boolean): Place | undefined {
    return this.#places.findLast(({ page }) => fits(page));
  }
}
