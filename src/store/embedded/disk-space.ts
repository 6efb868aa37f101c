/** The disk of a data directory, watched: who is told when it is almost full or full, and what is refused then. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RelumineError } from '../../errors.ts';
import { DatabaseUnavailable, type Availability, type Outage } from '../postgres/availability.ts';
import type { StoreLogger } from '../postgres/database.ts';
import { FULL_BYTES, LOW_BYTES, MARGIN_BYTES, MIB, SpaceMeter, type SpaceLevel } from './space-meter.ts';

const LOOK_EVERY_MS = 500;
/** Given up when even reading needs space: recovery after a crash writes a segment of the write-ahead log. */
const RESERVE_BYTES = 16 * MIB;

export class DiskSpace {
  readonly #meter: SpaceMeter;
  readonly #folder: string;
  readonly #reserve: string;
  readonly #availability: Availability;
  readonly #logger: StoreLogger;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, availability: Availability, logger: StoreLogger) {
    this.#folder = folder;
    this.#meter = new SpaceMeter(folder);
    this.#reserve = join(folder, 'reserve');
    this.#availability = availability;
    this.#logger = logger;
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  get freeBytes(): number | null {
    return this.#meter.freeBytes;
  }
  get level(): SpaceLevel {
    return this.#meter.level;
  }

  look(): SpaceLevel {
    const before = this.#meter.level;
    const level = this.#meter.look();
    if (level === before) return level;
    const { outage } = this.#availability;
    if (level === 'full') this.#availability.set(outage?.kind === 'away' ? outage : fullDisk(this.#folder));
    else if (outage?.kind === 'full') this.#availability.set(null);
    if (before === 'ok' && level === 'low')
      this.#logger.warn(
        { freeBytes: this.freeBytes, folder: this.#folder },
        `${ALMOST_FULL} Runs that have begun go on.`,
      );
    if (level === 'ok') {
      this.#logger.info({ freeBytes: this.freeBytes }, 'the disk of DATA_DIR has room again');
      this.keepReserve();
    }
    return level;
  }

  /** Throws STORAGE_FULL or DATABASE_UNAVAILABLE if a new run would take the space of those that have begun. */
  checkRoom(): void {
    const { outage } = this.#availability;
    if (outage) throw new DatabaseUnavailable(outage);
    if (this.look() === 'low')
      throw new RelumineError('STORAGE_FULL', `${ALMOST_FULL} Free some space there, and try again.`, {
        retryAfter: 30,
      });
  }

  /** Sets space aside, unless it is scarce. Some file systems take no notice of zeros, so it is not empty. */
  keepReserve(): void {
    if ((this.freeBytes ?? 0) < LOW_BYTES + MARGIN_BYTES + RESERVE_BYTES) return;
    this.#writing = this.#writing
      .then(() => writeFile(this.#reserve, Buffer.alloc(RESERVE_BYTES, 'relumine'), { mode: 0o600 }))
      .catch((error: unknown) => this.#logger.warn({ err: error }, 'could not set disk space aside'));
  }

  async releaseReserve(): Promise<void> {
    await this.#writing;
    await rm(this.#reserve, { force: true });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }
}

export const fullDisk = (folder: string): Outage => ({
  kind: 'full',
  reason: `The disk of DATA_DIR is full: less than ${FULL_BYTES / MIB} MiB are free, so nothing is written, and training pauses. Free some space there.`,
  detail: folder,
});

const ALMOST_FULL = `The disk of DATA_DIR is almost full: less than ${LOW_BYTES / MIB} MiB are free, so no new runs and data sets are taken.`;
