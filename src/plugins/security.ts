/** Prevents pages from other sites from using a service that trusts every caller. */
import cors from '@fastify/cors';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname as nameOfMachine } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { isLoopback, type Config } from '../config.ts';
import { RelumineError } from '../errors.ts';

/** Of every answer, whoever gives it: a route, the router, or the parser of HTTP. */
export const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export type GuardConfig = Pick<Config, 'host' | 'allowedHosts' | 'corsOrigins'> & Partial<Pick<Config, 'publicUrl'>>;

export interface Guard {
  headers: Readonly<Record<string, string>>;
  /** Throws INVALID_REQUEST or FORBIDDEN_ORIGIN. */
  check(request: Pick<IncomingMessage, 'headers' | 'method' | 'httpVersion' | 'rawHeaders'>, isUpgrade: boolean): void;
}

/** Every request and every upgrade passes it first, also before the service is ready. */
export function buildGuard({ host, allowedHosts, corsOrigins, publicUrl = null }: GuardConfig): Guard {
  const known = new Set([...allowedHosts, ...(publicUrl === null ? [] : [new URL(publicUrl).hostname])]);
  const isOpen = corsOrigins.includes('*');
  const resourcePolicy = corsOrigins.length > 0 ? 'cross-origin' : 'same-origin';
  return {
    headers: { ...SECURITY_HEADERS, 'cross-origin-resource-policy': resourcePolicy },
    check(request, isUpgrade) {
      checkHost(request);
      checkOrigin(request, isUpgrade);
    },
  };

  /**
   * Against DNS rebinding: a page whose host name was pointed at this service sends that name. It cannot choose a name of
   * this machine, or an address.
   */
  function checkHost({ headers, httpVersion, rawHeaders }: Parameters<Guard['check']>[0]): void {
    const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
    if (hosts > 1 || (headers.host === undefined && httpVersion === '1.1'))
      throw new RelumineError('INVALID_REQUEST', 'A request of HTTP/1.1 needs the header Host, once.');
    const name = hostname(headers.host);
    if (isLoopback(name) || known.has(name)) return;
    const isOwn = headers.host === undefined || isIP(name) !== 0 || [host, machineName()].includes(name);
    if (isOwn && !isLoopback(host)) return;
    throw new RelumineError(
      'FORBIDDEN_ORIGIN',
      `Host ${JSON.stringify(name.slice(0, 100))} is not allowed. Add it to ALLOWED_HOSTS to allow it.`,
    );
  }

  /**
   * A browser sends a cross-site POST without a body, or opens a cross-site WebSocket, without a preflight request. But
   * it sends the origin of the page.
   */
  function checkOrigin({ headers, method = 'GET' }: Parameters<Guard['check']>[0], isUpgrade: boolean): void {
    const { origin } = headers;
    if (origin === undefined || isOpen || corsOrigins.includes(origin)) return;
    if (!isUpgrade && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')) return;
    if (URL.canParse(origin) && new URL(origin).host === headers.host) return;
    throw new RelumineError(
      'FORBIDDEN_ORIGIN',
      `Origin ${JSON.stringify(origin.slice(0, 100))} is not allowed. Add it to CORS_ORIGINS to allow it.`,
    );
  }
}

export async function guardRequests(app: FastifyInstance, config: GuardConfig): Promise<void> {
  const { corsOrigins } = config;
  const guard = buildGuard(config);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(guard.headers);
    guard.check(request.raw, request.ws);
  });
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['idempotency-replayed', 'location', 'retry-after'],
    });
  }
}

const machineName = () => nameOfMachine().toLowerCase();
const hostname = (host = '') =>
  host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
