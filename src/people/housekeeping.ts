/** Once a day one process deletes what the rules of projects no longer keep, and what nobody needs any more. */
import type { Expired, Store } from '../store/store.ts';
import { RETAINED, type Retention, type RetentionPlan } from '../vocabulary/index.ts';

/** The part of a pino logger that housekeeping uses. */
export interface HousekeepingLog {
  info(context: object, sentence: string): void;
  warn(context: object, sentence: string): void;
}

export interface HousekeepingOptions {
  store: Pick<Store, 'retention' | 'rates' | 'deliveries'>;
  log: HousekeepingLog;
  /** Between two sweeps, by whichever process. */
  everyMs?: number;
  /** How often this process looks whether it is time. */
  lookMs?: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Of messages to webhooks that were delivered, or have failed for good. */
const DELIVERIES_KEPT_MS = 30 * DAY;

export class Housekeeping {
  readonly #options: Required<HousekeepingOptions>;
  #timer: NodeJS.Timeout | null = null;
  #sweeping: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: HousekeepingOptions) {
    // A little less than a day, so that the hour does not move.
    this.#options = { everyMs: DAY - HOUR, lookMs: HOUR, ...options };
  }

  start(): void {
    this.#sweeping = this.#look();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#sweeping;
  }

  async #look(): Promise<void> {
    const { store, log, everyMs, lookMs } = this.#options;
    try {
      if (await store.retention.takeTurn(everyMs)) await this.#sweep();
    } catch (error) {
      log.warn({ err: error }, 'could not delete what is old; retrying');
    }
    if (this.#isStopping) return;
    this.#timer = setTimeout(() => {
      this.#sweeping = this.#look();
    }, lookMs);
    this.#timer.unref();
  }

  async #sweep(): Promise<void> {
    const { store, log } = this.#options;
    await store.rates.sweep();
    await store.deliveries.sweep(new Date(Date.now() - DELIVERIES_KEPT_MS));
    for (const { project, retention } of await store.retention.rules()) {
      const deleted: Expired[] = [];
      for (const expired of await store.retention.expired(project, retention)) {
        if (this.#isStopping) break;
        await store.retention.delete(expired);
        deleted.push(expired);
      }
      if (deleted.length > 0) log.info({ project, ...sumsOf(deleted) }, 'deleted what the project no longer keeps');
    }
  }
}

/** What the rules would delete now. */
export async function planOf(
  { retention }: Pick<Store, 'retention'>,
  project: string,
  rules: Retention,
): Promise<RetentionPlan> {
  return { object: 'retentionPlan', rules, deletes: sumsOf(await retention.expired(project, rules)) };
}

function sumsOf(expired: readonly Expired[]): RetentionPlan['deletes'] {
  const sum = (what: Expired['what']): { runs: number; bytes: number } => {
    const own = expired.filter((each) => each.what === what);
    return { runs: own.length, bytes: own.reduce((total, { bytes }) => total + bytes, 0) };
  };
  const entries = RETAINED.map((what) => [what, sum(what)] as const);
  return Object.fromEntries(entries) as RetentionPlan['deletes'];
}
