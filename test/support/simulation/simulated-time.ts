/**
 * Time as the code under simulation sees it: the timers and the clock of Node.js lead to the simulated process that is
 * running. Nothing in `src` knows of it.
 */
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';

/** Whatever runs between two calls of `setHost` belongs to this process. */
export interface TimeHost {
  readonly now: number;
  addTimer(ms: number, callback: () => void): SimulatedTimer;
  addImmediate(callback: () => void): void;
}

/** As much of NodeJS.Timeout as the service uses. */
export class SimulatedTimer {
  readonly due: number;
  readonly born: number;
  readonly callback: () => void;
  readonly #remove: (timer: SimulatedTimer) => void;

  constructor(due: number, born: number, callback: () => void, remove: (timer: SimulatedTimer) => void) {
    this.due = due;
    this.born = born;
    this.callback = callback;
    this.#remove = remove;
  }
  clear(): void {
    this.#remove(this);
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

let host: TimeHost | null = null;
export function setHost(next: TimeHost | null): void {
  host = next;
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  now: performance.now.bind(performance),
  delay: timersPromises.setTimeout,
};

/** Resolves when every promise that can go on has done so. */
export const drained = (): Promise<void> => new Promise((resolve) => real.setImmediate(resolve));

/** While `body` runs, timers and the clock are simulated for whatever runs as a host; the rest of the process keeps its own. */
export async function withSimulatedTime<T>(body: () => Promise<T>): Promise<T> {
  globalThis.setTimeout = ((callback: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) =>
    host
      ? host.addTimer(ms, () => callback(...values))
      : real.setTimeout(callback, ms, ...values)) as typeof setTimeout;
  globalThis.clearTimeout = (timer: unknown) => {
    if (timer instanceof SimulatedTimer) timer.clear();
    else real.clearTimeout(timer as NodeJS.Timeout);
  };
  globalThis.setImmediate = ((callback: (...values: unknown[]) => void, ...values: unknown[]) =>
    host
      ? host.addImmediate(() => callback(...values))
      : real.setImmediate(callback, ...values)) as typeof setImmediate;
  performance.now = () => host?.now ?? real.now();
  timersPromises.setTimeout = (<T>(ms?: number, value?: T, options?: { signal?: AbortSignal; ref?: boolean }) =>
    host ? simulatedDelay(host, ms ?? 0, value, options?.signal) : real.delay(ms, value, options)) as typeof real.delay;
  syncBuiltinESMExports();
  try {
    return await body();
  } finally {
    globalThis.setTimeout = real.setTimeout;
    globalThis.clearTimeout = real.clearTimeout;
    globalThis.setImmediate = real.setImmediate;
    performance.now = real.now;
    timersPromises.setTimeout = real.delay;
    syncBuiltinESMExports();
  }
}

function simulatedDelay<T>(on: TimeHost, ms: number, value: T, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      timer.clear();
      reject(signal?.reason as Error);
    };
    const timer = on.addTimer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
