/** `Idempotency-Key` on a POST: the first success is kept for 24 hours and returned to every repeated request. */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RelumineError } from '../errors.ts';
import type { AnswerKey, AnswerStore } from '../store/store.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer has a secret in it, such as a new key, so it is never kept. */
    isSecret?: boolean;
  }
  interface FastifyRequest {
    /** The key under which this request's response will be kept. */
    idempotencyKey: AnswerKey | null;
  }
}

/** How long a repeated request waits for the first one, which is still in progress. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 50;

export function replayAnswers(app: FastifyInstance, answers: AnswerStore): void {
  app.decorateRequest('idempotencyKey', null);

  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined || request.routeOptions.config.isSecret) return;
    if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) {
      const detail = {
        path: 'Idempotency-Key',
        message: 'must be 1 to 255 printable ASCII characters',
        expected: '1 to 255 printable ASCII characters',
      };
      throw new RelumineError(
        'INVALID_REQUEST',
        'The header Idempotency-Key must be 1 to 255 printable ASCII characters.',
        { details: [detail] },
      );
    }
    await begin({ scope: scopeOf(request), key }, request, reply);
  });

  async function begin(key: AnswerKey, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const hash = createHash('sha256')
      .update(`${request.method} ${request.url}\n`)
      .update(JSON.stringify(request.body ?? null))
      .digest('hex');
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await answers.begin(key, hash);
      switch (answer.state) {
        case 'new':
          request.idempotencyKey = key;
          return;
        case 'kept':
          if (answer.status === 201) reply.headers(locationOf(answer.body));
          reply
            .code(answer.status)
            .header('idempotency-replayed', 'true')
            .type('application/json; charset=utf-8')
            .send(answer.body);
          return;
        case 'conflict':
          throw new RelumineError(
            'IDEMPOTENCY_CONFLICT',
            'This Idempotency-Key was used for a different request. Use a new key for each new request.',
          );
        case 'pending':
          if (Date.now() < giveUpAt) break;
          reply.header('retry-after', '5');
          throw new RelumineError(
            'IDEMPOTENCY_PENDING',
            'The first request with this Idempotency-Key is still in progress. Try again in a few seconds.',
          );
      }
      await delay(LOOK_AGAIN_MS);
    }
  }

  app.addHook('onSend', async (request, reply, payload) => {
    const key = request.idempotencyKey;
    if (key === null) return;
    request.idempotencyKey = null;
    if (reply.statusCode < 300 && typeof payload === 'string') await answers.keep(key, reply.statusCode, payload);
    // A refused request did nothing, so a corrected one may use the same key.
    else await answers.forget(key);
  });
}

/** All callers are the same, as long as the service has no users and no API keys. */
const OPEN_CALLER = 'open';

/** The caller and the route of a key. The same key in another scope is a different key. */
const scopeOf = ({ method, routeOptions }: FastifyRequest): string =>
  `${OPEN_CALLER} ${method} ${routeOptions.url ?? ''}`;

/** Where things are that a POST has created, by what they call themselves. */
const LOCATIONS: Record<string, (created: { id: string; runId: string }) => string> = {
  run: ({ id }) => `/v1/runs/${id}`,
  dataset: ({ id }) => `/v1/datasets/${id}`,
  trials: ({ runId }) => `/v1/runs/${runId}/trials`,
  view: ({ id }) => `/v1/views/${id}`,
  project: ({ id }) => `/v1/projects/${id}`,
  comment: ({ id, runId }) => `/v1/runs/${runId}/comments/${id}`,
};

/** None for what has no address of its own, such as an import. */
function locationOf(body: string): { location?: string } {
  const created = JSON.parse(body) as { object: string; id: string; runId: string };
  const location = LOCATIONS[created.object]?.(created);
  return location === undefined ? {} : { location };
}
