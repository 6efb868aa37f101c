/** Finds out who sends a request, and whether somebody like that may use the route at all. */
import type { FastifyInstance } from 'fastify';
import { OPEN_CALLER, type Caller } from '../people/caller.ts';
import { isAction } from '../people/rules.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
  }
}

export function identifyCallers(app: FastifyInstance): void {
  // Fastify wants no object here, because all requests would share it. The hook below gives every request its caller.
  app.decorateRequest('caller', null as unknown as Caller);
  app.addHook('onRequest', async (request) => {
    request.caller = OPEN_CALLER;
  });
  app.addHook('onRoute', ({ method, url, schema }) => {
    for (const name of [method].flat()) {
      if (name === 'HEAD' || name === 'OPTIONS') continue;
      // The files of the page contain no data.
      if (schema?.hide && !url.startsWith('/v1/')) continue;
      const action = `${name} ${url}`;
      if (!isAction(action)) throw new Error(`No rule says who may use "${action}". Add one to people/rules.ts.`);
    }
  });
}
