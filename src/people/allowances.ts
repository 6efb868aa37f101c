/** What projects and people may use at most, and how much of it they use. */
import { noRoom, RelumineError } from '../errors.ts';
import { LIMITED, type Limited, type Limits, type Usage } from '../vocabulary/index.ts';
import type { Origin, Store, UsageOf } from '../store/store.ts';

export type ServiceLimits = Readonly<Record<Limited, number | null>>;
export interface AllowanceOptions {
  store: Pick<Store, 'usage'>;
  /** Of projects and people without limits of their own. */
  limits: Readonly<Record<UsageOf, ServiceLimits>>;
}

/** Sums of stored bytes are remembered: they read many rows. */
const REMEMBERED_MS = 20_000;
const MOST_REMEMBERED = 1000;

export class Allowances {
  readonly #options: AllowanceOptions;
  readonly #bytes = new Map<string, { bytes: Promise<number>; until: number }>();

  constructor(options: AllowanceOptions) {
    this.#options = options;
  }

  /** Null if there is no such project or person. */
  async usage(of: UsageOf, id: string): Promise<Usage | null> {
    const { usage } = this.#options.store;
    const limits = await this.#limits(of, id);
    if (!limits) return null;
    const [runs, storageBytes] = await Promise.all([usage.runs(of, id), usage.storageBytes(of, id)]);
    const used = { ...runs, storageBytes };
    const entries = LIMITED.map((key) => [key, { used: used[key], limit: limits[key] }] as const);
    return { object: 'usage', limits: Object.fromEntries(entries) as Usage['limits'] };
  }

  /**
   * Throws LIMIT_REACHED if more data may not come in now; `runs`: also if no other run may wait. A run itself is let in by
   * the statement that creates it, so that requests at once cannot pass.
   */
  async checkRoom({ project, createdBy }: Origin, what: 'runs' | 'data'): Promise<void> {
    await this.#check('project', project, what);
    if (createdBy !== null) await this.#check('person', createdBy, what);
  }

  async #check(of: UsageOf, id: string, what: 'runs' | 'data'): Promise<void> {
    const limits = await this.#limits(of, id);
    if (!limits) return;
    const whose = of === 'project' ? 'The project has' : 'You have';
    if (what === 'runs' && limits.queuedRuns !== null) {
      const { queuedRuns } = await this.#options.store.usage.runs(of, id);
      if (queuedRuns >= limits.queuedRuns) throw noRoom(of, queuedRuns, limits.queuedRuns);
    }
    if (limits.storageBytes === null) return;
    const bytes = await this.#storedBytes(of, id);
    if (bytes >= limits.storageBytes)
      throw new RelumineError(
        'LIMIT_REACHED',
        `${whose} ${sizeOf(bytes)} stored, and the limit is ${sizeOf(limits.storageBytes)}. Delete runs or data sets that are not needed.`,
      );
  }

  async #limits(of: UsageOf, id: string): Promise<ServiceLimits | null> {
    const own = await this.#options.store.usage.limits(of, id);
    return own && withDefaults(own, this.#options.limits[of]);
  }

  #storedBytes(of: UsageOf, id: string): Promise<number> {
    const name = `${of} ${id}`;
    const known = this.#bytes.get(name);
    if (known && known.until > performance.now()) return known.bytes;
    if (this.#bytes.size >= MOST_REMEMBERED) this.#bytes.clear();
    const bytes = this.#options.store.usage.storageBytes(of, id);
    this.#bytes.set(name, { bytes, until: performance.now() + REMEMBERED_MS });
    bytes.catch(() => this.#bytes.delete(name));
    return bytes;
  }
}

const withDefaults = (own: Limits, byDefault: ServiceLimits): ServiceLimits => ({
  ...byDefault,
  ...Object.fromEntries(Object.entries(own).filter(([, limit]) => limit !== undefined)),
});

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const exponent = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** exponent).toPrecision(3))} ${['', 'KiB', 'MiB', 'GiB', 'TiB'][exponent]}`;
}
