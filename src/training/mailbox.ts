/** Orders to a running run. They arrive while the thread computes and are read between two chunks. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ThreadOrder } from '../schemas/index.ts';

export type RunOrder = Exclude<ThreadOrder, { type: 'start' | 'warm' }>;
export type StopOrder = Extract<RunOrder['type'], 'pause' | 'cancel' | 'yield'>;

/** A stronger order replaces a weaker one that has not been followed yet. */
const STRENGTH: Record<StopOrder, number> = { yield: 1, pause: 2, cancel: 3 };

export class Mailbox {
  #stop: StopOrder | null = null;
  #isHeld = false;
  #wantsVerdict = false;
  #wake: (() => void) | null = null;

  get isHeld(): boolean {
    return this.#isHeld;
  }

  push({ type }: RunOrder): void {
    switch (type) {
      case 'hold':
        this.#isHeld = true;
        break;
      case 'release':
        this.#isHeld = false;
        break;
      case 'inspect':
        this.#wantsVerdict = true;
        break;
      case 'pause':
      case 'cancel':
      case 'yield':
        if (this.#stop === null || STRENGTH[type] > STRENGTH[this.#stop]) this.#stop = type;
    }
    this.#wake?.();
  }

  /** Receives waiting messages, then returns the order to stop, if there is one. */
  async look(): Promise<StopOrder | null> {
    await nextTurn();
    return this.#stop;
  }

  /** Like `look`, but a held run waits here until it is released or has something else to do. */
  async wait(): Promise<StopOrder | null> {
    await nextTurn();
    while (this.#isHeld && this.#stop === null && !this.#wantsVerdict) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = null;
    return this.#stop;
  }

  /** Whether a verdict was requested since the last call. */
  takeInspect(): boolean {
    const isWanted = this.#wantsVerdict;
    this.#wantsVerdict = false;
    return isWanted;
  }
}
