/**
 * The thread that starts all threads with engines, so that they take denormal numbers as zeros and the service does
 * not. Only the first session of a process sets this mode, so this thread stays until the process ends.
 */
import { parentPort, SHARE_ENV, Worker } from 'node:worker_threads';
import type { LaunchedData, LaunchNotice, LaunchOrder } from '../schemas/index.ts';
import { flushDenormals } from './denormals.ts';

if (parentPort === null) throw new Error('This file is the entry point of a worker thread.');
const port = parentPort;
const launched = new Map<number, Worker>();
const notify = (notice: LaunchNotice): void => port.postMessage(notice);

// The mode is set before the first thread starts. Orders wait in the port until then.
await flushDenormals();
port.on('message', (order: LaunchOrder) => {
  switch (order.type) {
    case 'launch':
      launch(order);
      break;
    case 'terminate':
      void launched.get(order.id)?.terminate();
      break;
  }
});

function launch({ id, url, name, heapMb, port: ownPort }: LaunchOrder & { type: 'launch' }): void {
  const worker = new Worker(new URL(url), {
    name,
    // The native code of tfjs-node reads its log level from the environment of the process, not from a thread's copy.
    env: SHARE_ENV,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
    workerData: { port: ownPort } satisfies LaunchedData,
    transferList: [ownPort],
  });
  launched.set(id, worker);
  worker.on('error', (error: unknown) => {
    const code = (error as { code?: unknown } | null)?.code;
    const message = error instanceof Error ? error.message : String(error);
    notify({ type: 'failed', id, message, code: typeof code === 'string' ? code : null });
  });
  worker.on('exit', (code) => {
    launched.delete(id);
    notify({ type: 'exited', id, code });
  });
}
