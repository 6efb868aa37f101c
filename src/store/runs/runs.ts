/** Runs: the job, its state and its newest figures. A change of state and its message in the log are one statement. */
import type pg from 'pg';
import {
  RUN_STATUSES,
  type Evaluation,
  type Run,
  type RunGroups,
  type RunPatch,
  type RunStatus,
} from '../../vocabulary/index.ts';
import { answerTaken } from '../answers.ts';
import { inTransaction, type Database } from '../postgres/database.ts';
import { FOREIGN_KEY_VIOLATION, sqlState } from '../postgres/sql-state.ts';
import { isId } from '../postgres/ids.ts';
import { prepared } from '../postgres/prepared.ts';
import { isPresent } from '../postgres/presence.ts';
import { readParts, runPart, writeParts } from '../postgres/parts.ts';
import { keepFigures } from './run-figures.ts';
import { largestGroups, readGrouping, toGroups, type GroupRow } from './run-groups.ts';
import { SettledGroups } from './settled-groups.ts';
import { isInOrderOfLabels, listStatement, type SortedRow } from './run-list.ts';
import { adoptBulk } from './adoption.ts';
import { BULK, hashesOf, MOST_BULK_BYTES, splitSpec } from './bulk.ts';
import { RUN_COLUMNS, specOf, toRun, type RunRow } from './run-row.ts';
import { CLAIMING_LOCK, claimable, SERVED } from './claims.ts';
import { NewRuns } from './new-runs.ts';
import { LOG_STATUS, TIME_OF_CHANGE } from './run-changes.ts';
import { keepLabels, keepSearchable } from './run-labels.ts';
import { narrow } from './run-seeks.ts';
import { FINAL } from './run-statuses.ts';
import { positionOf, positionsOf } from './waiting.ts';
import type {
  BlobStore,
  ClaimOptions,
  ClaimedRun,
  GroupQuery,
  Page,
  RunQuery,
  RunSource,
  RunStore,
  Sight,
  StopRequest,
  Transition,
} from '../store.ts';
import { cleanLabel, cleanText, toJson, toJsonOrNull } from '../postgres/text.ts';
import { keepEndings } from '../webhooks/endings.ts';

/** Earlier versions kept neither confusions nor test scores. */
type StoredEvaluation = Omit<Evaluation, 'confusion' | 'test'> & Partial<Pick<Evaluation, 'confusion' | 'test'>>;

/** Longer lists of numbers are left out of a page of runs. */
const LISTED_BULK_BYTES = 16 * 1024;

const NEWEST_CHECKPOINT = '(select coalesce(max(step), 0) from checkpoints where run_id = runs.id)';
/**
 * An attempt that is cut off counts as stalled unless it got further than every earlier one: past their steps, or to a newer
 * checkpoint, from which the next one starts.
 */
const countStalled = (isCutOff: string): string => `stalled_attempts = case when not (${isCutOff}) then stalled_attempts
      when (progress->>'step')::int > furthest_step or ${NEWEST_CHECKPOINT} > kept_step then 0 else stalled_attempts + 1 end,
    kept_step = case when ${isCutOff} then greatest(kept_step, ${NEWEST_CHECKPOINT}) else kept_step end,
    furthest_step = greatest(furthest_step, (progress->>'step')::int)`;

type Queryable = pg.Pool | pg.PoolClient;
const NO_LIMITS: ClaimOptions = { project: null, person: null };

type ChangedRow = RunRow & { furthestStep: number; stalledAttempts: number };

export class Runs implements RunStore {
  readonly #database: Database;
  readonly #new: NewRuns;
  readonly #settled: SettledGroups;
  readonly #blobs: BlobStore;
  /** Runs whose numbers are being kept apart: one after another, because each takes much memory. */
  #adopting: Promise<unknown> = Promise.resolve();

  constructor(database: Database, blobs: BlobStore) {
    this.#database = database;
    this.#blobs = blobs;
    this.#new = new NewRuns(database, blobs);
    this.#settled = new SettledGroups(database.pool);
  }

  async create(source: RunSource): Promise<Run> {
    const created = await this.#new.create(source, null);
    if (!created && source.origin?.answer) throw answerTaken();
    if (!created) throw new Error('A run that is part of nothing cannot be created twice.');
    return { ...(await toRun(created.row, created.bulk)), queuePosition: created.position };
  }

