/** Between the service and the thread that starts the threads with engines. */
import type { MessagePort } from 'node:worker_threads';

export type LaunchOrder =
  | {
      type: 'launch';
      id: number;
      /** Address of the thread's entry point. */
      url: string;
      name: string;
      /** JavaScript heap in MiB. */
      heapMb: number;
      /** Transferred; the thread talks to the service through it. */
      port: MessagePort;
    }
  | { type: 'terminate'; id: number };

export type LaunchNotice =
  { type: 'failed'; id: number; message: string; code: string | null } | { type: 'exited'; id: number; code: number };

/** What a launched thread finds in `workerData`. */
export interface LaunchedData {
  port: MessagePort;
}
