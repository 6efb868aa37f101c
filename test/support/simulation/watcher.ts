/** A client that reads the log of the run, and connects again where its process dies. */
import type { Broadcaster } from '../../../src/telemetry/broadcaster.ts';
import { readFrames, type Told } from '../frames.ts';
import type { ModelDatabase } from './model-database.ts';

export class Watcher {
  /** Everything that it was told, in order. */
  readonly told: Exclude<Told, { type: 'caughtUp' }>[] = [];
  isOver = false;
  readonly #database: ModelDatabase;
  readonly #runId: string;

  readonly #onViolation: (violation: string) => void;

  constructor(database: ModelDatabase, runId: string, onViolation: (violation: string) => void) {
    this.#database = database;
    this.#runId = runId;
    this.#onViolation = onViolation;
  }

  /** `readOn`: of a slow one, whose buffer is full after each write; brings it to its other end some time. */
  connect(broadcaster: Broadcaster, readOn: ((drained: () => void) => void) | null): void {
    if (this.isOver) return;
    const subscription = broadcaster.subscribe(this.#runId, this.told.at(-1)?.seq ?? 0, {
      write: (frames) => {
        for (const told of readFrames(frames)) if (told.type !== 'caughtUp') this.#take(told);
        readOn?.(() => subscription.drained());
        return readOn === null;
      },
      ended: () => {
        this.isOver = true;
      },
    });
  }

  #take(told: Exclude<Told, { type: 'caughtUp' }>): void {
    if (told.seq > this.#database.lastSeq(this.#runId))
      this.#onViolation(`message ${told.seq} was told before it was stored`);
    this.told.push(told);
  }
}
