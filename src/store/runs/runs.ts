/** Runs: the job, its state and its newest figures. A change of state and its message in the log are one statement. */
import type pg from 'pg';
import {
  FINAL_STATUSES,
  RUN_STATUSES,
  type Evaluation,
  type Run,
  type RunGroups,
  type RunPatch,
  type RunStatus,
} from '../../vocabulary/index.ts';
import { FOREIGN_KEY_VIOLATION, inTransaction, sqlState, type Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { NO_ORIGIN } from '../postgres/origin.ts';
import { readParts, runPart, writeParts } from '../postgres/parts.ts';
import { groupStatement } from './run-groups.ts';
import { listStatement, type SortedRow } from './run-list.ts';
import { BULK, RUN_COLUMNS, splitSpec, toRun, type RunRow } from './run-row.ts';
import { positionOf, positionsOf, queuedRuns, reserveRoom, waitingGroups } from './waiting.ts';
import type {
  ClaimedRun,
  GroupQuery,
  Page,
  RunQuery,
  RunSource,
  RunStore,
  Sight,
  StopRequest,
  Transition,
  WaitingGroup,
  WaitingRun,
} from '../store.ts';
import { cleanLabel, cleanText, toJson, toJsonOrNull } from '../postgres/text.ts';
import { keepEndings } from '../webhooks/endings.ts';

/** Earlier versions kept neither confusions nor test scores. */
type StoredEvaluation = Omit<Evaluation, 'confusion' | 'test'> & Partial<Pick<Evaluation, 'confusion' | 'test'>>;

/** Longer lists of numbers are left out of a page of runs. */
const LISTED_BULK_BYTES = 16 * 1024;

const FINAL = `(${FINAL_STATUSES.map((status) => `'${status}'`).join(', ')})`;

/** The status message of the runs in `changed`, as their newest message. $1 is the time. */
const LOG_STATUS = `insert into run_messages (run_id, seq, type, step, at, body)
  select id, last_seq, 'status', (progress->>'step')::int, $1::timestamptz, jsonb_build_object(
    'status', status, 'progress', progress, 'summary', summary, 'error', error, 'attempt', attempt, 'engine', engine) from changed`;

/** An interrupted attempt counts as stalled unless it got further than every earlier attempt. */
const countStalled = (
  isCutOff: string,
): string => `stalled_attempts = case when ${isCutOff} and (progress->>'step')::int <= furthest_step then stalled_attempts + 1
    when ${isCutOff} then 0 else stalled_attempts end, furthest_step = greatest(furthest_step, (progress->>'step')::int)`;

/** The runs in `changed`, in the form in which lists search them. */
export const KEEP_SEARCHABLE = `insert into run_specs (run_id, searchable, words)
  select id, searchable, coalesce((select string_agg(value #>> '{}', ' ')
    from jsonb_path_query(searchable, 'strict $.** ? (@.type() == "string" || @.type() == "number")') value), '')
  from (select id, spec::jsonb - '{name,experiment,tags,notes,metadata}'::text[] as searchable from changed) as made`;

type Queryable = pg.Pool | pg.PoolClient;
type ChangedRow = RunRow & { furthestStep: number; stalledAttempts: number };

export class Runs implements RunStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(source: RunSource): Promise<Run> {
    const created = await this.#create(source, { trialsId: null, trial: null });
    if (!created) throw new Error('A run that is part of nothing cannot be created twice.');
    return created;
  }

  async createTrial(source: RunSource, part: { trialsId: string; trial: number }): Promise<Run | null> {
    try {
      return await this.#create(source, part);
    } catch (error) {
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) return null;
      throw error;
    }
  }

  /** Null if the trial already has a run. */
  async #create(
    { kind, spec, progress, parent, origin = NO_ORIGIN }: RunSource,
    { trialsId, trial }: { trialsId: string | null; trial: number | null },
  ): Promise<Run | null> {
    const { id, at } = newId('run');
    const { spec: kept, bulk } = await splitSpec(spec);
    const insert = async (client: pg.Pool | pg.PoolClient): Promise<RunRow | undefined> => {
      const {
        rows: [created],
      } = await client.query<RunRow>(
        `with changed as (
          insert into runs (created_at, id, source, name, experiment, tags, notes, metadata, spec, bulk_bytes, priority, progress, parent_id, change, trials_id, trial, project_id, created_by, dataset_id, dataset_version, last_seq)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, (select id from runs where id = $13 for key share), $14, $15, $16,
            coalesce((select project_id from runs where id = (select run_id from trials where id = $15)), $17), (select id from people where id = $18 for key share),
            $9::json->'dataset'->>'id', coalesce(($9::json->'dataset'->>'version')::int, (select max(version) from dataset_versions where dataset_id = $9::json->'dataset'->>'id')), 1)
          on conflict (trials_id, trial) do nothing returning *),
          logged as (${LOG_STATUS}),
          searchable as (${KEEP_SEARCHABLE})
        select ${RUN_COLUMNS} from changed`,
        [
          at,
          id,
          kind,
          cleanLabel(spec.name),
          cleanLabel(spec.experiment),
          spec.tags.map(cleanLabel),
          cleanLabel(spec.notes),
          toJson(spec.metadata),
          toJson(kept),
          bulk?.length ?? null,
          spec.priority,
          toJson(progress),
          // Null if the parent was deleted in the meantime.
          parent?.id ?? null,
          toJson(parent?.change ?? []),
          trialsId,
          trial,
          origin.project,
          // Null if the person was erased in the meantime.
          origin.createdBy,
        ],
      );
      return created;
    };
    const row = bulk
      ? await inTransaction(this.#database.pool, async (client) => {
          const created = await insert(client);
          if (created) await writeParts(client, runPart(id, BULK), bulk);
          return created;
        })
      : await insert(this.#database.pool);
    if (!row) return null;
    this.#database.tell({ type: 'appended', runId: id, seq: 1 });
    return toRun(row, bulk);
  }

  async get(runId: string, sight: Sight = null): Promise<Run | null> {
    if (!isId('run', runId)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<RunRow>(
      `select ${RUN_COLUMNS} from runs where id = $1 and ($2::text[] is null or project_id = any($2))`,
      [runId, sight],
    );
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

  async state(runId: string): Promise<(Omit<WaitingRun, 'id'> & { status: RunStatus }) | null> {
    if (!isId('run', runId)) return null;
    const {
      rows: [state],
    } = await this.#database.pool.query<Omit<WaitingRun, 'id'> & { status: RunStatus }>(
      'select status, priority, project_id as project, created_by as person from runs where id = $1',
      [runId],
    );
    return state ?? null;
  }

  async list(query: RunQuery): Promise<Page<Run>> {
    const statement = listStatement(query, this.#database.folding);
    const { rows } = await this.#database.pool.query<RunRow & SortedRow>(statement.sql, statement.values);
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
    const { sql, values, toGroups } = groupStatement(query, this.#database.folding);
    return toGroups((await this.#database.pool.query(sql, values)).rows);
  }

  async patch(runId: string, patch: Omit<RunPatch, 'project'>): Promise<Run | null> {
    if (!isId('run', runId)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<RunRow>(
      `update runs set name = coalesce($2, name), notes = coalesce($3, notes), tags = coalesce($4::text[], tags),
        metadata = coalesce($5::json, metadata) where id = $1 returning ${RUN_COLUMNS}`,
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

  async transition(runId: string, { from, to, error, progress, summary, engine }: Transition): Promise<Run | null> {
    if (!isId('run', runId)) return null;
    const changed = await this.#change(
      `status = $2::run_status, progress = coalesce($3::json, progress), summary = summary || coalesce($4::jsonb, '{}'), engine = coalesce($5::json, engine),
        error = case when $6::bool then $7::jsonb else error end,
        worker_id = case when $2::run_status = 'running' then worker_id end,
        request = case when status = 'running' and $2::run_status in ('running', 'queued') then request end,
        ${countStalled(`status = 'running' and $2::run_status = 'queued'`)},
        started_at = case when $2::run_status = 'running' then coalesce(started_at, $1) else started_at end,
        finished_at = case when $2::run_status in ${FINAL} then $1 end`,
      'id = $8 and status = any($9::run_status[])',
      [
        to,
        toJsonOrNull(progress),
        toJsonOrNull(summary),
        toJsonOrNull(engine),
        error !== undefined,
        toJsonOrNull(error),
        runId,
        from,
      ],
    );
    return changed[0] ? this.#whole(changed[0]) : null;
  }

  async claim(
    runId: string,
    workerId: string,
    limits: { project: number | null; person: number | null } = { project: null, person: null },
  ): Promise<ClaimedRun | null> {
    if (!isId('run', runId)) return null;
    const change = (on: Queryable) =>
      this.#change(
        `status = 'running', attempt = attempt + 1, worker_id = $2, heartbeat_at = now(), started_at = coalesce(started_at, $1)`,
        `id = $3 and status = 'queued' and source = 'trained'`,
        [cleanText(workerId), runId],
        { on, more: `, served as (update projects set served_at = $1 where id in (select project_id from changed))` },
      );
    const { pool } = this.#database;
    const isLimited = limits.project !== null || limits.person !== null;
    const [claimed] = isLimited
      ? await inTransaction(pool, async (client) => ((await reserveRoom(client, runId, limits)) ? change(client) : []))
      : await change(pool);
    if (!claimed) return null;
    const { furthestStep, stalledAttempts } = claimed;
    return { ...(await this.#whole(claimed)), furthestStep, stalledAttempts };
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

  async requeueAbandoned(silentMs: number): Promise<string[]> {
    const changed = await this.#change(
      `status = 'queued', worker_id = null, ${countStalled('true')}`,
      // Heartbeats were written with the database's clock, so they are compared with it.
      `status = 'running' and ($2::float8 = 0 or heartbeat_at < now() - $2::float8 * interval '1 millisecond')`,
      [silentMs],
    );
    return changed.map(({ id }) => id);
  }

  async position(runId: string): Promise<number | null> {
    return isId('run', runId) ? positionOf(this.#database.pool, runId) : null;
  }
  positions(runIds: readonly string[]): Promise<Map<string, number>> {
    return positionsOf(this.#database.pool, runIds);
  }
  queued(): Promise<WaitingRun[]> {
    return queuedRuns(this.#database.pool);
  }
  waitingGroups(): Promise<WaitingGroup[]> {
    return waitingGroups(this.#database.pool);
  }

  async counts(): Promise<Record<RunStatus, number>> {
    const groups = await this.#database.prisma.run.groupBy({ by: ['status'], _count: true });
    const counts = Object.fromEntries(RUN_STATUSES.map((status) => [status, 0])) as Record<RunStatus, number>;
    for (const { status, _count } of groups) counts[status] = _count;
    return counts;
  }

  /** Changes runs that are not in a final state, and logs the new status of each, in one statement. $1 is the time. */
  async #change(
    assignments: string,
    condition: string,
    values: readonly unknown[],
    { on, more = '' }: { on?: Queryable; more?: string } = {},
  ): Promise<ChangedRow[]> {
    const { rows } = await (on ?? this.#database.pool).query<ChangedRow>(
      `with changed as (update runs set ${assignments}, last_seq = last_seq + 1 where ${condition} and status not in ${FINAL} returning *),
        logged as (${LOG_STATUS}), ended as (${keepEndings('changed', '$1::timestamptz')})${more}
      select ${RUN_COLUMNS}, furthest_step as "furthestStep", stalled_attempts as "stalledAttempts" from changed`,
      [new Date(), ...values],
    );
    for (const { id, lastSeq } of rows) this.#database.tell({ type: 'appended', runId: id, seq: lastSeq });
    return rows;
  }

  async #whole(row: RunRow): Promise<Run> {
    return toRun(
      row,
      row.bulkBytes === null ? null : await readParts(this.#database.pool, runPart(row.id, BULK), row.bulkBytes),
    );
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
