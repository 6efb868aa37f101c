/** The OpenAPI 3.1 document, generated from the schemas of the routes. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

const DESCRIPTION = `Submit a training job, watch every neuron of it live, learn which ones died, when and why, and what to do about it.

Errors are \`{ "error": { "code", "message", "details" } }\`. Lists are \`{ "object": "list", "data", "hasMore", "nextCursor" }\`.
An \`Idempotency-Key\` on a POST replays the first answer for 24 hours.`;

export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Relumine', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: '/' }],
      tags: [
        { name: 'runs', description: 'Training jobs and their runs.' },
        { name: 'stream', description: 'What a run tells while it trains.' },
        { name: 'history', description: 'What a run has told.' },
        { name: 'neurons', description: 'Health of every neuron, its causes and what to do.' },
        { name: 'models', description: 'What was trained.' },
        { name: 'datasets', description: 'What can be trained on.' },
        { name: 'engines', description: 'What can train.' },
        { name: 'operations', description: 'For whoever runs the service.' },
      ],
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
