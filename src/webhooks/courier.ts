/** Sends what is due, and again later what could not be sent. */
import type { DeliveryAttempt } from '../vocabulary/index.ts';
import type { DueDelivery, Outcome, Store } from '../store/store.ts';
import { writeMessage } from './message.ts';
import { send } from './send.ts';

/** The part of a pino logger that webhooks use. */
export interface WebhooksLog {
  info(context: object, sentence: string): void;
  warn(context: object, sentence: string): void;
}

export interface CourierOptions {
  store: Pick<Store, 'deliveries' | 'webhooks'>;
  log: WebhooksLog;
  /** Where people reach the service, for links in messages. */
  serviceUrl: string | null;
  /** To addresses that are not on the public internet too. */
  allowPrivate: boolean;
  /** Between attempts, in milliseconds; after one more failure the delivery has failed. */
  retryMs?: readonly number[];
  timeoutMs?: number;
  /** The longest time until a delivery is found that another process left behind. */
  rereadMs?: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** As the Standard Webhooks suggest: over more than a day, so that a receiver that is repaired the next morning misses nothing. */
const RETRY_MS = [5000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR];
/** Attempts are put off by up to this share, so that a receiver that comes back is not met by all of them at once. */
const JITTER = 0.2;
const LONGEST_WAIT_MS = 24 * HOUR;
const AT_ONCE = 8;
/** Longer than an attempt, so that no other process takes what is being sent. */
const leaseOf = (timeoutMs: number): number => 2 * timeoutMs + 1000;

/** The receiver wants nothing more: 410 Gone. */
const GONE = 410;

export class Courier {
  readonly #options: Required<CourierOptions>;
  readonly #stopping = new AbortController();
  #working: Promise<void> | null = null;
  #isNudged = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: CourierOptions) {
    this.#options = { retryMs: RETRY_MS, timeoutMs: 10_000, rereadMs: 5000, ...options };
  }

  /** Something may be due. */
  nudge(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#working) {
      this.#isNudged = true;
      return;
    }
    this.#working = this.#work().finally(() => {
      this.#working = null;
      if (!this.#isNudged) return;
      this.#isNudged = false;
      this.nudge();
    });
  }

  /** What is being sent is broken off, and sent again later: the receiver knows it by its id. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#working;
  }

  /** Sends it once, and not again if this fails. Null if it does not exist any more. */
  async sendOnce(id: string): Promise<DeliveryAttempt | null> {
    const due = await this.#options.store.deliveries.takeOne(id, leaseOf(this.#options.timeoutMs));
    return due && this.#attempt(due, () => ({ status: 'failed' }));
  }

  async #work(): Promise<void> {
    const { store, log, rereadMs, timeoutMs } = this.#options;
    let nextMs = rereadMs;
    try {
      for (let isAll = false; !isAll || this.#isNudged;) {
        if (this.#stopping.signal.aborted) return;
        this.#isNudged = false;
        const due = await store.deliveries.take(AT_ONCE, leaseOf(timeoutMs));
        await Promise.all(due.map((each) => this.#attempt(each, (attempts) => this.#outcome(each, attempts))));
        isAll = due.length < AT_ONCE;
      }
      nextMs = Math.min(rereadMs, (await store.deliveries.nextInMs()) ?? rereadMs);
    } catch (error) {
      log.warn({ err: error }, 'could not send to webhooks; retrying');
    }
    if (this.#stopping.signal.aborted) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.nudge(), Math.max(10, nextMs));
  }

  async #attempt(
    due: DueDelivery,
    failed: (sent: Awaited<ReturnType<typeof send>>) => Outcome,
  ): Promise<DeliveryAttempt> {
    const { store, log, serviceUrl, allowPrivate, timeoutMs } = this.#options;
    const { signal } = this.#stopping;
    const sent = await send(due.url, writeMessage(due, serviceUrl), { allowPrivate, timeoutMs, signal });
    const { attempt } = sent;
    // It was broken off by the end of this process, and says nothing about the receiver.
    if (signal.aborted && attempt.status === null) return attempt;
    const outcome: Outcome = attempt.error === null ? { status: 'delivered' } : failed(sent);
    await store.deliveries.settle(due, attempt, outcome);
    if (attempt.status === GONE) await store.webhooks.change(due.webhookId, { disabled: true });
    if (attempt.error !== null)
      log.info({ webhookId: due.webhookId, deliveryId: due.id, ...attempt }, 'a webhook did not take a message');
    return attempt;
  }

  #outcome({ failures }: DueDelivery, { attempt, retryAfterMs }: Awaited<ReturnType<typeof send>>): Outcome {
    const waitMs = this.#options.retryMs[failures];
    if (waitMs === undefined || attempt.status === GONE) return { status: 'failed' };
    const wantedMs = Math.min(LONGEST_WAIT_MS, Math.max(waitMs, retryAfterMs ?? 0));
    return { status: 'waiting', nextAt: new Date(Date.now() + wantedMs * (1 + JITTER * Math.random())) };
  }
}