  async createTrial(source: RunSource, part: { trialsId: string; trial: number }): Promise<Run | null> {
    try {
      const created = await this.#new.create(source, part);
      return created && { ...(await toRun(created.row, created.bulk)), queuePosition: created.position };
    } catch (error) {
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) return null;
      throw error;
    }
  }

  async get(runId: string, sight: Sight = null): Promise<Run | null> {
    if (!isId('run', runId)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<RunRow>({
      ...prepared(`select ${RUN_COLUMNS} from runs where id = $1 and ($2::text[] is null or project_id = any($2))`),
      values: [runId, sight],
    });
    return row ? this.#whole(row) : null;
  }

  async evaluation(runId: string): Promise<Evaluation | null> {
    if (!isId('run', runId)) return null;
    const {
      rows: [run],
    } = await this.#database.pool.query<{ evaluation: StoredEvaluation | null }>(
      'select evaluation from runs where id = $1',
      [runId],
    );
    if (!run?.evaluation) return null;
    const { confusion = null, test = null, ...scores } = run.evaluation;
    return { ...scores, confusion, test };
  }

  async state(runId: string): Promise<{ status: RunStatus } | null> {
    if (!isId('run', runId)) return null;
    const {
      rows: [state],
    } = await this.#database.pool.query<{ status: RunStatus }>('select status from runs where id = $1', [runId]);
    return state ?? null;
  }

  async list(query: RunQuery): Promise<Page<Run>> {
    const { pool, folding } = this.#database;
    const narrowed = await narrow(pool, query, { folding, isSorted: isInOrderOfLabels(query) });
    const statement = listStatement(query, folding, narrowed);
    if (narrowed?.length === 0) return { data: [], hasMore: false, nextCursor: null };
    const { rows } = await pool.query<RunRow & SortedRow>(statement.sql, statement.values);
    if (statement.rest && rows.length <= query.limit)
      rows.push(...(await pool.query<RunRow & SortedRow>(statement.rest.sql, statement.rest.values)).rows);
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    const hasMore = rows.length > query.limit;
    const bulks = await this.#shortBulks(page);
    return {
      data: await Promise.all(page.map((row) => toRun(row, bulks.get(row.id) ?? null))),
      hasMore,
      nextCursor: hasMore && last ? statement.cursorOf(last) : null,
    };
  }

  async groups(query: GroupQuery): Promise<RunGroups> {
    const { pool, folding } = this.#database;
    const narrowed = await narrow(pool, query, { folding, isSorted: false });
    const grouping = readGrouping(query, folding, narrowed);
    const settled = narrowed ? null : await this.#settled.read(grouping);
    if (settled) return toGroups(settled, grouping, query.limit);
    const { sql, values } = largestGroups(grouping, query.limit);
    return toGroups((await pool.query<GroupRow>(sql, values)).rows, grouping, query.limit);
  }

  async patch(runId: string, patch: Omit<RunPatch, 'project'>): Promise<Run | null> {
    if (!isId('run', runId)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<RunRow>(
      `with changed as (update runs set name = coalesce($2, name), notes = coalesce($3, notes), tags = coalesce($4::text[], tags),
          metadata = coalesce($5::json, metadata) where id = $1 returning *),
        ${keepLabels(this.#database.folding)} select ${RUN_COLUMNS} from changed`,
      [
        runId,
        patch.name === undefined ? null : cleanLabel(patch.name),
        patch.notes === undefined ? null : cleanLabel(patch.notes),
        patch.tags?.map(cleanLabel) ?? null,
        toJsonOrNull(patch.metadata),
      ],
    );
    return row ? this.#whole(row) : null;
  }

  async move(runId: string, project: string): Promise<Run | null> {
    if (!isId('run', runId)) return null;
    const row = await inTransaction(this.#database.pool, async (client) => {
      const {
        rows: [moved],
      } = await client.query<RunRow>(
        `update runs set project_id = $2 where id = $1 and trials_id is null returning ${RUN_COLUMNS}`,
        [runId, project],
      );
      if (!moved) return null;
      const { rows: parts } = await client.query<{ id: string }>(
        'update runs set project_id = $2 where trials_id in (select id from trials where run_id = $1) returning id',
        [runId, project],
      );
      // What was shared in one project is not shared in another one.
      await client.query(
        `update share_links set run_ids = array(select unnest(run_ids) except select unnest($1::text[])),
          revoked_at = case when run_ids <@ $1 then coalesce(revoked_at, $2) else revoked_at end
          where run_ids && $1::text[] and project_id <> $3`,
        [[runId, ...parts.map(({ id }) => id)], new Date(), project],
      );
      return moved;
    });
    if (!row) return null;
    this.#database.tell({ type: 'access' });
    return this.#whole(row);
  }

  async delete(runId: string): Promise<boolean> {
    if (!isId('run', runId)) return false;
    // Foreign keys cascade: each table that refers to runs loses its rows in one statement.
    const { count } = await this.#database.prisma.run.deleteMany({ where: { id: runId } });
    return count > 0;
  }

  async transition(
    runId: string,
    { from, to, attempt, error, progress, summary, engine }: Transition,
  ): Promise<Run | null> {
    if (!isId('run', runId)) return null;
    const changed = await this.#change(
      `status = $1::run_status, progress = coalesce($2::json, progress), summary = summary || coalesce($3::jsonb, '{}'), engine = coalesce($4::json, engine),
        error = case when $5::bool then $6::jsonb else error end,
        worker_id = case when $1::run_status = 'running' then worker_id end,
        request = case when status = 'running' and $1::run_status in ('running', 'queued') then request end,
        ${countStalled(`status = 'running' and $1::run_status = 'queued'`)},
        started_at = case when $1::run_status = 'running' then coalesce(started_at, ${TIME_OF_CHANGE}) else started_at end,
        finished_at = case when $1::run_status in ${FINAL} then ${TIME_OF_CHANGE} end`,
      'id = $7 and status = any($8::run_status[]) and ($9::int is null or attempt = $9)',
      [
        to,
        toJsonOrNull(progress),
        toJsonOrNull(summary),
        toJsonOrNull(engine),
        error !== undefined,
        toJsonOrNull(error),
        runId,
        from,
        attempt ?? null,
      ],
      { more: [`ended as (${keepEndings('changed')})`, `figures as (${keepFigures('changed')})`] },
    );
    return changed[0] ? this.#whole(changed[0]) : null;
  }

  async claim(runId: string | null, workerId: string, options: ClaimOptions = NO_LIMITS): Promise<ClaimedRun | null> {
    if (runId !== null && !isId('run', runId)) return null;
    const { pool, kind } = this.#database;
    const { condition, values } = claimable(runId, options, 2);
    const change = (on: Queryable) =>
      this.#change(
        `status = 'running', attempt = attempt + 1, worker_id = $1, heartbeat_at = now(), started_at = coalesce(started_at, ${TIME_OF_CHANGE})`,
        condition,
        [cleanText(workerId), ...values],
        { on, more: [`served as (${SERVED})`] },
      );
    const [claimed] =
      kind === 'embedded'
        ? await change(pool)
        : await inTransaction(pool, async (client) => {
            await client.query('select pg_advisory_xact_lock($1)', [CLAIMING_LOCK]);
            return change(client);
          });
    if (!claimed) return null;
    const { furthestStep, stalledAttempts, lastSeq } = claimed;
    return { ...(await this.#whole(claimed)), furthestStep, stalledAttempts, lastSeq };
  }

  async renew(
    workerId: string,
    runIds: readonly string[],
  ): Promise<{ id: string; attempt: number; request: StopRequest | null }[]> {
    const { rows } = await this.#database.pool.query<{ id: string; attempt: number; request: StopRequest | null }>(
      `update runs set heartbeat_at = now() where id = any($1) and worker_id = $2 and status = 'running' returning id, attempt, request`,
      [runIds, cleanText(workerId)],
    );
    return rows;
  }

  async request(runId: string, order: StopRequest): Promise<boolean> {
    if (!isId('run', runId)) return false;
    const { rowCount } = await this.#database.pool.query(
      `update runs set request = case when request = 'cancel' then request else $2::stop_request end where id = $1 and status = 'running'`,
      [runId, order],
    );
    return rowCount === 1;
  }

  async requeueAbandoned(silentMs: number, absentMs: number | null = null): Promise<string[]> {
    const changed = await this.#change(
      `status = 'queued', worker_id = null, ${countStalled('true')}`,
      // Heartbeats were written with the database's clock, so they are compared with it.
      `status = 'running' and ($1::float8 = 0 or heartbeat_at < now() - $1::float8 * interval '1 millisecond'
        or (heartbeat_at < now() - $2::float8 * interval '1 millisecond' and worker_id like 'process\\_%'
          and not ${isPresent(`split_part(worker_id, '/', 1)`)}))`,
      [silentMs, absentMs],
    );
    return changed.map(({ id }) => id);
  }

  async position(runId: string): Promise<number | null> {
    return isId('run', runId) ? positionOf(this.#database.pool, runId) : null;
  }
  positions(runIds: readonly string[]): Promise<Map<string, number>> {
    return positionsOf(this.#database.pool, runIds);
  }

  async counts(): Promise<Record<RunStatus, number>> {
    const groups = await this.#database.prisma.run.groupBy({ by: ['status'], _count: true });
    const counts = Object.fromEntries(RUN_STATUSES.map((status) => [status, 0])) as Record<RunStatus, number>;
    for (const { status, _count } of groups) counts[status] = _count;
    return counts;
  }

  /**
   * Changes runs that are not in a final state, and logs the new status of each, in one statement. `more`: what else it does
   * with those that `changed`.
   */
  async #change(
    assignments: string,
    condition: string,
    values: readonly unknown[],
    { on = this.#database.pool, more = [] }: { on?: Queryable; more?: readonly string[] } = {},
  ): Promise<ChangedRow[]> {
    const statement = `with changed as (update runs set ${assignments}, last_seq = last_seq + 1, last_at = ${TIME_OF_CHANGE}
          where ${condition} and status not in ${FINAL} returning *),
        ${[`logged as (${LOG_STATUS})`, ...more].join(', ')}
      select ${RUN_COLUMNS}, furthest_step as "furthestStep", stalled_attempts as "stalledAttempts" from changed`;
    const { rows } = await on.query<ChangedRow>({ ...prepared(statement), values: [...values] });
    for (const { id, lastSeq } of rows) this.#database.tell({ type: 'appended', runId: id, seq: lastSeq });
    return rows;
  }

  async #whole(row: RunRow): Promise<Run> {
    if (row.bulkBytes === null) return toRun(row, null);
    if (row.bulkBytes > MOST_BULK_BYTES) return this.#adopt(row);
    return toRun(row, await readParts(this.#database.pool, runPart(row.id, BULK), row.bulkBytes));
  }

  #adopt(row: RunRow): Promise<Run> {
    const adopted = this.#adopting.then(() => this.#keepApart(row));
    this.#adopting = adopted.catch(() => undefined);
    return adopted;
  }

  async #keepApart(row: RunRow): Promise<Run> {
    const { pool } = this.#database;
    const bulk = await readParts(pool, runPart(row.id, BULK), row.bulkBytes ?? 0);
    if (!bulk) {
      // Somebody else was faster, the run was deleted, or its numbers are not there.
      const { rows } = await pool.query<RunRow>(`select ${RUN_COLUMNS} from runs where id = $1`, [row.id]);
      const [now = row] = rows;
      return now.bulkBytes !== null && now.bulkBytes > MOST_BULK_BYTES ? toRun(now, null) : this.#whole(now);
    }
    const { spec, blobs } = await adoptBulk({ spec: specOf(row), bulk });
    await this.#blobs.keep(blobs);
    const { spec: kept, bulk: rest } = await splitSpec(spec);
    const { data, weights } = hashesOf(kept);
    await inTransaction(pool, async (client) => {
      const { rowCount } = await client.query(
        `with changed as (update runs set spec = $2, bulk_bytes = $3, data_hash = $4, weights_hash = $5 where id = $1 and bulk_bytes = $6 returning *),
          ${keepSearchable(this.#database.folding)} select from changed`,
        [row.id, toJson(kept), rest?.length ?? null, data, weights, row.bulkBytes],
      );
      if (rowCount === 0) return;
      await client.query('delete from run_parts where run_id = $1 and name = $2', [row.id, BULK]);
      if (rest) await writeParts(client, runPart(row.id, BULK), rest);
    });
    return toRun({ ...row, spec: kept }, rest);
  }

  async #shortBulks(rows: readonly RunRow[]): Promise<Map<string, Uint8Array>> {
    const ids = rows
      .filter(({ bulkBytes }) => bulkBytes !== null && bulkBytes <= LISTED_BULK_BYTES)
      .map(({ id }) => id);
    if (ids.length === 0) return new Map();
    const { rows: parts } = await this.#database.pool.query<{ id: string; data: Buffer }>(
      'select run_id as id, data from run_parts where run_id = any($1) and name = $2',
      [ids, BULK],
    );
    return new Map(parts.map(({ id, data }) => [id, data]));
  }
}
