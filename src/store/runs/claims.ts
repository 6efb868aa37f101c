/**
 * Which run is next: one of the project of which the fewest runs are running; of equals, of the one that was served longest
 * ago. So no project waits for all the runs of another one. Within a project: the highest priority, then the earliest.
 * Nobody gets more runs than may be running at once.
 */
import type { ClaimOptions } from '../store.ts';

/** Of this application: claims on a server are made one after the other, so that no two of them count the same room. */
export const CLAIMING_LOCK = 72707371;

/** What a project or a person may have running; null: any number. `usual`: of those without a limit of their own. */
const limitOf = (row: string, usual: string): string =>
  `case when ${row}.limits ? 'concurrentRuns' then (${row}.limits->>'concurrentRuns')::int else ${usual}::int end`;

/**
 * The id of the next run, or of `runId` if it may be claimed now. `project`, `person` and `leaving` are parameters.
 * The row is locked: what another transaction changes at this moment, such as a run that is being cancelled, is left out.
 */
const nextRun = ({
  project,
  person,
  leaving,
  runId,
}: Record<keyof ClaimOptions, string> & { runId: string | null }): string => `
  with busy as materialized (select id, project_id, created_by from runs where status = 'running'),
  full_people as materialized (select id from people where (select count(*) from busy where created_by = people.id) >= ${limitOf('people', person)}),
  waiting as (select id, served_at, (select count(*) from busy where project_id = projects.id and id <> all(${leaving}::text[])) as running from projects
    where exists (select from runs where status = 'queued' and source = 'trained' and project_id = projects.id)
      and (select count(*) from busy where project_id = projects.id) < coalesce(${limitOf('projects', project)}, ${2 ** 31 - 1}))
  select run.id from waiting cross join lateral (
    select id from runs where status = 'queued' and source = 'trained' and project_id = waiting.id ${runId === null ? '' : `and id = ${runId}`}
      and (created_by is null or created_by not in (select id from full_people))
    order by priority desc, created_at, id limit 1 for no key update skip locked) run
  order by waiting.running, waiting.served_at nulls first, waiting.id limit 1`;

/** The project was served now; never earlier than another one before, whatever the clock does. */
export const SERVED = `update projects set served_at = greatest(date_trunc('milliseconds', statement_timestamp()),
  (select max(served_at) from projects) + interval '1 millisecond') where id in (select project_id from changed)`;

/** A condition on `runs`, and its parameters, of which the first one has the number `from`. */
export function claimable(
  runId: string | null,
  { project, person, leaving = [] }: ClaimOptions,
  from: number,
): { condition: string; values: unknown[] } {
  const next = nextRun({
    project: `$${from}`,
    person: `$${from + 1}`,
    leaving: `$${from + 2}`,
    runId: runId === null ? null : `$${from + 3}`,
  });
  return {
    // By its id, and not by all that are queued.
    condition: `id = (${next}) and (status = 'queued') is true`,
    values: [project, person, leaving, ...(runId === null ? [] : [runId])],
  };
}
