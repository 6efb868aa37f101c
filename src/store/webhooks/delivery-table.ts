/**
 * Messages to webhooks, each of which waits for its next attempt. A process takes one for as long as its lease lasts, so
 * that no two send the same one at once, and one that dies leaves it to the others.
 */
import type { Delivery, DeliveryAttempt, Webhook } from '../../vocabulary/index.ts';
import type { Database } from '../postgres/database.ts';
import { FOREIGN_KEY_VIOLATION, sqlState } from '../postgres/sql-state.ts';
import { bindings } from '../postgres/bindings.ts';
import { isId, newId } from '../postgres/ids.ts';
import { toJson } from '../postgres/text.ts';
import { readSelection, Selection } from '../runs/run-selection.ts';
import type { DeliveryStore, DueDelivery, Outcome, Payload, Telling, ToldRun } from './webhook-store.ts';

type Row = Omit<Delivery, 'object' | 'nextAt' | 'createdAt'> & { nextAt: Date | null; createdAt: Date };

const COLUMNS = `id, webhook_id as "webhookId", event, run_id as "runId", status, attempts, next_at as "nextAt", payload, created_at as "createdAt"`;
const TOLD_OF_RUN = 'runs.id, runs.name, experiment, status, progress, summary, error';
/** Attempts that are kept of one delivery. */
const MOST_ATTEMPTS = 50;
/** The SQL of a time to wait until, in milliseconds from now. The column would round it up, and what is due now would be due a moment later. */
const inMs = (ms: string): string =>
  `date_trunc('milliseconds', clock_timestamp() + ${ms}::float8 * interval '1 millisecond')`;

