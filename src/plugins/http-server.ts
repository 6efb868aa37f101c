/** How the HTTP server treats connections: what it waits for, what becomes an upgrade, what it answers by itself. */
import { IncomingMessage, STATUS_CODES, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { RelumineError } from '../errors.ts';
import { errorAnswer } from './errors.ts';
import { SECURITY_HEADERS } from './security.ts';

export interface ConnectionLimits {
  /** From the connection, or the end of the request before, to the end of the headers. */
  headersMs: number;
  /** The time over which the rate of a body is measured. */
  bodyWindowMs: number;
  /** How long an answer may wait for its client to read, without a byte that moves. */
  stalledAnswerMs: number;
  /** Between two looks at all connections. */
  checkEveryMs: number;
  /** Bytes of JSON bodies that may be in memory at a time: of those up to 1 MiB, and of larger ones. */
  smallBodiesBytes: number;
  largeBodiesBytes: number;
}

const MIB = 1024 * 1024;
export const CONNECTION_LIMITS: ConnectionLimits = {
  headersMs: 20_000,
  bodyWindowMs: 20_000,
  stalledAnswerMs: 120_000,
  checkEveryMs: 5000,
  smallBodiesBytes: 64 * MIB,
  largeBodiesBytes: 192 * MIB,
};
/** Connections that wait to be accepted: Linux allows as many by default. */
export const BACKLOG = 4096;

/** The name is that of Node's own option, whose messages these replace. */
class Message extends IncomingMessage {
  declare private asksForUpgrade: boolean;

  /**
   * Node turns every request with the header Upgrade into an event, and leaves its body unread. As HTTP allows, we
   * ignore all protocols but one: such a request is answered like any other.
   */
  get upgrade(): boolean {
    return this.asksForUpgrade && (this.method === 'CONNECT' || isWebSocket(this.headers.upgrade));
  }
  set upgrade(asked: boolean) {
    this.asksForUpgrade = asked;
  }
}
const isWebSocket = (protocol: string | undefined): boolean => protocol?.trim().toLowerCase() === 'websocket';

/** A body is bounded by its rate instead of its total time, because data sets of gigabytes are uploaded. */
export const serverOptions = ({ headersMs, checkEveryMs }: ConnectionLimits): ServerOptions => ({
  IncomingMessage: Message,
  headersTimeout: headersMs,
  requestTimeout: 0,
  connectionsCheckingInterval: checkEveryMs,
  // The guard of requests answers those without a host, in the form of all errors.
  requireHostHeader: false,
});

/** What Node would answer by itself: unknown expectations, which HTTP lets us ignore, and requests for a tunnel. */
export function answerAll(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_request, socket) =>
    refuse(socket, new RelumineError('METHOD_NOT_ALLOWED', 'Method CONNECT is not allowed here.')),
  );
}

/** For what the parser of HTTP refuses, and for requests that do not come to an end. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else refuse(socket, asRefusal(error.code ?? 'HPE_UNKNOWN'));
}

function asRefusal(code: string): RelumineError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return tooSlow();
    case 'HPE_HEADER_OVERFLOW':
      return new RelumineError('HEADERS_TOO_LARGE', 'The headers of the request are larger than 16 KiB.');
    default:
      return new RelumineError('INVALID_REQUEST', `Malformed HTTP request (${code}).`);
  }
}

export const tooSlow = (): RelumineError =>
  new RelumineError('REQUEST_TIMEOUT', 'The request took too long to arrive. Send it again, without long pauses.');

/** The answer to a request that has none yet, and the end of its connection. */
export function refuse(socket: Duplex, error: RelumineError): void {
  const body = JSON.stringify(errorAnswer(error));
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  );
}
