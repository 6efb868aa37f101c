import { Type } from 'typebox';
import {
  DELIVERY_STATUSES,
  WEBHOOK_EVENTS,
  WEBHOOK_FORMATS,
  type CreatedWebhook,
  type Delivery,
  type NewWebhook,
  type Webhook,
  type WebhookPatch,
} from '../vocabulary/index.ts';
import { closed, nullable, schemaOf } from './build.ts';
import { CreatedBySchema, ProjectName } from './projects.ts';

const name = Type.String({ minLength: 1, maxLength: 100 });
const url = Type.String({
  minLength: 1,
  maxLength: 2000,
  description: 'An address with http or https. Whoever knows it may be able to send there, so only admins see it.',
});
const events = Type.Array(Type.Enum(WEBHOOK_EVENTS), {
  minItems: 1,
  description:
    '`run.finished`: a run has succeeded. `run.failed`. `layer.critical`: half of the neurons of a layer are inactive; told once per layer. `metric`: the rule has become true; told once per run. Runs of trials are not told of.',
});
const rule = Type.String({
  minLength: 1,
  maxLength: 1000,
  description:
    'Of the event `metric`: a filter as of `GET /v1/runs`, over the newest figures of a run that trains, such as `summary.valLoss < 0.1`.',
});
const format = Type.Enum(WEBHOOK_FORMATS, {
  description: '`standard`: JSON, see docs/team.md. `slack` and `discord`: a message in words.',
});

const properties = {
  id: Type.String(),
  object: Type.Literal('webhook'),
  name,
  url,
  format,
  events,
  rule: nullable(rule),
  project: Type.String({ description: 'The id of the project of whose runs it is told.' }),
  createdBy: CreatedBySchema,
  createdAt: Type.String(),
  disabledAt: nullable(Type.String(), 'Since when nothing is sent; null: it is.'),
};
export const WebhookSchema = schemaOf<Webhook>()(Type.Object(properties));
export const CreatedWebhookSchema = schemaOf<CreatedWebhook>()(
  Type.Object({
    ...properties,
    secret: Type.String({
      description: 'With it the receiver checks signatures, as the Standard Webhooks say. Shown this once.',
    }),
  }),
);
export const NewWebhookSchema = schemaOf<NewWebhook>()(
  closed({
    name,
    url,
    events,
    rule: Type.Optional(rule),
    format: Type.Optional(format),
    project: Type.Optional(ProjectName),
  }),
);
export const WebhookPatchSchema = schemaOf<WebhookPatch>()(
  closed({
    name: Type.Optional(name),
    url: Type.Optional(url),
    events: Type.Optional(events),
    rule: Type.Optional(nullable(rule)),
    format: Type.Optional(format),
    disabled: Type.Optional(Type.Boolean()),
  }),
);

export const DeliverySchema = schemaOf<Delivery>()(
  Type.Object({
    id: Type.String({ description: 'The receiver finds it in the header `webhook-id`.' }),
    object: Type.Literal('delivery'),
    webhookId: Type.String(),
    event: Type.Enum([...WEBHOOK_EVENTS, 'test']),
    runId: nullable(Type.String()),
    status: Type.Enum(DELIVERY_STATUSES),
    attempts: Type.Array(
      Type.Object({
        at: Type.String(),
        status: nullable(Type.Integer(), 'Of the answer; null: there was none.'),
        durationMs: Type.Integer(),
        error: nullable(Type.String(), 'In words, where it failed.'),
      }),
    ),
    nextAt: nullable(Type.String(), 'When the next attempt is due.'),
    payload: Type.Unknown({ description: 'What is sent in the format `standard`.' }),
    createdAt: Type.String(),
  }),
);
