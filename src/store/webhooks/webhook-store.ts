/** Webhooks, and what is to be sent to them, as the service sees them. */
import type {
  Delivery,
  DeliveryAttempt,
  NewWebhook,
  Run,
  Webhook,
  WebhookFormat,
  WebhookPatch,
} from '../../vocabulary/index.ts';

export interface WebhookStore {
  /** `project` and `createdBy` are ids. The secret is what signatures are made with. */
  create(webhook: NewWebhook & { project: string }, secret: string, createdBy: string | null): Promise<Webhook>;
  get(id: string): Promise<Webhook | null>;
  /** Oldest first; of these projects, or of all if null. */
  list(projects: readonly string[] | null): Promise<Webhook[]>;
  /** Null if there is no such webhook. */
  change(id: string, patch: WebhookPatch): Promise<Webhook | null>;
  delete(id: string): Promise<boolean>;
  /** Those that are not disabled. */
  enabled(): Promise<Webhook[]>;
}

/** Something that a webhook is told. */
export interface Telling {
  event: Delivery['event'];
  run: Pick<Run, 'id' | 'name' | 'experiment' | 'status' | 'progress' | 'summary' | 'error'> | null;
  /** Says what it tells of: with the same subject a webhook is told once. */
  subject: string;
  /** What else the receiver learns, beside the run. */
  more?: Record<string, unknown>;
}

/** A delivery that this process may send now. */
export interface DueDelivery {
  id: string;
  webhookId: string;
  url: string;
  secret: string;
  format: WebhookFormat;
  payload: Payload;
  /** Attempts that failed since it began to wait. */
  failures: number;
  /** Until then no other process sends it. */
  leaseEndsAt: Date;
}

/** What is sent in the standard format: the type, the time and the data that the Standard Webhooks recommend. */
export interface Payload {
  type: Delivery['event'];
  /** ISO 8601, UTC. */
  timestamp: string;
  data: { webhook: { id: string; name: string }; project: string; run: Telling['run'] } & Record<string, unknown>;
}

/** How an attempt ended. Without `nextAt` it is the last one. */
export type Outcome = { status: 'delivered' } | { status: 'waiting'; nextAt: Date } | { status: 'failed' };

export interface DeliveryStore {
  /**
   * A message that waits for its first attempt, at once or after `delayMs`. Null if the webhook was told of this subject,
   * or does not exist.
   */
  add(webhook: Pick<Webhook, 'id' | 'name' | 'project'>, telling: Telling, delayMs?: number): Promise<Delivery | null>;
  get(id: string): Promise<Delivery | null>;
  /** Newest first. `after`: the id of the last one on the page before. */
  list(webhookId: string, query: { after?: string; limit: number }): Promise<{ data: Delivery[]; hasMore: boolean }>;
  /**
   * Takes deliveries that are due, each for one process at a time: until its lease ends. A process that dies leaves
   * them to others.
   */
  take(count: number, leaseMs: number): Promise<DueDelivery[]>;
  /** Takes one, whatever its state is. Null if there is none. */
  takeOne(id: string, leaseMs: number): Promise<DueDelivery | null>;
  /** False if the lease was lost, or the delivery was deleted. */
  settle(due: DueDelivery, attempt: DeliveryAttempt, outcome: Outcome): Promise<boolean>;
  /** Makes it wait again, as if for its first attempt. Null if there is none. */
  replay(id: string): Promise<Delivery | null>;
  /** How long until the next one is due; null if none waits. */
  nextInMs(): Promise<number | null>;
  /** Deletes what was settled before. Returns how many. */
  sweep(before: Date): Promise<number>;

  /** The events of a run that are critical for a layer: for each layer the first one. */
  criticalLayers(runId: string): Promise<{ layer: string; step: number; message: string }[]>;
  /** Whether a rule, in the grammar of filters, holds for the run now. */
  holds(runId: string, rule: string): Promise<boolean>;
  /** Those of the runs that belong to these projects, and to no trials. */
  told(runIds: readonly string[], projects: readonly string[]): Promise<ToldRun[]>;
  /**
   * At most `limit` runs that have ended, of which no webhook was told yet. They stay until they are forgotten, so that
   * a process that dies loses none.
   */
  endings(limit: number): Promise<(ToldRun & { at: Date })[]>;
  forgetEndings(runIds: readonly string[]): Promise<void>;
}

/** A run, and the project where it belonged when it ended; while it has not, where it belongs. */
export interface ToldRun {
  run: NonNullable<Telling['run']>;
  project: string;
}
