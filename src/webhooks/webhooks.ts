/** Tells webhooks what happens to runs: looks, and sends. Every process with a database does both. */
import { isIP } from 'node:net';
import type { Delivery, NewWebhook, Webhook } from '../vocabulary/index.ts';
import type { Hint, Origin, Store } from '../store/store.ts';
import { hostOf, isPrivate } from './addresses.ts';
import { tellOfEndings, tellOfRun } from './alerts.ts';
import { Courier, type CourierOptions, type WebhooksLog } from './courier.ts';
import { newSecret } from './message.ts';

export interface WebhooksOptions extends Omit<CourierOptions, 'store'> {
  store: Pick<Store, 'webhooks' | 'deliveries' | 'subscribe'>;
  /** Between two looks at the runs that train. */
  lookMs?: number;
}

/** Longer than an attempt: until then no other process sends a test that was only just written. */
const TEST_LEASE_MS = 30_000;

export class Webhooks {
  readonly #store: WebhooksOptions['store'];
  readonly #log: WebhooksLog;
  readonly #courier: Courier;
  readonly #allowPrivate: boolean;
  readonly #lookMs: number;
  readonly #rereadMs: number;
  /** Runs whose log has grown since the last look. */
  readonly #grown = new Set<string>();
  /** Null: to be read again. */
  #enabled: readonly Webhook[] | null = null;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #rereadTimer: NodeJS.Timeout | null = null;
  #unsubscribe: (() => void) | null = null;
  #isStopping = false;

  constructor({ lookMs = 1000, ...options }: WebhooksOptions) {
    this.#store = options.store;
    this.#log = options.log;
    this.#courier = new Courier(options);
    this.#allowPrivate = options.allowPrivate;
    this.#lookMs = lookMs;
    this.#rereadMs = options.rereadMs ?? 5000;
  }

  start(): void {
    this.#unsubscribe = this.#store.subscribe((hint) => this.#follow(hint));
    this.#reread();
    this.#courier.nudge();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#unsubscribe?.();
    for (const timer of [this.#timer, this.#rereadTimer]) if (timer) clearTimeout(timer);
    await this.#looking;
    await this.#courier.stop();
  }

  /** Something waits to be sent, such as a delivery that is to be sent again. */
  nudge(): void {
    this.#courier.nudge();
  }

  /** Throws if it cannot be stored. The secret is not returned again. */
  async create(
    webhook: Omit<NewWebhook, 'project'>,
    { project, createdBy }: Origin,
  ): Promise<{ webhook: Webhook; secret: string }> {
    const secret = newSecret();
    return { webhook: await this.#store.webhooks.create({ ...webhook, project }, secret, createdBy), secret };
  }

  /** Why nothing can be sent to an address, as the end of a sentence; null if that is not known before it is tried. */
  refusalOf(address: string): string | null {
    if (!URL.canParse(address)) return 'is not an address';
    const url = new URL(address);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
    if (url.username !== '' || url.password !== '') return 'must not contain a name or password';
    const host = hostOf(url);
    const isKnown = isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost');
    return !this.#allowPrivate && isKnown && isPrivate(host)
      ? 'is in a private network, or on this machine, which WEBHOOKS_ALLOW_PRIVATE would allow'
      : null;
  }

  /** Sends a test, and returns how it went. Null if the webhook was deleted. */
  async test(webhook: Webhook): Promise<Delivery | null> {
    const telling = { event: 'test', run: null, subject: `test ${Date.now()} ${Math.random()}` } as const;
    const delivery = await this.#store.deliveries.add(webhook, telling, TEST_LEASE_MS);
    if (!delivery) return null;
    await this.#courier.sendOnce(delivery.id);
    return this.#store.deliveries.get(delivery.id);
  }

  #follow(hint: Hint): void {
    if (hint.type === 'webhooks' || hint.type === 'missed') this.#enabled = null;
    if (hint.type === 'appended') {
      this.#grown.add(hint.runId);
      this.#lookSoon();
    }
  }

  /** Finds what hints did not say, because they got lost or because nobody was there. */
  #reread(): void {
    if (this.#isStopping) return;
    this.#enabled = null;
    this.#lookSoon();
    this.#rereadTimer = setTimeout(() => this.#reread(), this.#rereadMs);
  }

  #lookSoon(): void {
    if (this.#isStopping) return;
    this.#timer ??= setTimeout(() => {
      this.#looking = this.#looking
        .then(() => this.#look())
        .catch((error: unknown) => this.#log.warn({ err: error }, 'could not look for what webhooks are to be told'))
        .finally(() => {
          this.#timer = null;
          if (this.#grown.size > 0) this.#lookSoon();
        });
    }, this.#lookMs);
  }

  async #look(): Promise<void> {
    const grown = [...this.#grown];
    this.#grown.clear();
    this.#enabled ??= await this.#store.webhooks.enabled();
    const webhooks = this.#enabled;
    if (webhooks.length === 0) return;
    let isNew = await tellOfEndings(this.#store);
    const watching = webhooks.filter(({ events }) => events.includes('metric') || events.includes('layer.critical'));
    if (grown.length > 0 && watching.length > 0) {
      const runs = await this.#store.deliveries.told(grown, [...new Set(watching.map(({ project }) => project))]);
      for (const told of runs) if (await tellOfRun(this.#store, told, watching)) isNew = true;
    }
    if (isNew) this.#courier.nudge();
  }
}
