/** One kind of trouble: a file of this folder each. */
import type { Store } from '../../../src/store/store.ts';
import type { Tally } from '../harness/tally.ts';

export interface TroubleOptions {
  database: Store['kind'];
  /** The URL of a new database of a server that is there for all; null: embedded. */
  createDatabase: () => Promise<string | null>;
  tally: Tally;
  seed: number;
  /** About how long it may take. */
  minutes: number;
  /** As much of it as reliability is promised for, however long that takes. */
  isLong: boolean;
  /** Instead of what fits in the time. */
  count?: number;
  /** How far it is, now and then. */
  onProgress?: (text: string) => void;
}

export type Trouble = (options: TroubleOptions) => Promise<void>;

const PROGRESS_MS = 30_000;

/** 0, 1, 2 ...: as many as were asked for, or `longCount` in the long mode, or as many as begin in time. */
export function* rounds(
  { minutes, isLong, count, onProgress }: Pick<TroubleOptions, 'minutes' | 'isLong' | 'count' | 'onProgress'>,
  longCount: number,
): Generator<number, void> {
  const wanted = count ?? (isLong ? longCount : null);
  const deadline = performance.now() + minutes * 60_000;
  let tellAt = performance.now() + PROGRESS_MS;
  for (let round = 0; wanted === null ? performance.now() < deadline : round < wanted; round++) {
    if (performance.now() > tellAt) {
      onProgress?.(wanted === null ? `${round}` : `${round} of ${wanted}`);
      tellAt += PROGRESS_MS;
    }
    yield round;
  }
}
