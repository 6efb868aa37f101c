/** Follows a run to its end, reconnecting as often as needed. */
import { isFinal } from '../vocabulary/index.ts';
import { RelumineApiError, type ApiErrorCode } from './api-error.ts';
import { Connection, type WatchMessage } from './connection.ts';
import { delay } from './delay.ts';
import type { Http } from './http.ts';

export interface WatchOptions {
  /** The seq of the last message already received; 0 for everything, `latest` for live messages only. */
  since?: number | 'latest';
  signal?: AbortSignal;
  /** Whether snapshots are decoded and passed on. Default: true. */
  snapshots?: boolean;
  /** Called when the stream connects, and when it is lost and reconnects. */
  onConnection?: (isConnected: boolean) => void;
  /** Called when the service can read nothing new because its database is away or its disk full, and when it can again. */
  onAvailability?: (isAvailable: boolean) => void;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/** Statuses that no waiting changes: not signed in, not allowed, gone. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 404]);
/** By close code. */
const LOST_ACCESS: Partial<Record<number, [code: ApiErrorCode, status: number, message: string]>> = {
  4401: ['UNAUTHENTICATED', 401, 'The session, key or link that opened this stream has ended.'],
  4403: ['FORBIDDEN', 403, 'This run is not to be seen any more.'],
};

/**
 * Ends at the final status. Rejects if the run is unknown or deleted or may not be seen, also where that changes
 * meanwhile; if the service cannot be reached at first; and with the reason of the signal.
 */
export async function* watchRun(
  http: Http,
  runId: string,
  { since = 0, signal, snapshots = true, onConnection, onAvailability }: WatchOptions,
): AsyncGenerator<WatchMessage, void> {
  let position: number | 'latest' = since;
  let hasConnected = false;
  let isAvailable = true;
  const setAvailable = (is: boolean): void => {
    if (is !== isAvailable) onAvailability?.(is);
    isAvailable = is;
  };
  for (let failures = 0; ; failures++) {
    signal?.throwIfAborted();
    const url = http.url(`/v1/runs/${encodeURIComponent(runId)}/stream`, { since: position }).replace(/^http/, 'ws');
    const connection = await Connection.open(url, { protocols: http.protocols, snapshots });
    try {
      for await (const message of connection.messages(signal)) {
        if (failures > 0 || !hasConnected) onConnection?.(true);
        hasConnected = true;
        failures = 0;
        setAvailable(message.type !== 'unavailable');
        if (message.type === 'unavailable' || message.type === 'available') continue;
        // After a reconnection the log may start at a smaller seq; no message is passed on twice.
        if (position !== 'latest' && message.seq <= position && message.type !== 'caughtUp') continue;
        position = position === 'latest' ? message.seq : Math.max(position, message.seq);
        yield message;
        if (message.type === 'status' && isFinal(message.status)) return;
      }
    } finally {
      connection.close();
    }
    if (connection.closeCode === 1000) return;
    const lost = LOST_ACCESS[connection.closeCode ?? 0];
    if (lost) throw new RelumineApiError(...lost);
    onConnection?.(false);
    if (!hasConnected) await findOut(http, runId, signal);
    await delay(backoff(failures), signal);
    if (hasConnected)
      await findOut(http, runId, signal).catch((error: { status?: number }) => {
        if (error.status !== undefined && REFUSED.has(error.status)) throw error;
      });
  }
}

/** A browser's socket does not say why it was refused; an ordinary request does. */
async function findOut(http: Http, runId: string, signal: AbortSignal | undefined): Promise<void> {
  await http.json('GET', `/v1/runs/${encodeURIComponent(runId)}`, { signal });
}

/** Doubles each time, with jitter, so that clients do not all reconnect at once. */
const backoff = (failures: number) =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures) * (0.75 + Math.random() / 2);
