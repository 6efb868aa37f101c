/** A request and its response. Every failure is a RelumineApiError. */
import { RelumineApiError } from './api-error.ts';
import { delay } from './delay.ts';

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
export interface RequestOptions {
  query?: Query | undefined;
  /** Sent as JSON, unless it is a stream of bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** How a program shows who it is. A page that the service itself has sent has its cookie instead. */
export interface Credentials {
  /** `rlm_...` */
  apiKey?: string | undefined;
  /** Of a share link, instead of a key: shows what the link shows. */
  shareToken?: string | undefined;
}

export interface HttpOptions extends Credentials {
  /** Called whenever the service does not know the caller, or does not know it any more: 401. */
  onUnauthenticated?: () => void;
  /**
   * For how long a request that a busy service refuses with OVERLOADED, and so has not begun to process, is sent again,
   * in milliseconds. 0: it is not.
   */
  patienceMs?: number;
}

const MOST_REPEATS = 2;
const PATIENCE_MS = 60_000;

export class Http {
  readonly baseUrl: string;
  readonly #onUnauthenticated: () => void;
  readonly #patienceMs: number;
  readonly #headers: Record<string, string>;
  /** Subprotocols of sockets, for browsers let no page set their headers. */
  readonly protocols: string[];

  constructor(baseUrl: string, { apiKey, shareToken, onUnauthenticated, patienceMs }: HttpOptions = {}) {
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.#onUnauthenticated = onUnauthenticated ?? (() => undefined);
    this.#patienceMs = patienceMs ?? PATIENCE_MS;
    const bearer = apiKey ?? (shareToken === undefined ? undefined : `rls_${shareToken}`);
    this.#headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    this.protocols =
      apiKey !== undefined
        ? ['relumine.v1', `relumine.key.${apiKey}`]
        : shareToken !== undefined
          ? ['relumine.v1', `relumine.share.${shareToken}`]
          : [];
  }

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.request(method, path, options);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** The body of a GET, as it comes. */
  async stream(path: string, query: Query): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.request('GET', path, { query });
    return body ?? new ReadableStream({ start: (controller) => controller.close() });
  }

  /** A POST of bytes, which can be a stream that is read only once. */
  async upload<T>(
    path: string,
    body: Blob | Uint8Array<ArrayBuffer> | ReadableStream,
    contentType: string,
  ): Promise<T> {
    const headers = { accept: 'application/json', 'content-type': contentType, ...this.#headers };
    // Without `duplex`, streams are refused.
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, headers, duplex: 'half' };
    const response = await this.#fetch(this.url(path), init);
    if (!response.ok) throw await this.#refusal(response);
    return (await response.json()) as T;
  }

  async request(
    method: string,
    path: string,
    { query = {}, body, headers = {}, signal }: RequestOptions = {},
  ): Promise<Response> {
    const init: RequestInit = {
      method,
      headers: {
        accept: 'application/json',
        ...this.#headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    };
    if (signal) init.signal = signal;
    if (body instanceof ReadableStream) Object.assign(init, { body, duplex: 'half' });
    else if (body !== undefined) init.body = JSON.stringify(body);
    for (let waitedMs = 0; ;) {
      const response = await this.#fetch(this.url(path, query), init);
      if (response.ok) return response;
      const error = await this.#refusal(response);
      const waitMs = Number(response.headers.get('retry-after')) * 1000 * (1 + Math.random() / 2);
      const isAskedAgain = error.code === 'OVERLOADED' && waitMs > 0 && waitedMs + waitMs <= this.#patienceMs;
      if (!isAskedAgain || body instanceof ReadableStream) throw error;
      await delay(waitMs, signal);
      waitedMs += waitMs;
    }
  }

  url(path: string, query: Query = {}): string {
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) parameters.set(key, Array.isArray(value) ? value.join(',') : String(value));
    }
    return `${this.baseUrl}${path}${parameters.size > 0 ? `?${parameters.toString()}` : ''}`;
  }

  async #refusal(response: Response): Promise<RelumineApiError> {
    const error = await errorOf(response);
    if (error.code === 'UNAUTHENTICATED') this.#onUnauthenticated();
    return error;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    for (let failures = 0; ; failures++) {
      try {
        return await fetch(url, init);
      } catch (error) {
        init.signal?.throwIfAborted();
        const { cause } = error as { cause?: { code?: string; message?: string } };
        // The service responded and closed the connection while we were still writing, and the response was lost. It
        // never had the whole request, so a retry cannot do anything twice.
        if (cause?.code === 'EPIPE' && failures < MOST_REPEATS && !(init.body instanceof ReadableStream)) continue;
        throw new RelumineApiError(
          'UNREACHABLE',
          0,
          `Cannot reach ${this.baseUrl}: ${cause?.message || cause?.code || (error as Error).message}`,
          { cause: error },
        );
      }
    }
  }
}

async function errorOf(response: Response): Promise<RelumineApiError> {
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string; details?: [] } };
    return new RelumineApiError(error.code, response.status, error.message, { details: error.details ?? [] });
  } catch {
    // A proxy responded instead of the service, or the connection broke during the response.
    return new RelumineApiError(
      response.status === 413 ? 'BODY_TOO_LARGE' : 'INTERNAL_ERROR',
      response.status,
      `The server answered ${response.status} ${response.statusText}.`,
    );
  }
}
