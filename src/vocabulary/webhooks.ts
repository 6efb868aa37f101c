import type { PersonName } from './people.ts';

/** What a webhook can tell of. `metric`: a rule over a run's figures has become true. */
export const WEBHOOK_EVENTS = ['run.finished', 'run.failed', 'layer.critical', 'metric'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export const WEBHOOK_FORMATS = ['standard', 'slack', 'discord'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** Where events of a project are sent. All times are ISO 8601, UTC. */
export interface Webhook {
  id: string;
  object: 'webhook';
  name: string;
  url: string;
  format: WebhookFormat;
  events: WebhookEvent[];
  /** Of the event `metric`: a filter over a run's figures, such as `summary.valLoss < 0.1`. */
  rule: string | null;
  project: string;
  createdBy: PersonName | null;
  createdAt: string;
  /** Since when nothing is sent; null: it is. */
  disabledAt: string | null;
}
export interface NewWebhook {
  name: string;
  url: string;
  events: WebhookEvent[];
  rule?: string;
  format?: WebhookFormat;
  project?: string;
}
export type WebhookPatch = Partial<Omit<NewWebhook, 'project' | 'rule'>> & {
  rule?: string | null;
  disabled?: boolean;
};
/** The only time that the secret is shown, with which the receiver checks signatures. */
export interface CreatedWebhook extends Webhook {
  secret: string;
}

export const DELIVERY_STATUSES = ['waiting', 'delivered', 'failed'] as const;
export interface DeliveryAttempt {
  at: string;
  /** Of the answer; null: there was none. */
  status: number | null;
  durationMs: number;
  /** In words, where it failed. */
  error: string | null;
}
/** One message to a webhook, with how its attempts went. */
export interface Delivery {
  id: string;
  object: 'delivery';
  webhookId: string;
  event: WebhookEvent | 'test';
  runId: string | null;
  status: (typeof DELIVERY_STATUSES)[number];
  attempts: DeliveryAttempt[];
  /** When the next attempt is due. */
  nextAt: string | null;
  payload: unknown;
  createdAt: string;
}
