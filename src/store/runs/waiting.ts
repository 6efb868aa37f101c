/** Runs that wait for a worker: which, whose, and in what place. */
import type pg from 'pg';
import type { Limits } from '../../vocabulary/index.ts';
import type { WaitingGroup, WaitingRun } from '../store.ts';

/** Projects with runs that wait or run. */
const LINES = `lines as (
  select counted.*, coalesce(projects.served_at, '-infinity') as served from (
    select project_id, count(*) filter (where status = 'queued') as queued, count(*) filter (where status = 'running') as running
    from runs where status in ('queued', 'running') group by project_id) as counted
  join projects on projects.id = counted.project_id)`;

/**
 * How many runs are ahead of a queued one. Within a project these are the runs of higher priority, and the earlier ones of
 * the same. Projects take turns (see queue/turns.ts): before the run's own turn comes, each other project gets as many as
 * it takes to have as many runs running, plus one if it was served longer ago. That is exact as long as none ends and all
 * may run; what ends early can only change whose turn it is.
 *
 * `waiting` has runs with the number of those that are ahead in their own project.
 */
const POSITIONS = `select waiting.id, (waiting.ahead + coalesce((
    select sum(greatest(0, least(other.queued, own.running + waiting.ahead - other.running
      + (other.running > own.running or (other.running = own.running and (other.served, other.project_id) < (own.served, own.project_id)))::int)))
    from lines other where other.project_id <> own.project_id), 0))::int as position
  from waiting join lines own on own.project_id = waiting.project_id`;

/** $1: the id of a run. */
const POSITION_OF_ONE = `with waiting as (
    select id, project_id, (select count(*) from runs other where other.status = 'queued' and other.project_id = run.project_id
      and (other.priority > run.priority or (other.priority = run.priority and (other.created_at, other.id) < (run.created_at, run.id)))) as ahead
    from runs run where id = $1 and status = 'queued'),
  ${LINES}
  ${POSITIONS}`;

/** $1: the ids of runs. */
const POSITIONS_OF_MANY = `with ranked as (
    select id, project_id, row_number() over (partition by project_id order by priority desc, created_at, id) - 1 as ahead
    from runs where status = 'queued'),
  waiting as (select * from ranked where id = any($1)),
  ${LINES}
  ${POSITIONS}`;

export async function positionOf(pool: pg.Pool, runId: string): Promise<number | null> {
  const { rows } = await pool.query<{ position: number }>(POSITION_OF_ONE, [runId]);
  return rows[0]?.position ?? null;
}

export async function positionsOf(pool: pg.Pool, runIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ id: string; position: number }>(POSITIONS_OF_MANY, [runIds]);
  return new Map(rows.map(({ id, position }) => [id, position]));
}

export async function queuedRuns(pool: pg.Pool): Promise<WaitingRun[]> {
  const { rows } = await pool.query<WaitingRun>(
    `select id, priority, project_id as project, created_by as person from runs where status = 'queued' and source = 'trained'
    order by priority desc, created_at, id`,
  );
  return rows;
}

export async function waitingGroups(pool: pg.Pool): Promise<WaitingGroup[]> {
  const { rows } = await pool.query<WaitingGroup & { projectLimits: Limits; personLimits: Limits | null }>(
    `select counted.*, served_at as "servedAt", projects.limits as "projectLimits", people.limits as "personLimits" from (
      select project_id as project, created_by as person, count(*) filter (where status = 'queued')::int as queued,
        count(*) filter (where status = 'running')::int as running
      from runs where status in ('queued', 'running') group by project_id, created_by) as counted
    join projects on projects.id = counted.project left join people on people.id = counted.person`,
  );
  return rows.map(({ projectLimits, personLimits, ...group }) => ({
    ...group,
    projectLimit: projectLimits.concurrentRuns,
    personLimit: personLimits?.concurrentRuns,
  }));
}

/**
 * Holds the project and the person until the transaction ends, so that no other worker counts their runs at the same
 * time. False if either has as many running as it may.
 */
export async function reserveRoom(
  client: pg.PoolClient,
  runId: string,
  limits: { project: number | null; person: number | null },
): Promise<boolean> {
  await client.query(`select from projects where id = (select project_id from runs where id = $1) for no key update`, [
    runId,
  ]);
  await client.query(`select from people where id = (select created_by from runs where id = $1) for no key update`, [
    runId,
  ]);
  const {
    rows: [count],
  } = await client.query<{ project: number; person: number }>(
    `select (select count(*)::int from runs where status = 'running' and project_id = run.project_id) as project,
      (select count(*)::int from runs where status = 'running' and created_by = run.created_by) as person
    from runs run where id = $1`,
    [runId],
  );
  return (
    count !== undefined && count.project < (limits.project ?? Infinity) && count.person < (limits.person ?? Infinity)
  );
}
