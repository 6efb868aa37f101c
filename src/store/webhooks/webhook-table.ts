/** Where events of a project are sent. */
import type { NewWebhook, Webhook, WebhookPatch } from '../../vocabulary/index.ts';
import type { Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { cleanLabel, cleanText } from '../postgres/text.ts';
import type { WebhookStore } from './webhook-store.ts';

type Row = Omit<Webhook, 'object' | 'createdAt' | 'disabledAt'> & { createdAt: Date; disabledAt: Date | null };

const COLUMNS = `webhooks.id, webhooks.name, url, format, events, rule, webhooks.project_id as project,
  (select json_build_object('id', people.id, 'name', people.name) from people where people.id = webhooks.created_by) as "createdBy",
  webhooks.created_at as "createdAt", webhooks.disabled_at as "disabledAt"`;

export class WebhookTable implements WebhookStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(
    { name, url, events, rule, format = 'standard', project }: NewWebhook & { project: string },
    secret: string,
    createdBy: string | null,
  ): Promise<Webhook> {
    const { id, at } = newId('webhook');
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(
      `insert into webhooks (id, project_id, name, url, secret, format, events, rule, created_by, created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${COLUMNS}`,
      [
        id,
        project,
        cleanLabel(name.trim()),
        cleanText(url),
        secret,
        format,
        [...new Set(events)],
        rule === undefined ? null : cleanText(rule),
        createdBy,
        at,
      ],
    );
    this.#database.tell({ type: 'webhooks' });
    return toWebhook(row!);
  }

  async get(id: string): Promise<Webhook | null> {
    if (!isId('webhook', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(`select ${COLUMNS} from webhooks where id = $1`, [id]);
    return row ? toWebhook(row) : null;
  }

  async list(projects: readonly string[] | null): Promise<Webhook[]> {
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from webhooks where $1::text[] is null or project_id = any($1) order by created_at, id`,
      [projects],
    );
    return rows.map(toWebhook);
  }

  async change(id: string, { name, url, events, rule, format, disabled }: WebhookPatch): Promise<Webhook | null> {
    if (!isId('webhook', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(
      `update webhooks set name = coalesce($2, name), url = coalesce($3, url), events = coalesce($4::text[], events),
        format = coalesce($5, format), rule = case when $6::bool then $7 else rule end,
        disabled_at = case when $8::bool then coalesce(disabled_at, now()) when not $8::bool then null else disabled_at end
      where id = $1 returning ${COLUMNS}`,
      [
        id,
        name === undefined ? null : cleanLabel(name.trim()),
        url === undefined ? null : cleanText(url),
        events === undefined ? null : [...new Set(events)],
        format ?? null,
        rule !== undefined,
        rule === undefined || rule === null ? null : cleanText(rule),
        disabled ?? null,
      ],
    );
    if (!row) return null;
    this.#database.tell({ type: 'webhooks' });
    return toWebhook(row);
  }

  async delete(id: string): Promise<boolean> {
    if (!isId('webhook', id)) return false;
    const { rowCount } = await this.#database.pool.query('delete from webhooks where id = $1', [id]);
    this.#database.tell({ type: 'webhooks' });
    return rowCount === 1;
  }

  async enabled(): Promise<Webhook[]> {
    const { rows } = await this.#database.pool.query<Row>(`select ${COLUMNS} from webhooks where disabled_at is null`);
    return rows.map(toWebhook);
  }
}

const toWebhook = ({ createdAt, disabledAt, ...row }: Row): Webhook => ({
  ...row,
  object: 'webhook',
  createdAt: createdAt.toISOString(),
  disabledAt: disabledAt?.toISOString() ?? null,
});
