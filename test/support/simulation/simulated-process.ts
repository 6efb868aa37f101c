/** A process of the service under simulation: what it waits for, until the world lets it go on. */
import type { Hint } from '../../../src/store/store.ts';
import { mix } from './digest.ts';
import { SimulatedTimer, type TimeHost } from './simulated-time.ts';

/** A statement that this process has sent to the database. */
export interface Operation {
  readonly process: SimulatedProcess;
  readonly name: string;
  /** Whether it changes anything. */
  readonly isWrite: boolean;
  /** Several statements, which hold the rows that they have changed until the end. */
  readonly isTransaction: boolean;
  readonly born: number;
  readonly effect: () => unknown;
  /** It took effect, and the process has not heard of it. */
  outcome: { ok: true; value: unknown } | { ok: false; error: unknown } | null;
  settle(outcome: NonNullable<Operation['outcome']>): void;
}

export interface Notice {
  label: string;
  born: number;
  run: () => void;
}

/** What is true in the whole world. */
export interface Ambience {
  readonly now: number;
  born(): number;
}

export class SimulatedProcess implements TimeHost {
  readonly name: string;
  readonly presence: string;
  state: 'alive' | 'frozen' | 'dead' = 'alive';
  readonly operations: Operation[] = [];
  /** In order, each. */
  readonly hints: Notice[] = [];
  readonly immediates: Notice[] = [];
  /** A digest of what has happened to it. */
  history = 0;
  readonly #timers: SimulatedTimer[] = [];
  readonly #listeners = new Set<(hint: Hint) => void>();
  readonly #ambience: Ambience;

  constructor(name: string, presence: string, ambience: Ambience) {
    this.name = name;
    this.presence = presence;
    this.#ambience = ambience;
  }

  get now(): number {
    return this.#ambience.now;
  }
  /** The timer that is due first. */
  get nextTimer(): SimulatedTimer | null {
    return this.#timers[0] ?? null;
  }

  addTimer(ms: number, callback: () => void): SimulatedTimer {
    const due = this.now + (ms >= 1 ? Math.ceil(ms) : 1);
    const timer = new SimulatedTimer(due, this.#ambience.born(), callback, (cleared) => this.removeTimer(cleared));
    const after = this.#timers.findIndex((other) => other.due > due);
    this.#timers.splice(after === -1 ? this.#timers.length : after, 0, timer);
    return timer;
  }

  removeTimer(timer: SimulatedTimer): void {
    const index = this.#timers.indexOf(timer);
    if (index !== -1) this.#timers.splice(index, 1);
  }

  addImmediate(run: () => void): void {
    this.immediates.push({ label: 'goes on', born: this.#ambience.born(), run });
  }

  /** Resolves with what `effect` results in, when the world has performed it. */
  operate<T>(name: string, kind: 'read' | 'write' | 'transaction', effect: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.operations.push({
        process: this,
        name,
        isWrite: kind !== 'read',
        isTransaction: kind === 'transaction',
        born: this.#ambience.born(),
        effect,
        outcome: null,
        settle: (outcome) => {
          if (outcome.ok) resolve(outcome.value as T);
          else reject(outcome.error);
        },
      });
    });
  }

  subscribe(listener: (hint: Hint) => void): () => void {
    const own = (hint: Hint): void => listener(hint);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** A hint has arrived, and listeners hear it when the process gets to it. */
  hear(hint: Hint): void {
    this.hints.push({
      label: `hears "${hint.type}"`,
      born: this.#ambience.born(),
      run: () => this.tell(hint),
    });
  }
  tell(hint: Hint): void {
    for (const listener of this.#listeners) listener(hint);
  }

  remember(what: string, now: number): void {
    this.history = mix(this.history, `${what} ${now}`);
  }

  /** Nothing of it ever goes on. */
  die(): void {
    this.state = 'dead';
    this.operations.length = this.hints.length = this.immediates.length = this.#timers.length = 0;
    this.#listeners.clear();
  }
}
