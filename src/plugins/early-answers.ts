/**
 * A response that is ready before its request was read, such as 413. The rest of the request is read and discarded for
 * a while, because closing a connection with unread bytes resets it, and the client may lose the response.
 */
import type { FastifyInstance } from 'fastify';

/** Enough for a body of a few hundred MiB on a fast connection. Anything longer is cut off. */
const LINGER_MS = 5000;

export function lingerAfterEarlyAnswers(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    const { raw } = request;
    if (!raw.complete) {
      // Fastify requests to close a connection whose body it did not read.
      reply.removeHeader('connection');
      const cutOff = setTimeout(() => raw.destroy(), LINGER_MS);
      raw.once('end', () => clearTimeout(cutOff)).once('close', () => clearTimeout(cutOff));
      raw.resume();
    }
    done();
  });
}
