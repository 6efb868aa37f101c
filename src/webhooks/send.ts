/** One attempt to send a message. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { DeliveryAttempt } from '../vocabulary/index.ts';
import { hostOf, isPrivate, lookUpPublic, PrivateAddress } from './addresses.ts';
import type { Message } from './message.ts';
import { isIP } from 'node:net';

export interface SendOptions {
  allowPrivate: boolean;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Beyond this, the answer is not read. What it says does not matter. */
const MOST_ANSWER_BYTES = 64 * 1024;
const LONGEST_REASON = 300;

/** How the attempt went, and what the answer wants of the next one. */
export interface Sent {
  attempt: DeliveryAttempt;
  /** Of the header Retry-After. */
  retryAfterMs: number | null;
}

/** Never throws. Only an answer of 200 to 299 is a success; redirects are not followed. */
export async function send(url: string, message: Message, options: SendOptions): Promise<Sent> {
  const at = new Date();
  const startedAt = performance.now();
  const end = (status: number | null, error: string | null, retryAfterMs: number | null = null): Sent => ({
    attempt: { at: at.toISOString(), status, durationMs: Math.round(performance.now() - startedAt), error },
    retryAfterMs,
  });
  try {
    const { status, retryAfter } = await post(new URL(url), message, options);
    if (status >= 200 && status < 300) return end(status, null);
    const reason = status >= 300 && status < 400 ? 'Redirects are not followed.' : `The answer was ${status}.`;
    return end(status, reason, waitOf(retryAfter));
  } catch (error) {
    return end(null, reasonOf(error, options));
  }
}

function post(
  url: URL,
  { body, headers }: Message,
  { allowPrivate, timeoutMs, signal }: SendOptions,
): Promise<{ status: number; retryAfter: string | undefined }> {
  const host = hostOf(url);
  // Of an address no name is looked up.
  if (!allowPrivate && isIP(host) !== 0 && isPrivate(host)) return Promise.reject(new PrivateAddress(host));
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      // No connection is kept: who answers is checked every time.
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(allowPrivate ? {} : { lookup: lookUpPublic }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_ANSWER_BYTES) done();
      });
      response.on('end', () => done());
      const done = (): void => {
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
        request.destroy();
      };
    });
    request.end(body);
  });
}

function reasonOf(error: unknown, { timeoutMs }: SendOptions): string {
  if (!(error instanceof Error)) return String(error).slice(0, LONGEST_REASON);
  if (error.cause instanceof DOMException && error.cause.name === 'TimeoutError')
    return `There was no answer within ${timeoutMs / 1000} s.`;
  // A connection to a name with several addresses fails with an AggregateError without a message.
  const reason = error.message || (error as NodeJS.ErrnoException).code || error.name;
  return reason.slice(0, LONGEST_REASON);
}

/** Seconds, or a date. */
function waitOf(retryAfter: string | undefined): number | null {
  if (retryAfter === undefined) return null;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}
