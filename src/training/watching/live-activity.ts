/**
 * What the counters of training show between two verdicts: snapshots several times a second, and an estimate after every
 * pass over the data.
 */
import type { ChunkResult } from '../../engine/network.ts';
import type { SnapshotLayer } from '../../vocabulary/index.ts';
import { ActivityCounters } from './activity-counters.ts';

export interface ActivitySnapshot {
  samples: number;
  layers: SnapshotLayer[];
  data: Float32Array<ArrayBuffer>;
}

export class LiveActivity {
  readonly #layers: readonly SnapshotLayer[];
  readonly #snapshotEveryMs: number;
  readonly #passSamples: number;
  #sinceSnapshot: ActivityCounters;
  #pass: ActivityCounters;
  #lastPass: { step: number; counters: ActivityCounters } | null = null;
  #dueAt: number | null = null;

  /** `passSamples`: the size of the training set. One batch is not enough evidence for an estimate. */
  constructor(layers: readonly SnapshotLayer[], passSamples: number, snapshotsPerSecond: number) {
    const neurons = layers.reduce((sum, { units }) => sum + units, 0);
    this.#layers = layers;
    this.#passSamples = passSamples;
    this.#snapshotEveryMs = 1000 / snapshotsPerSecond;
    this.#sinceSnapshot = new ActivityCounters(neurons);
    this.#pass = new ActivityCounters(neurons);
  }

  /** The newest complete pass, and the step at which it ended. */
  get lastPass(): { step: number; counters: ActivityCounters } | null {
    return this.#lastPass;
  }

  add(step: number, result: ChunkResult): void {
    this.#sinceSnapshot.add(result);
    this.#pass.add(result);
    if (this.#pass.samples < this.#passSamples) return;
    const finished = this.#pass;
    this.#pass = this.#lastPass?.counters ?? new ActivityCounters(finished.fired.length);
    this.#pass.reset();
    this.#lastPass = { step, counters: finished };
  }

  /** Null where the next one is not due, or no sample was trained on since the last. `isLast` does not wait. */
  takeSnapshot(isLast: boolean): ActivitySnapshot | null {
    const { samples } = this.#sinceSnapshot;
    const now = performance.now();
    if (this.#layers.length === 0 || this.#snapshotEveryMs === Infinity || samples === 0) return null;
    if (!isLast && this.#dueAt !== null && now < this.#dueAt) return null;
    // Snapshots can only be taken between chunks: if one is late, the next may come earlier, to keep the average rate.
    this.#dueAt = Math.max(this.#dueAt ?? now, now - this.#snapshotEveryMs) + this.#snapshotEveryMs;
    const data = this.#sinceSnapshot.means(this.#layers);
    this.#sinceSnapshot.reset();
    return { samples, layers: [...this.#layers], data };
  }
}
