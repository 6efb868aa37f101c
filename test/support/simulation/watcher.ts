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

  connect(broadcaster: Broadcaster): void {
    if (this.isOver) return;
    broadcaster.subscribe(this.#runId, this.told.at(-1)?.seq ?? 0, {
      write: (frames) => {
        for (const told of readFrames(frames)) if (told.type !== 'caughtUp') this.#take(told);
        return true;
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
