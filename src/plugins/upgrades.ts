/** Only streams can be upgraded; a request for an upgrade of any other route gets an error like all others. */
import type { FastifyInstance } from 'fastify';
import { RelumineError } from '../errors.ts';

export function refuseUpgrades(app: FastifyInstance): void {
  const streams = new Set<string>();
  app.addHook('onRoute', ({ url, wsHandler }) => {
    if (wsHandler) streams.add(url);
  });
  app.addHook('onRequest', async ({ ws, is404, headers, routeOptions: { url = '' } }) => {
    if (!ws || is404) return;
    const protocol = headers.upgrade ?? '';
    if (protocol.toLowerCase() === 'websocket' && streams.has(url)) return;
    throw new RelumineError(
      'INVALID_REQUEST',
      `This address cannot be upgraded to ${JSON.stringify(protocol.slice(0, 100))}. Send the request without the header Upgrade.`,
    );
  });
}