export class DeliveryTable implements DeliveryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(
    webhook: Pick<Webhook, 'id' | 'name' | 'project'>,
    { event, run, subject, more }: Telling,
    delayMs = 0,
  ): Promise<Delivery | null> {
    const { id, at } = newId('delivery');
    const payload: Payload = {
      type: event,
      timestamp: at.toISOString(),
      data: { webhook: { id: webhook.id, name: webhook.name }, project: webhook.project, run, ...more },
    };
    try {
      const {
        rows: [row],
      } = await this.#database.pool.query<Row>(
        `insert into deliveries (id, webhook_id, event, run_id, subject, payload, status, next_at, created_at)
        values ($1, $2, $3, $4, $5, $6, 'waiting', ${inMs('$8')}, $7) on conflict (webhook_id, subject) do nothing returning ${COLUMNS}`,
        [id, webhook.id, event, run?.id ?? null, subject, toJson(payload), at, delayMs],
      );
      return row ? toDelivery(row) : null;
    } catch (error) {
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) return null;
      throw error;
    }
  }

  async get(id: string): Promise<Delivery | null> {
    if (!isId('delivery', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(`select ${COLUMNS} from deliveries where id = $1`, [id]);
    return row ? toDelivery(row) : null;
  }

  async list(
    webhookId: string,
    { after, limit }: { after?: string; limit: number },
  ): Promise<{ data: Delivery[]; hasMore: boolean }> {
    if (after !== undefined && !isId('delivery', after)) return { data: [], hasMore: false };
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from deliveries where webhook_id = $1 and ($2::text is null or (created_at, id) < (select created_at, id from deliveries where id = $2))
      order by created_at desc, id desc limit $3`,
      [webhookId, after ?? null, limit + 1],
    );
    return { data: rows.slice(0, limit).map(toDelivery), hasMore: rows.length > limit };
  }

  take(count: number, leaseMs: number): Promise<DueDelivery[]> {
    return this.#take(
      `select deliveries.id from deliveries join webhooks on webhooks.id = deliveries.webhook_id
      where status = 'waiting' and next_at <= now() and disabled_at is null order by next_at limit $2 for update of deliveries skip locked`,
      [leaseMs, count],
    );
  }

  async takeOne(id: string, leaseMs: number): Promise<DueDelivery | null> {
    if (!isId('delivery', id)) return null;
    const [due] = await this.#take(`select id from deliveries where id = $2 for update skip locked`, [leaseMs, id]);
    return due ?? null;
  }

  async #take(which: string, values: unknown[]): Promise<DueDelivery[]> {
    const { rows } = await this.#database.pool.query<DueDelivery>(
      `update deliveries set status = 'waiting', next_at = ${inMs('$1')}
      from webhooks where webhooks.id = deliveries.webhook_id and deliveries.id in (${which})
      returning deliveries.id, webhook_id as "webhookId", url, secret, format, payload, failures, next_at as "leaseEndsAt"`,
      values,
    );
    return rows;
  }

  async settle({ id, leaseEndsAt }: DueDelivery, attempt: DeliveryAttempt, outcome: Outcome): Promise<boolean> {
    const { rowCount } = await this.#database.pool.query(
      `update deliveries set status = $3, next_at = $4, failures = case when $3 = 'delivered' then 0 else failures + 1 end,
        attempts = (select json_agg(attempt order by place) from (
          select attempt, place from json_array_elements(attempts) with ordinality as made(attempt, place)
          union all select $5::json, 1000000 order by place desc limit ${MOST_ATTEMPTS}) as kept)
      where id = $1 and status = 'waiting' and next_at = $2`,
      [id, leaseEndsAt, outcome.status, outcome.status === 'waiting' ? outcome.nextAt : null, toJson(attempt)],
    );
    return rowCount === 1;
  }

  async replay(id: string): Promise<Delivery | null> {
    if (!isId('delivery', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(
      `update deliveries set status = 'waiting', failures = 0, next_at = ${inMs('0')} where id = $1 returning ${COLUMNS}`,
      [id],
    );
    return row ? toDelivery(row) : null;
  }

  async nextInMs(): Promise<number | null> {
    const {
      rows: [next],
    } = await this.#database.pool.query<{ ms: number | null }>(
      `select (extract(epoch from min(next_at) - now()) * 1000)::float8 as ms from deliveries join webhooks on webhooks.id = webhook_id
      where status = 'waiting' and disabled_at is null`,
    );
    return next?.ms ?? null;
  }

  async sweep(before: Date): Promise<number> {
    const { rowCount } = await this.#database.pool.query(
      `delete from deliveries where status <> 'waiting' and created_at < $1
        and not exists (select from runs where runs.id = deliveries.run_id and runs.status in ('queued', 'running', 'paused'))`,
      [before],
    );
    return rowCount ?? 0;
  }

  async criticalLayers(runId: string): Promise<{ layer: string; step: number; message: string }[]> {
    const { rows } = await this.#database.pool.query<{ layer: string; step: number; message: string }>(
      `select distinct on (body->>'layer') body->>'layer' as layer, step, body->>'message' as message from run_messages
      where run_id = $1 and type = 'event' and body->>'level' = 'critical' and body->>'layer' is not null order by body->>'layer', seq`,
      [runId],
    );
    return rows;
  }

  async holds(runId: string, rule: string): Promise<boolean> {
    const { pool, folding } = this.#database;
    const { values, bind } = bindings();
    const chosen = readSelection({ filter: rule, trials: 'include' }, null);
    const selection = new Selection(chosen, { bind, folding, part: 'all' });
    selection.conditions.push(`runs.id = ${bind(runId)}`);
    const { rows } = await pool.query(`select from ${selection.tables} ${selection.where}`, values);
    return rows.length > 0;
  }

  async told(runIds: readonly string[], projects: readonly string[]): Promise<ToldRun[]> {
    const { rows } = await this.#database.pool.query<ToldRun['run'] & { project: string }>(
      `select ${TOLD_OF_RUN}, project_id as project from runs where id = any($1) and project_id = any($2) and trials_id is null`,
      [runIds, projects],
    );
    return rows.map(({ project, ...run }) => ({ run, project }));
  }

  async endings(limit: number): Promise<(ToldRun & { at: Date })[]> {
    const { rows } = await this.#database.pool.query<ToldRun['run'] & { project: string; endedAt: Date }>(
      `select ${TOLD_OF_RUN}, run_endings.project_id as project, run_endings.at as "endedAt" from run_endings
      join runs on runs.id = run_id order by run_endings.at, run_id limit $1`,
      [limit],
    );
    return rows.map(({ project, endedAt, ...run }) => ({ run, project, at: endedAt }));
  }

  async forgetEndings(runIds: readonly string[]): Promise<void> {
    await this.#database.pool.query('delete from run_endings where run_id = any($1)', [runIds]);
  }
}

const toDelivery = ({ nextAt, createdAt, ...row }: Row): Delivery => ({
  ...row,
  object: 'delivery',
  nextAt: nextAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
});
