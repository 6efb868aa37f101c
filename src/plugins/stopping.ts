/** Requests that come while the service stops: over connections that are still open. */
import type { FastifyInstance } from 'fastify';
import { RelumineError } from '../errors.ts';

const RETRY_AFTER_SECONDS = 2;

export function refuseWhenStopping(app: FastifyInstance): void {
  let isStopping = false;
  app.addHook('preClose', (done) => {
    isStopping = true;
    done();
  });
  app.addHook('onRequest', async (_request, reply) => {
    if (!isStopping) return;
    reply.header('connection', 'close');
    throw new RelumineError('SHUTTING_DOWN', 'The service is stopping. Try again in a moment.', {
      retryAfter: RETRY_AFTER_SECONDS,
    });
  });
}
