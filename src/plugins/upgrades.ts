/** Only streams can be upgraded; a WebSocket to any other route gets an error like all others. */
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { RelumineError } from '../errors.ts';

/** How long a socket that is being upgraded may still take when the service stops. */
const FAREWELL_MS = 1000;

export function refuseUpgrades(app: FastifyInstance): void {
  const streams = new Set<string>();
  app.addHook('onRoute', ({ url, wsHandler }) => {
    if (wsHandler) streams.add(url);
  });
  app.addHook('onRequest', async ({ ws, is404, headers, routeOptions: { url = '' } }, reply) => {
    // The parser stops behind a request for an upgrade, also behind one that is answered like all others.
    if (headers.upgrade !== undefined && !ws) reply.header('connection', 'close');
    if (!ws || is404 || streams.has(url)) return;
    const protocol = headers.upgrade ?? '';
    throw new RelumineError(
      'INVALID_REQUEST',
      `This address cannot be upgraded to ${JSON.stringify(protocol.slice(0, 100))}. Send the request without the header Upgrade.`,
    );
  });

  // The HTTP server lets go of a socket that asks for an upgrade, so nobody else would end those that wait for an answer.
  const sockets = new Set<Duplex>();
  const watch = (_request: unknown, socket: Duplex): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  app.server.prependListener('upgrade', watch);
  app.addHook('preClose', (done) => {
    // From now on a request for an upgrade is one like all others, and refused.
    app.server.removeAllListeners('upgrade');
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, FAREWELL_MS).unref();
    done();
  });
}
