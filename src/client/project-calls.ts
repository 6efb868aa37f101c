/** Projects with their members, webhooks and usage, and the audit log. */
import type {
  AuditEntry,
  AuditQuery,
  CreatedWebhook,
  Delivery,
  List,
  Member,
  NewMember,
  NewProject,
  NewWebhook,
  Project,
  ProjectPatch,
  RetentionPlan,
  Usage,
  Webhook,
  WebhookPatch,
} from '../vocabulary/index.ts';
import type { Http } from './http.ts';

export class ProjectCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  /** Those that one may see. */
  async list(): Promise<Project[]> {
    return (await this.#http.json<List<Project>>('GET', '/v1/projects')).data;
  }
  get(id: string): Promise<Project> {
    return this.#http.json('GET', project(id));
  }
  create(newProject: NewProject): Promise<Project> {
    return this.#http.json('POST', '/v1/projects', { body: newProject });
  }
  patch(id: string, patch: ProjectPatch): Promise<Project> {
    return this.#http.json('PATCH', project(id), { body: patch });
  }
  /** With `force` also all that it holds. */
  delete(id: string, query: { force?: boolean } = {}): Promise<void> {
    return this.#http.json('DELETE', project(id), { query });
  }
  usage(id: string): Promise<Usage> {
    return this.#http.json('GET', `${project(id)}/usage`);
  }
  /** What the rules of retention would delete now. */
  retentionPlan(id: string): Promise<RetentionPlan> {
    return this.#http.json('GET', `${project(id)}/retention`);
  }
  async members(id: string): Promise<Member[]> {
    return (await this.#http.json<List<Member>>('GET', `${project(id)}/members`)).data;
  }
  /** Adds a member, or changes the role of one. */
  setMember(id: string, member: NewMember): Promise<Member> {
    return this.#http.json('POST', `${project(id)}/members`, { body: member });
  }
  removeMember(id: string, personId: string): Promise<void> {
    return this.#http.json('DELETE', `${project(id)}/members/${encodeURIComponent(personId)}`);
  }
}

export class WebhookCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  async list(projectId?: string): Promise<Webhook[]> {
    return (await this.#http.json<List<Webhook>>('GET', '/v1/webhooks', { query: { project: projectId } })).data;
  }
  create(newWebhook: NewWebhook): Promise<CreatedWebhook> {
    return this.#http.json('POST', '/v1/webhooks', { body: newWebhook });
  }
  patch(id: string, patch: WebhookPatch): Promise<Webhook> {
    return this.#http.json('PATCH', webhook(id), { body: patch });
  }
  delete(id: string): Promise<void> {
    return this.#http.json('DELETE', webhook(id));
  }
  /** Sends a message now that says that it is a test. */
  test(id: string): Promise<Delivery> {
    return this.#http.json('POST', `${webhook(id)}/test`);
  }
  /** The newest first. */
  deliveries(id: string, query: { after?: string; limit?: number } = {}): Promise<List<Delivery>> {
    return this.#http.json('GET', `${webhook(id)}/deliveries`, { query });
  }
  /** Sends the same message once more. */
  replay(id: string, deliveryId: string): Promise<Delivery> {
    return this.#http.json('POST', `${webhook(id)}/deliveries/${encodeURIComponent(deliveryId)}/replay`);
  }
}

export class AuditCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  /** The newest first. */
  list(query: AuditQuery = {}): Promise<List<AuditEntry>> {
    return this.#http.json('GET', '/v1/audit', { query: { ...query } });
  }
  /** All that match, one per line or row. */
  export(
    format: 'csv' | 'jsonl',
    query: Omit<AuditQuery, 'after' | 'limit'> = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return this.#http.stream('/v1/audit', { ...query, format });
  }
}

const project = (id: string) => `/v1/projects/${encodeURIComponent(id)}`;
const webhook = (id: string) => `/v1/webhooks/${encodeURIComponent(id)}`;
