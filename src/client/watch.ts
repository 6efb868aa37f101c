/** Follows a run to its end, over as many connections as it takes. */
import type { RunStatus } from '../schemas/index.ts';
import { Connection, type WatchMessage } from './connection.ts';
import type { Http } from './http.ts';

export interface WatchOptions {
  /** The seq of the last message that is known already; 0 for everything, `latest` for what happens from now on. */
  since?: number | 'latest';
  signal?: AbortSignal;
  /** Snapshots are decoded and passed on where true, which is the default. */
  snapshots?: boolean;
  /** Told whenever the stream is there, and whenever it is lost and sought again. */
  onConnection?: (isConnected: boolean) => void;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
const FINAL: readonly RunStatus[] = ['succeeded', 'failed', 'cancelled'];

/**
 * Ends at the final status. Rejects where the run is unknown or deleted, or the service cannot be reached at first, and
 * with the signal's reason.
 */
export async function* watchRun(
  http: Http,
  runId: string,
  { since = 0, signal, snapshots = true, onConnection }: WatchOptions,
): AsyncGenerator<WatchMessage, void> {
  let position: number | 'latest' = since;
  let hasConnected = false;
  for (let failures = 0; ; failures++) {
    signal?.throwIfAborted();
    const url = http.url(`/v1/runs/${encodeURIComponent(runId)}/stream`, { since: position }).replace(/^http/, 'ws');
    const connection = await Connection.open(url, { snapshots });
    try {
      for await (const message of connection.messages(signal)) {
        if (failures > 0 || !hasConnected) onConnection?.(true);
        hasConnected = true;
        failures = 0;
        // A page of an older log begins again at a smaller seq; what was told already is not told twice.
        if (position !== 'latest' && message.seq <= position && message.type !== 'caughtUp') continue;
        position = position === 'latest' ? message.seq : Math.max(position, message.seq);
        yield message;
        if (message.type === 'status' && FINAL.includes(message.status)) return;
      }
    } finally {
      connection.close();
    }
    if (connection.closeCode === 1000) return;
    onConnection?.(false);
    if (!hasConnected) await findOut(http, runId, signal);
    await delay(backoff(failures), signal);
    if (hasConnected)
      await findOut(http, runId, signal).catch((error: { status?: number }) => {
        if (error.status === 404) throw error;
      });
  }
}

/** A browser's socket does not say why it was refused; a request does. */
async function findOut(http: Http, runId: string, signal: AbortSignal | undefined): Promise<void> {
  await http.json('GET', `/v1/runs/${encodeURIComponent(runId)}`, { signal });
}

/** Twice as long each time, with some chance in it, so that not all come back at once. */
const backoff = (failures: number) =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures) * (0.75 + Math.random() / 2);

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', abort);
    function done(): void {
      signal?.removeEventListener('abort', abort);
      resolve();
    }
    function abort(): void {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    }
  });
}
