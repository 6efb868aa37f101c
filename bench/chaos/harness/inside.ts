/**
 * Loaded by every thread of a process under test before anything else (`--import`). It measures how long the main
 * thread's loop is held, shifts the clock, and pretends a full disk. Orders come over the process's channel, and go on
 * to its threads.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BroadcastChannel, getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/** What the clock and the disk of the process are like. */
export interface Conditions {
  /** Added to the time of day. The monotonic clock stays. */
  clockShiftMs: number;
  isDiskFull: boolean;
}
export type Order = { type: 'conditions'; conditions: Conditions } | { type: 'loopDelay' };
/** Milliseconds for which the loop of the main thread was held since the last question. */
export interface LoopDelay {
  p999: number;
  max: number;
}

const NAME = 'chaos';
const RESOLUTION_MS = 10;

let conditions = (getEnvironmentData(NAME) as Conditions | undefined) ?? { clockShiftMs: 0, isDiskFull: false };
const apply = (next: Conditions): void => {
  conditions = next;
  setEnvironmentData(NAME, next); // For threads that this one starts.
};

const channel = new BroadcastChannel(NAME);
channel.addEventListener('message', (event) => apply((event as MessageEvent).data as Conditions));
channel.unref();

const now = (): number => RealDate.now() + conditions.clockShiftMs;
const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: unknown[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
  apply: () => new RealDate(now()).toString(),
  get: (target, key, receiver) => (key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown)),
});

/** What makes files longer, as the embedded database and uploads do it. */
for (const name of ['writeSync', 'writevSync', 'write', 'writev'] as const) {
  const real = fs[name] as (...given: unknown[]) => unknown;
  const wrapped = (...given: unknown[]): unknown => {
    const isOfOutput = given[0] === 1 || given[0] === 2;
    if (!conditions.isDiskFull || isOfOutput) return real(...given);
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 });
    const answer = given.at(-1);
    if (typeof answer !== 'function') throw full;
    process.nextTick(answer, full);
    return undefined;
  };
  Object.assign(fs, { [name]: wrapped });
}
syncBuiltinESMExports();

if (isMainThread && process.channel) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  /** The histogram has the time between two beats, which are this far apart on an idle loop. */
  const held = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  process.on('message', (order: Order) => {
    switch (order.type) {
      case 'conditions':
        apply(order.conditions);
        channel.postMessage(order.conditions);
        break;
      case 'loopDelay':
        process.send?.({ p999: held(delays.percentile(99.9)), max: held(delays.max) } satisfies LoopDelay);
        delays.reset();
        break;
    }
  });
  process.channel.unref();
}
