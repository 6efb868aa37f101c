/**
 * The OpenAPI 3.1 document, generated from the schemas of the routes. A route that would be missing from it is refused.
 */
import swagger from '@fastify/swagger';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { isTag, TAGS } from '../routes/tags.ts';
import { COMPONENTS, ErrorRef } from '../schemas/index.ts';

const DESCRIPTION = `Submit a training job, watch every neuron live, learn which ones died, when and why, and what to do about it.

Errors are \`{ "error": { "code", "message", "details" } }\`. Lists are \`{ "object": "list", "data", "hasMore", "nextCursor" }\`.
An \`Idempotency-Key\` on a POST replays the first response for 24 hours.`;

export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  app.addHook('onRoute', (route) => {
    if (route.schema?.hide) return;
    checkDescribed(route);
    route.schema = { ...route.schema, response: { ...commonErrors(route), ...responsesOf(route) } };
  });
  for (const [name, schema] of Object.entries(COMPONENTS)) app.addSchema({ ...schema, $id: name });
  await app.register(swagger, {
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) => (typeof $id === 'string' ? $id : `def-${index}`),
    },
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Relumine', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: '/' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

/** /docs groups routes by tag: one without a known tag would be missing there. */
function checkDescribed({ method, url, schema }: RouteOptions): void {
  const { tags = [], summary, description } = schema ?? {};
  const isKnown = tags.length === 1 && tags.every(isTag);
  if (isKnown && summary && description) return;
  throw new Error(
    `${[method].flat().join(', ')} ${url} needs one tag of ${Object.keys(TAGS).join(', ')}, a summary and a description`,
  );
}

/** Errors that every route can return: from the guards, the sign-in, the parser, the replay of responses, and internal errors. */
function commonErrors({ method, schema }: RouteOptions): Record<number, typeof ErrorRef> {
  const methods = [method].flat();
  const statuses = [400, 401, 403, 429, 500, 503];
  if (methods.includes('POST')) statuses.push(409, 422);
  if (methods.includes('POST') || schema?.body !== undefined) statuses.push(413, 415);
  return Object.fromEntries(statuses.map((status) => [status, ErrorRef]));
}

const responsesOf = ({ schema }: RouteOptions): Record<string, unknown> =>
  (schema?.response ?? {}) as Record<string, unknown>;
