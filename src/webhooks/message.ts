/** A message to a webhook: its body in the format that the receiver reads, and its signature. */
import { createHmac, randomBytes } from 'node:crypto';
import type { DueDelivery, Payload } from '../store/store.ts';
import type { WebhookFormat } from '../vocabulary/index.ts';

export interface Message {
  body: string;
  headers: Record<string, string>;
}

const SECRET_PREFIX = 'whsec_';
/** The Standard Webhooks recommend 24 to 64. */
const SECRET_BYTES = 32;

export const newSecret = (): string => SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/**
 * `serviceUrl`: where people reach the service, for links. The headers are those of the Standard Webhooks, in every
 * format: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function writeMessage(
  { id, secret, format, payload }: Pick<DueDelivery, 'id' | 'secret' | 'format' | 'payload'>,
  serviceUrl: string | null,
  now = new Date(),
): Message {
  const body = JSON.stringify(bodyOf(format, payload, serviceUrl));
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Relumine',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
  };
}

function bodyOf(format: WebhookFormat, payload: Payload, serviceUrl: string | null): object {
  const url = serviceUrl !== null && payload.data.run ? `${serviceUrl}/runs/${payload.data.run.id}` : null;
  switch (format) {
    case 'standard':
      return url === null ? payload : { ...payload, data: { ...payload.data, url } };
    case 'slack':
      // https://api.slack.com/reference/surfaces/formatting#escaping
      return { text: escapeSlack(wordsOf(payload)) + (url === null ? '' : `\n<${url}>`) };
    case 'discord':
      // Nobody is notified by a name such as @everyone in a run's name.
      return {
        content: wordsOf(payload).slice(0, LONGEST_DISCORD) + (url === null ? '' : `\n<${url}>`),
        allowed_mentions: { parse: [] },
      };
  }
}

/** Discord takes 2000 characters; the rest is for the link. */
const LONGEST_DISCORD = 1700;

const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** In one or two lines. */
function wordsOf({ type, data: { webhook, run, rule, layer, message } }: Payload): string {
  const name = run ? `Run "${run.name || run.id}"` : '';
  switch (type) {
    case 'run.finished':
      return [`${name} finished.`, figuresOf(run?.summary ?? {})].filter(Boolean).join('\n');
    case 'run.failed':
      return [`${name} failed.`, run?.error?.message].filter(Boolean).join('\n');
    case 'layer.critical':
      return `${name}: layer ${String(layer)} is critical.\n${String(message)}`;
    case 'metric':
      return [`${name}: ${String(rule)}`, figuresOf(run?.summary ?? {})].filter(Boolean).join('\n');
    case 'test':
      return `This is a test of the webhook "${webhook.name}".`;
  }
}

const FIGURES = ['loss', 'accuracy', 'valLoss', 'valAccuracy', 'deadNeurons'] as const;

function figuresOf(summary: NonNullable<Payload['data']['run']>['summary']): string {
  return FIGURES.flatMap((key) => {
    const value = summary[key];
    return typeof value === 'number' ? [`${key} ${Number(value.toPrecision(4))}`] : [];
  }).join(', ');
}
