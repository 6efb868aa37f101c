/** Repeats `task` until the signal aborts, one at a time; a hidden tab waits until it is visible again. */
export function poll(task: (signal: AbortSignal) => Promise<number>, signal: AbortSignal): void {
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });
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
      await wait(await task(signal));
      await seen();
    }
  })();
}
