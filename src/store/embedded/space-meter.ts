/**
 * How much room is left on the disk of the embedded database, and what may still be written to it. A database that cannot
 * write its own log breaks, so nothing is written any more before that.
 */
import { statfsSync } from 'node:fs';

/** low: new runs are refused, so that what is left is for those that run. full: the database is read only. */
export type SpaceLevel = 'ok' | 'low' | 'full';

export const MIB = 1024 * 1024;
export const LOW_BYTES = 96 * MIB;
export const FULL_BYTES = 32 * MIB;
/** A level is left only with this much more, so that it does not flicker. */
export const MARGIN_BYTES = 8 * MIB;

/** Looks at the disk now, and remembers the last level. */
export class SpaceMeter {
  readonly #folder: string;
  level: SpaceLevel = 'ok';
  /** Null where the file system does not say. */
  freeBytes: number | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  look(): SpaceLevel {
    this.freeBytes = freeBytes(this.#folder);
    if (this.freeBytes !== null) this.level = levelOf(this.freeBytes, this.level);
    return this.level;
  }
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return blocks > 0 ? bavail * bsize : null;
  } catch {
    return null;
  }
}

function levelOf(free: number, before: SpaceLevel): SpaceLevel {
  if (free < FULL_BYTES + (before === 'full' ? MARGIN_BYTES : 0)) return 'full';
  return free < LOW_BYTES + (before === 'ok' ? 0 : MARGIN_BYTES) ? 'low' : 'ok';
}
