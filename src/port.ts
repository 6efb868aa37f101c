/**
 * The port, taken before anything else is opened: a start that cannot listen leaves no trace on the disk or in the
 * database. Until the service is ready, every request gets a 503 with a Retry-After header.
 */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSocketServer, isIPv6, type AddressInfo, type Server as SocketServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Config } from './config.ts';
import { RelumineError } from './errors.ts';
import { errorAnswer } from './plugins/errors.ts';
import { answerAll, answerClientError, BACKLOG, CONNECTION_LIMITS, serverOptions } from './plugins/http-server.ts';
import { buildGuard, type Guard, type GuardConfig } from './plugins/security.ts';
import { StartFailure } from './start-failure.ts';

export interface TakenPort {
  /** Where the service can be reached from here. */
  readonly urls: readonly string[];
  /** From now on `server` accepts the connections of the port, and owns it. */
  handOver(server: Server): void;
  /** Stops listening if `server` does not do so itself; also releases a port that was never handed over. */
  close(): void;
}

/** Throws StartFailure if the port or the host cannot be used. */
export async function takePort(config: Pick<Config, 'host' | 'port'> & Partial<GuardConfig>): Promise<TakenPort> {
  const { host, port } = config;
  const guard = buildGuard({ allowedHosts: [], corsOrigins: [], ...config });
  const waiting: Server[] = [];
  try {
    for (const address of await addressesOf(host)) {
      const server = createServer(serverOptions(CONNECTION_LIMITS), answerStarting(guard));
      server.on('clientError', answerClientError);
      answerAll(server);
      // `localhost` often has two addresses. Both get the same port, even if any free port was requested.
      server.listen({ host: address, port: waiting[0] ? portOf(waiting[0]) : port, backlog: BACKLOG });
      await once(server, 'listening');
      waiting.push(server);
    }
  } catch (cause) {
    for (const server of waiting) server.close();
    throw explain(cause, host, port);
  }

  const [main, ...others] = waiting;
  if (!main) throw new StartFailure(`HOST ${host} has no address.`);
  let forwarding: SocketServer[] | null = null;
  return {
    urls: waiting.flatMap(urlsOf),
    handOver(server) {
      // Both servers then share one handle; the newer one gets its connections.
      server.listen(main, BACKLOG);
      forwarding = others.map((other) =>
        createSocketServer((socket) => void server.emit('connection', socket)).listen(other, BACKLOG),
      );
    },
    close() {
      for (const server of forwarding ?? waiting) server.close();
      for (const server of waiting) server.closeAllConnections();
    },
  };
}

const RETRY_AFTER_SECONDS = '1';

const answerStarting =
  (guard: Guard): RequestListener =>
  (request, response) => {
    const { status, body } = answerTo(guard, request);
    response.writeHead(status, {
      ...guard.headers,
      'content-type': 'application/json; charset=utf-8',
      ...(status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }),
      // The next request must come over a connection of the service itself.
      connection: 'close',
    });
    response.end(JSON.stringify(body));
  };

function answerTo(guard: Guard, request: IncomingMessage): { status: number; body: unknown } {
  try {
    // Nothing is upgraded yet, but whoever asks for it has to be somebody who may.
    guard.check(request, request.headers.upgrade !== undefined);
    if (request.url === '/health/live') return { status: 200, body: { status: 'ok' } };
    throw new RelumineError('STARTING', 'The service is starting. Try again in a moment.');
  } catch (error) {
    if (error instanceof RelumineError) return { status: error.status, body: errorAnswer(error) };
    throw error;
  }
}

async function addressesOf(host: string): Promise<string[]> {
  if (host !== 'localhost') return [host];
  return [...new Set((await lookup(host, { all: true })).map(({ address }) => address))];
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A wildcard address is reached under each address of this machine. */
function urlsOf(server: Server): string[] {
  const { address, port } = server.address() as AddressInfo;
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const addresses =
    address === '0.0.0.0'
      ? own.filter(({ family }) => family === 'IPv4').map((entry) => entry.address)
      : address === '::'
        ? own.map((entry) => entry.address)
        : [address];
  return addresses.map((name) => `http://${isIPv6(name) ? `[${name}]` : name}:${port}`);
}

function explain(cause: unknown, host: string, port: number): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return new StartFailure(
        `Port ${port} of ${host} is already in use. Stop the process that listens there, or set PORT to another port.`,
        { cause },
      );
    case 'EACCES':
      return new StartFailure(`This process may not listen on port ${port}. Set PORT to a port above 1023.`, { cause });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartFailure(`HOST ${host} is not an address of this machine (${message}).`, { cause });
    case undefined:
    default:
      return cause;
  }
}
