import { delay } from '../../client/delay.ts';

/** Repeats `task` until the signal aborts, one at a time; a hidden tab waits until it is visible again. */
export function poll(task: (signal: AbortSignal) => Promise<number>, signal: AbortSignal): void {
  const seen = () =>
    new Promise<void>((resolve) => {
      if (!document.hidden) return resolve();
      const check = () => {
        if (!document.hidden || signal.aborted) {
          document.removeEventListener('visibilitychange', check);
          resolve();
        }
      };
      document.addEventListener('visibilitychange', check);
      signal.addEventListener('abort', check, { once: true });
    });
  void (async () => {
    while (!signal.aborted) {
      await delay(await task(signal), signal).catch(() => undefined);
      await seen();
    }
  })();
}
