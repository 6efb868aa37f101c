/** In what place runs wait for a worker. */
import type pg from 'pg';

/** Projects with runs that wait or run. */
const LINES = `lines as (
  select counted.*, coalesce(projects.served_at, '-infinity') as served from (
    select project_id, count(*) filter (where status = 'queued') as queued, count(*) filter (where status = 'running') as running
    from runs where status in ('queued', 'running') group by project_id) as counted
  join projects on projects.id = counted.project_id)`;

/**
 * How many runs are ahead of a queued one. Within a project these are the runs of higher priority, and the earlier ones of
 * the same. Projects take turns (see claims.ts): before the run's own turn comes, each other project gets as many as
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
