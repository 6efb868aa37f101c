/**
 * Counts requests in windows of a minute. A request is counted in memory, so that it does not wait for the database; what
 * was counted is added up with the other processes in the background. So several of them together let through a
 * little more than one: what each gets within FLUSH_MS.
 */
import type { RateStore } from '../store/store.ts';

const FLUSH_MS = 500;
/** Then those of earlier windows are forgotten, and if that is not enough, all. */
const MOST_KEYS = 50_000;

interface Counted {
  /** In milliseconds since 1970. */
  endsAt: number;
  /** Not yet added to what the database has. */
  own: number;
  /** Being added. */
  sent: number;
  /** By all processes, as of the last addition. */
  known: number;
}

export class RateCounts {
  static readonly WINDOW_MS = 60_000;
  readonly #rates: RateStore | null;
  readonly #onError: (error: unknown) => void;
  readonly #counted = new Map<string, Counted>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Without `rates` nobody else counts. */
  constructor(rates: RateStore | null, onError: (error: unknown) => void) {
    this.#rates = rates;
    this.#onError = onError;
  }

  /** Counts one more. `ttl`: milliseconds until the count begins anew. */
  add(key: string, now = Date.now()): { current: number; ttl: number } {
    const endsAt = (Math.floor(now / RateCounts.WINDOW_MS) + 1) * RateCounts.WINDOW_MS;
    let counted = this.#counted.get(key);
    if (counted?.endsAt !== endsAt) {
      if (this.#counted.size >= MOST_KEYS) this.#forget(endsAt);
      counted = { endsAt, own: 0, sent: 0, known: 0 };
      this.#counted.set(key, counted);
    }
    counted.own++;
    if (this.#rates && !this.#isClosed) {
      this.#changed.add(key);
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#flushing = this.#flush(this.#rates!);
      }, FLUSH_MS).unref();
    }
    return { current: counted.known + counted.sent + counted.own, ttl: endsAt - now };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#flushing;
  }

  async #flush(rates: RateStore): Promise<void> {
    const sent = [...this.#changed].flatMap((key) => {
      const counted = this.#counted.get(key);
      return counted && counted.own > 0 ? [{ key, counted, count: counted.own }] : [];
    });
    this.#changed.clear();
    for (const { counted, count } of sent) {
      counted.own -= count;
      counted.sent = count;
    }
    try {
      const sums = await rates.add(
        sent.map(({ key, count, counted }) => ({ key, count, endsAt: new Date(counted.endsAt) })),
      );
      const known = new Map(sums.map((sum) => [sum.key, sum]));
      for (const { key, counted } of sent) {
        const sum = known.get(key);
        counted.known = sum?.endsAt.getTime() === counted.endsAt ? sum.count : counted.known + counted.sent;
        counted.sent = 0;
      }
    } catch (error) {
      // Each process then counts for itself until the database answers again.
      for (const { counted } of sent) {
        counted.known += counted.sent;
        counted.sent = 0;
      }
      this.#onError(error);
    }
  }

  #forget(endsAt: number): void {
    for (const [key, counted] of this.#counted) if (counted.endsAt < endsAt) this.#counted.delete(key);
    if (this.#counted.size >= MOST_KEYS) this.#counted.clear();
  }
}
