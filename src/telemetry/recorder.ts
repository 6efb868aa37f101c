/**
 * Appends a thread's reports to the log of its run, in batches, one append at a time. Sockets get only what is stored.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ThreadReport } from '../schemas/index.ts';
import { SNAPSHOT_FIELDS } from '../vocabulary/index.ts';
import { outageBehind } from '../store/postgres/availability.ts';
import type { Lease, LogChange, LogEntry, LogRecord, Store } from '../store/store.ts';
import type { Counters } from './counters.ts';

/**
 * Time between two appends. A snapshot, or the first entry after a pause, waits only GATHER_MS for what arrives with
 * it, so that snapshots are shown as evenly as they are taken.
 */
const FLUSH_MS = 100;
const GATHER_MS = 10;
/** The number of snapshots that may wait for the database. Newer ones replace older ones. */
const MOST_SNAPSHOTS = 2;
/** Waiting bytes at which the thread is held, and below which it continues. Metrics are never dropped. */
const HOLD_BYTES = 8 * 1024 * 1024;
const RELEASE_BYTES = 1024 * 1024;
/** Most points in one metrics message, so that no message is large. */
const LONGEST_COLUMNS = 2048;
/**
 * After this long without a successful append, the recorder gives up, unless the database is away or full: that ends, and the
 * lease then says whether the run still is this worker's. The run later continues from its last checkpoint.
 */
const GIVE_UP_MS = 60_000;

export interface RecorderOptions {
  lease: Lease;
  /** Of the log, when the run was claimed. */
  lastSeq: number;
  store: { log: Pick<Store['log'], 'append'> };
  broadcaster: { appended(runId: string, records: readonly LogRecord[]): void };
  counters: Counters;
  /** Called when the thread has to wait for the database, and when it can continue. */
  onHold: (isHeld: boolean) => void;
  /** The lease was lost, or the database was unavailable for too long. Nothing more is written. */
  onLost: () => void;
  onError: (error: unknown) => void;
}

export type Recordable = Extract<ThreadReport, { type: 'metrics' | 'snapshot' | 'event' | 'verdict' | 'checkpoint' }>;

