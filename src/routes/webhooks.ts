/** Webhooks of projects, and what was sent to them. */
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import {
  CreatedWebhookSchema,
  Cursor,
  DeliverySchema,
  ListedProject,
  listOf,
  NewWebhookSchema,
  pageLimit,
  WebhookPatchSchema,
  WebhookSchema,
} from '../schemas/index.ts';
import {
  describeProblem,
  parseFilter,
  type AuditState,
  type ErrorDetail,
  type Webhook,
  type WebhookPatch,
} from '../vocabulary/index.ts';
import { auditor, changeOf } from './audit.ts';
import { openDoor } from './door.ts';
import { answers, page, refuseBlank, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['webhooks'];
const Params = Type.Object({ id: Type.String({ examples: ['webhook_01jz6f5m7s'] }) });
const DeliveryParams = Type.Object({
  id: Type.String({ examples: ['webhook_01jz6f5m7s'] }),
  delivery: Type.String({ examples: ['delivery_01jz6f5m7s'] }),
});

export const webhooks: Routes = async (app, { store, webhooks: station }) => {
  const audit = auditor(store);
  const { findWebhook, findDelivery, originFor, sightFor } = openDoor(store);

  app.get(
    '/v1/webhooks',
    {
      schema: {
        tags,
        summary: 'List webhooks',
        description: 'Oldest first, those of the projects in which the caller is an admin.',
        querystring: Type.Object({ project: Type.Optional(ListedProject) }),
        response: answers(200, listOf(WebhookSchema), 404),
      },
    },
    async (request) => page(await store.webhooks.list((await sightFor(request, request.query.project)).sight)),
  );

  app.post(
    '/v1/webhooks',
    {
      config: { isSecret: true },
      schema: {
        tags,
        summary: 'Create a webhook',
        description:
          'From now on, what happens to runs of the project is sent to the address. The answer has the `secret` with which the receiver checks signatures; it is shown this once.',
        body: {
          ...NewWebhookSchema,
          examples: [
            {
              name: 'alerts',
              url: 'https://example.org/relumine',
              events: ['run.failed', 'metric'],
              rule: 'summary.valLoss > 10',
            },
          ],
        },
        response: answers(201, CreatedWebhookSchema, 404),
      },
    },
    async (request, reply) => {
      const { project: wanted, ...wish } = request.body;
      const origin = await originFor(request, wanted);
      check(wish);
      checkRule({ events: wish.events, rule: wish.rule ?? null });
      const { webhook, secret } = await station.create(wish, origin);
      await audit(request, 'webhook.created', webhook, { after: factsOf(webhook) });
      return reply
        .code(201)
        .header('location', `/v1/webhooks/${webhook.id}`)
        .send({ ...webhook, secret });
    },
  );

  app.get(
    '/v1/webhooks/:id',
    {
      schema: {
        tags,
        summary: 'Get a webhook',
        description: 'Everything but its secret, which is shown only once.',
        params: Params,
        response: answers(200, WebhookSchema, 404),
      },
    },
    async (request) => findWebhook(request),
  );

  app.patch(
    '/v1/webhooks/:id',
    {
      schema: {
        tags,
        summary: 'Change a webhook, or switch it off or on',
        description:
          'What is left out stays as it is. What happened while it was off is not told later. Its secret stays.',
        params: Params,
        body: { ...WebhookPatchSchema, examples: [{ disabled: true }] },
        response: answers(200, WebhookSchema, 404),
      },
    },
    async (request) => {
      const webhook = await findWebhook(request);
      check(request.body);
      checkRule({ ...webhook, ...request.body });
      const changed = await store.webhooks.change(webhook.id, request.body);
      if (!changed) throw notFound('WEBHOOK_NOT_FOUND', webhook.id);
      const { before, after } = changeOf({ ...request.body, disabledAt: null }, factsOf(webhook), factsOf(changed));
      await audit(request, 'webhook.changed', changed, { before, after });
      return changed;
    },
  );

  app.delete(
    '/v1/webhooks/:id',
    {
      schema: {
        tags,
        summary: 'Delete a webhook',
        description: 'With the list of what was sent. What waits is not sent any more.',
        params: Params,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const webhook = await findWebhook(request);
      if (!(await store.webhooks.delete(webhook.id))) throw notFound('WEBHOOK_NOT_FOUND', webhook.id);
      await audit(request, 'webhook.deleted', webhook, { before: factsOf(webhook) });
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/v1/webhooks/:id/test',
    {
      schema: {
        tags,
        summary: 'Send a test to a webhook',
        description: 'Once, and now: the answer says how it went. It takes at most 10 s.',
        params: Params,
        response: answers(200, DeliverySchema, 404),
      },
    },
    async (request) => {
      const webhook = await findWebhook(request);
      const delivery = await station.test(webhook);
      if (!delivery) throw notFound('WEBHOOK_NOT_FOUND', webhook.id);
      await audit(request, 'webhook.tested', webhook, { after: { status: delivery.status } });
      return delivery;
    },
  );

  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      schema: {
        tags,
        summary: 'List what was sent to a webhook, and what waits',
        description: 'Newest first, each with its attempts. Deliveries are kept for 30 days.',
        params: Params,
        querystring: Type.Object({
          after: Type.Optional(Cursor),
          limit: Type.Optional(pageLimit(100, 50)),
        }),
        response: answers(200, listOf(DeliverySchema), 404),
      },
    },
    async (request) => {
      const { id } = await findWebhook(request);
      const { after, limit = 50 } = request.query;
      const { data, hasMore } = await store.deliveries.list(id, { limit, ...(after !== undefined && { after }) });
      return page(data, hasMore, hasMore ? (data.at(-1)?.id ?? null) : null);
    },
  );

  app.post(
    '/v1/webhooks/:id/deliveries/:delivery/replay',
    {
      schema: {
        tags,
        summary: 'Send a message once more',
        description:
          'The same message, with the same id, as if for the first time: with new attempts if the first of them fails.',
        params: DeliveryParams,
        response: answers(200, DeliverySchema, 404),
      },
    },
    async (request) => {
      const webhook = await findWebhook(request);
      const { id } = await findDelivery(request, webhook);
      const delivery = await store.deliveries.replay(id);
      if (!delivery) throw notFound('DELIVERY_NOT_FOUND', id);
      station.nudge();
      await audit(request, 'delivery.replayed', { id, project: webhook.project }, { after: { webhook: webhook.name } });
      return delivery;
    },
  );

  function check({ name, url, rule }: Pick<WebhookPatch, 'name' | 'url' | 'rule'>): void {
    refuseBlank('name', name);
    const wrong = url === undefined ? null : station.refusalOf(url);
    if (wrong !== null)
      throw invalid({ path: 'url', message: wrong, expected: 'an address such as https://example.org/hook' });
    if (rule === undefined || rule === null) return;
    const parsed = parseFilter(rule);
    if ('problem' in parsed)
      throw invalid({ path: 'rule', message: describeProblem(parsed.problem), expected: parsed.problem.expected });
  }
};

/** The event `metric` and its rule need each other. */
function checkRule({ events, rule }: Pick<Webhook, 'events' | 'rule'>): void {
  const isWanted = events.includes('metric');
  if (isWanted && (rule === null || rule.trim() === ''))
    throw invalid({ path: 'rule', message: 'is missing', expected: 'a filter such as summary.valLoss < 0.1' });
  if (!isWanted && rule !== null)
    throw invalid({ path: 'rule', message: 'is of the event "metric" only', expected: 'null, or "metric" in events' });
}

function invalid(detail: ErrorDetail): RelumineError {
  return new RelumineError('INVALID_REQUEST', `The request is not valid: ${detail.path} ${detail.message}.`, {
    details: [detail],
  });
}

/** An address can contain a secret, so only its host is written down. */
const factsOf = ({ name, url, events, rule, format, disabledAt }: Webhook): AuditState => ({
  name,
  url: new URL(url).host,
  events,
  rule,
  format,
  disabledAt,
});
