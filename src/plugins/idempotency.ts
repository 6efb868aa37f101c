/** `Idempotency-Key` on a POST: the first success is kept for 24 hours and returned to every repeated request. */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RelumineError } from '../errors.ts';
import { mayIn } from '../people/caller.ts';
import type { AnswerKey, Store } from '../store/store.ts';
import { PROJECT_ROLES } from '../vocabulary/index.ts';
import { hashJson } from './json-hash.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer has a secret in it, such as a new key, so it is never kept. */
    isSecret?: boolean;
    /**
     * What the route has made with this id, as it answers. A request whose process died after it made something is answered
     * with it. Null if it is gone.
     */
    remade?: (request: FastifyRequest, id: string) => Promise<{ location: string | null; body: object } | null>;
  }
  interface FastifyRequest {
    /** The key under which this request's response will be kept. */
    idempotencyKey: AnswerKey | null;
  }
}

/** How long a repeated request waits for the first one, which is still in progress. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 50;

export function replayAnswers(app: FastifyInstance, store: Pick<Store, 'answers' | 'runs'>): void {
  const { answers } = store;
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
    const content = createHash('sha256').update(`${request.method} ${request.url}\n`);
    await hashJson(content, request.body ?? null);
    const hash = content.digest('hex');
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await answers.begin(key, hash);
      switch (answer.state) {
        case 'new':
          request.idempotencyKey = key;
          return;
        case 'made': {
          request.idempotencyKey = key;
          const made = await request.routeOptions.config.remade?.(request, answer.id);
          if (made) {
            if (!(await mayStill(request, JSON.stringify(made.body)))) return;
            // Until it is sent, and its answer kept: then the route is not entered.
            if (made.location !== null) reply.header('location', made.location);
            await reply.code(201).header('idempotency-replayed', 'true').send(made.body);
            return;
          }
          // It is gone, so the request is made again.
          await answers.unmake(key);
          return;
        }
        case 'kept':
          // Who was put out of the project meanwhile gets what everybody outside of it gets.
          if (!(await mayStill(request, answer.body))) return;
          if (answer.location !== null) reply.header('location', answer.location);
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
          if (performance.now() < giveUpAt) break;
          reply.header('retry-after', '5');
          throw new RelumineError(
            'IDEMPOTENCY_PENDING',
            'The first request with this Idempotency-Key is still in progress. Try again in a few seconds.',
          );
      }
      await delay(LOOK_AGAIN_MS);
    }
  }

  /** Whether the caller may still do what the first request did. If that cannot be known here, the route finds out. */
  async function mayStill({ caller, rule, params }: FastifyRequest, body: string): Promise<boolean> {
    const least = PROJECT_ROLES.find((role) => role === rule);
    if (least === undefined || caller.isOwner) return true;
    const { project, runId = (params as { id?: string }).id } = JSON.parse(body) as {
      project?: string;
      runId?: string;
    };
    const of = project ?? (runId === undefined ? undefined : (await store.runs.get(runId))?.project);
    return of !== undefined && mayIn(caller, of, least);
  }

  app.addHook('onSend', async (request, reply, payload) => {
    const key = request.idempotencyKey;
    if (key === null) return;
    request.idempotencyKey = null;
    if (reply.statusCode < 300 && typeof payload === 'string') {
      const location = reply.getHeader('location');
      const answer = {
        status: reply.statusCode,
        body: payload,
        location: typeof location === 'string' ? location : null,
      };
      await answers.keep(key, answer);
    }
    // A refused request did nothing, so a corrected one may use the same key.
    else await answers.forget(key);
  });
}

/** The caller and the route of a key: the same key in another scope is a different key. A person has many credentials. */
const scopeOf = ({ caller, method, routeOptions }: FastifyRequest): string =>
  `${caller.person?.id ?? caller.via} ${method} ${routeOptions.url ?? ''}`;