export class Recorder {
  readonly #options: RecorderOptions;
  #entries: LogEntry[] = [];
  #change: LogChange = {};
  #bytes = 0;
  #isHeld = false;
  #isLost = false;
  /** While the lease is valid, only this recorder appends. */
  #lastSeq: number;
  #timer: NodeJS.Timeout | null = null;
  /** When the timer appends, in ms. */
  #dueAt = Infinity;
  #appendedAt = -Infinity;
  /** The append in progress, if any. It never rejects. */
  #appending: Promise<void> | null = null;
  readonly #giveUp = new AbortController();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#lastSeq = options.lastSeq;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  add(report: Recordable): void {
    if (this.#isLost) return;
    const entry = toEntry(report);
    if (entry.type === 'snapshot') this.#dropOldSnapshots();
    this.#bytes += bytesOf(entry);
    if (entry.type !== 'metrics' || !this.#extendColumns(entry)) this.#entries.push(entry);
    if (this.#bytes > HOLD_BYTES) this.#hold(true);
    this.#flushSoon(entry.type === 'snapshot');
  }

  /** The change is written with the next append. */
  change(change: LogChange): void {
    Object.assign(this.#change, change);
    this.#flushSoon();
  }

  /** Writes everything, then `change`, which is in the same append as the last entries. False if the lease was lost. */
  async flush(change: LogChange = {}): Promise<boolean> {
    Object.assign(this.#change, change);
    while (!this.#isLost && (this.#appending || this.#hasWork())) {
      if (!this.#appending) this.#append();
      await this.#appending;
    }
    return !this.#isLost;
  }

  /** Drops what is not yet written, and writes nothing more. */
  abandon(): void {
    this.#isLost = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#giveUp.abort();
    this.#entries = [];
    this.#change = {};
    this.#bytes = 0;
  }

  /**
   * Extends the last columns with the same keys if only other metrics follow them. So metrics of each epoch do not
   * split the columns of each step.
   */
  #extendColumns(entry: MetricsEntry): boolean {
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const other = this.#entries[i];
      if (other?.type !== 'metrics') return false;
      if (!hasSameKeys(other, entry)) continue;
      if (other.steps.length + entry.steps.length > LONGEST_COLUMNS) return false;
      extend(other, entry);
      return true;
    }
    return false;
  }

  #flushSoon(isUrgent = false): void {
    if (this.#isLost || this.#appending) return;
    const now = performance.now();
    const dueAt = isUrgent ? now + GATHER_MS : Math.max(now + GATHER_MS, this.#appendedAt + FLUSH_MS);
    // An append never moves to later: otherwise snapshots that come one after another would put it off for good.
    if (this.#timer && dueAt >= this.#dueAt) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => this.#append(), dueAt - now);
  }

  #hasWork(): boolean {
    return this.#entries.length > 0 || Object.keys(this.#change).length > 0;
  }

  #append(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#appendedAt = performance.now();
    const entries = this.#entries;
    const change = this.#change;
    this.#entries = [];
    this.#change = {};
    this.#bytes = 0;
    this.#appending = this.#write(entries, change).then((records) => {
      this.#appending = null;
      if (this.#isLost) return;
      if (!records) {
        this.abandon();
        this.#options.onLost();
        return;
      }
      this.#options.broadcaster.appended(this.#options.lease.runId, records);
      if (this.#bytes < RELEASE_BYTES) this.#hold(false);
      if (this.#hasWork()) this.#flushSoon(this.#entries.some(({ type }) => type === 'snapshot'));
    });
  }

  /** Null if the lease was lost. A failed append is sent again for a while: the log knows it if it was committed after all. */
  async #write(entries: LogEntry[], change: LogChange): Promise<LogRecord[] | null> {
    const { log } = this.#options.store;
    const { lease, counters } = this.#options;
    const startedAt = performance.now();
    let outageEndedAt = startedAt;
    for (let failures = 0; ; failures++) {
      try {
        const appended = await log.append(lease, entries, change, this.#lastSeq);
        this.#lastSeq = appended?.at(-1)?.seq ?? this.#lastSeq;
        counters.appended(appended?.length ?? 0, (performance.now() - startedAt) / 1000);
        return appended;
      } catch (error) {
        counters.appendFailures++;
        this.#options.onError(error);
        if (outageBehind(error)) outageEndedAt = performance.now();
        if (performance.now() - outageEndedAt > GIVE_UP_MS) return null;
      }
      try {
        await delay(Math.min(2000, 100 * 2 ** failures), undefined, { signal: this.#giveUp.signal });
      } catch {
        return null;
      }
    }
  }

  #dropOldSnapshots(): void {
    const snapshots = this.#entries.filter((entry) => entry.type === 'snapshot');
    const oldest = snapshots[0];
    if (!oldest || snapshots.length < MOST_SNAPSHOTS) return;
    this.#entries.splice(this.#entries.indexOf(oldest), 1);
    this.#bytes -= bytesOf(oldest);
    this.#options.counters.snapshotsDropped++;
  }

  #hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#options.onHold(isHeld);
  }
}

function toEntry(report: Recordable): LogEntry {
  switch (report.type) {
    case 'metrics':
      return { ...report, step: report.steps.at(-1) ?? 0 };
    case 'snapshot': {
      const { step, epoch, samples, layers, data } = report;
      return { type: 'snapshot', step, header: { step, epoch, samples, layers, fields: SNAPSHOT_FIELDS }, data };
    }
    case 'event':
    case 'verdict':
    case 'checkpoint':
      return report;
  }
}

type MetricsEntry = Extract<LogEntry, { type: 'metrics' }>;

function hasSameKeys(entry: MetricsEntry, other: MetricsEntry): boolean {
  const keys = Object.keys(entry.values);
  return keys.length === Object.keys(other.values).length && keys.every((key) => Object.hasOwn(other.values, key));
}

function extend(entry: MetricsEntry, more: MetricsEntry): void {
  for (const step of more.steps) entry.steps.push(step);
  for (const [key, values] of Object.entries(more.values)) {
    const column = entry.values[key];
    if (column) for (const value of values) column.push(value);
  }
  entry.step = more.step;
}

function bytesOf(entry: LogEntry): number {
  switch (entry.type) {
    case 'metrics':
      return entry.steps.length * (1 + Object.keys(entry.values).length) * 8;
    case 'snapshot':
      return entry.data.byteLength;
    case 'checkpoint':
      return entry.state.byteLength + (entry.best?.state.byteLength ?? 0);
    case 'event':
      return 1000;
    case 'verdict':
      return 1000 + (entry.parts ?? []).reduce((sum, { data }) => sum + data.byteLength, 0);
  }
}
