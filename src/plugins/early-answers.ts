/**
 * An answer that is ready before its request was read, such as 413: what is still coming is read and thrown away for a
 * while. A connection that is closed with bytes unread is reset, and the client may lose the answer with it.
 */
import type { FastifyInstance } from 'fastify';

/** Enough for a body of some hundred MiB on a fast line; what takes longer is cut off. */
const LINGER_MS = 5000;

export function lingerAfterEarlyAnswers(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    const { raw } = request;
    if (!raw.complete) {
      // Fastify asks for the close of a connection whose body it did not read.
      reply.removeHeader('connection');
      const cutOff = setTimeout(() => raw.destroy(), LINGER_MS);
      raw.once('end', () => clearTimeout(cutOff)).once('close', () => clearTimeout(cutOff));
      raw.resume();
    }
    done();
  });
}
