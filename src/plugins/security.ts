/** Prevents pages from other sites from using a service that trusts every caller. */
import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
import { hostname as nameOfMachine } from 'node:os';
import { isLoopback, type Config } from '../config.ts';
import { RelumineError } from '../errors.ts';

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export async function guardRequests(
  app: FastifyInstance,
  {
    host,
    allowedHosts,
    corsOrigins,
    publicUrl = null,
  }: Pick<Config, 'host' | 'allowedHosts' | 'corsOrigins'> & Partial<Pick<Config, 'publicUrl'>>,
): Promise<void> {
  const known = new Set([...allowedHosts, ...(publicUrl === null ? [] : [new URL(publicUrl).hostname])]);
  const isOpen = corsOrigins.includes('*');

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(
      isOpen || corsOrigins.length > 0 ? { ...HEADERS, 'cross-origin-resource-policy': 'cross-origin' } : HEADERS,
    );
    checkHost(request);
    checkOrigin(request);
  });
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: isOpen ? '*' : [...corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: ['idempotency-replayed', 'location', 'retry-after'],
    });
  }

  /**
   * Against DNS rebinding: a page whose host name was pointed at this service sends that name. It cannot choose a name of
   * this machine, or an address.
   */
  function checkHost({ headers }: FastifyRequest): void {
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
  function checkOrigin({ headers, method, ws }: FastifyRequest & { ws?: boolean }): void {
    const { origin } = headers;
    if (origin === undefined || isOpen || corsOrigins.includes(origin)) return;
    if (!ws && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')) return;
    if (URL.canParse(origin) && new URL(origin).host === headers.host) return;
    throw new RelumineError(
      'FORBIDDEN_ORIGIN',
      `Origin ${JSON.stringify(origin.slice(0, 100))} is not allowed. Add it to CORS_ORIGINS to allow it.`,
    );
  }
}

const machineName = () => nameOfMachine().toLowerCase();
const hostname = (host = '') =>
  host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
