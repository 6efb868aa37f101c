import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { LaunchedData } from '../schemas/index.ts';

/** Where a thread with an engine gets its orders: from the service, past the thread that started it. */
export function threadPort(): MessagePort {
  const launched = workerData as LaunchedData | null;
  const port = launched?.port ?? parentPort;
  if (port === null) throw new Error('This file is the entry point of a worker thread.');
  return port;
}
