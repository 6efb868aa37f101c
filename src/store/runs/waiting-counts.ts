/** How many runs wait and run, and whose: what is asked before new ones are let in. */
import type pg from 'pg';
import type { Limits } from '../../vocabulary/index.ts';
import { prepared } from '../postgres/prepared.ts';
import { NoRoom, type Origin, type Room } from '../store.ts';

interface Count {
  project: string;
  person: string | null;
  priority: number;
  queued: number;
  running: number;
}
interface Project {
  id: string;
  limits: Limits;
  /** Its place in the order in which projects were served: the lowest was served longest ago. */
  served: number;
}
interface Counted {
  counts: Count[];
  projects: Project[];
  people: { id: string; limits: Limits }[];
}

/** $1 and $2: the projects and the people whose limits are asked for. */
const COUNT = `with counts as (
    select project_id as project, created_by as person, priority, count(*) filter (where status = 'queued') as queued,
      count(*) filter (where status = 'running') as running
    from runs where status in ('queued', 'running') group by project_id, created_by, priority),
  concerned as (
    select id, limits, row_number() over (order by served_at nulls first, id) as served from projects
    where id = any($1) or id in (select project from counts)),
  asked as (select id, limits from people where id = any($2))
  select (select coalesce(json_agg(counts), '[]') from counts) as counts, (select coalesce(json_agg(concerned), '[]') from concerned) as projects,
    (select coalesce(json_agg(asked), '[]') from asked) as people`;

export class WaitingCounts {
  readonly #counts: Count[];
  readonly #projects: ReadonlyMap<string, Project>;
  readonly #people: ReadonlyMap<string, Limits>;

  private constructor({ counts, projects, people }: Counted) {
    this.#counts = counts;
    this.#projects = new Map(projects.map((project) => [project.id, project]));
    this.#people = new Map(people.map(({ id, limits }) => [id, limits]));
  }

  /** `origins`: of the runs that are to be let in. */
  static async read(on: pg.Pool | pg.PoolClient, origins: readonly Origin[]): Promise<WaitingCounts> {
    const {
      rows: [counted],
    } = await on.query<Counted>({
      ...prepared(COUNT),
      values: [
        [...new Set(origins.map(({ project }) => project))],
        [...new Set(origins.flatMap(({ createdBy }) => createdBy ?? []))],
      ],
    });
    return new WaitingCounts(counted ?? { counts: [], projects: [], people: [] });
  }

  /** Null if another run may wait. */
  refusal({ project, createdBy }: Origin, room: Room): NoRoom | null {
    const own = this.#projects.get(project)?.limits.queuedRuns;
    const personal = createdBy === null ? null : this.#people.get(createdBy)?.queuedRuns;
    return (
      noRoom('service', this.#queued(), room.service) ??
      noRoom(
        'project',
        this.#queued((count) => count.project === project),
        own === undefined ? room.project : own,
      ) ??
      (createdBy === null
        ? null
        : noRoom(
            'person',
            this.#queued(({ person }) => person === createdBy),
            personal === undefined ? room.person : personal,
          ))
    );
  }

  /** A new run waits too. Returns the number of runs ahead of it, as `positionOf` in waiting.ts counts them. */
  add({ project, createdBy: person }: Origin, priority: number): number {
    const ahead = this.#queued((count) => count.project === project && count.priority >= priority);
    this.#counts.push({ project, person, priority, queued: 1, running: 0 });
    const running = this.#running(project);
    let position = ahead;
    for (const other of new Set(this.#counts.map((count) => count.project))) {
      if (other === project) continue;
      const theirs = this.#running(other);
      const isFirst = theirs === running && this.#served(other) < this.#served(project);
      const turns = running + ahead - theirs + Number(theirs > running || isFirst);
      position += Math.max(
        0,
        Math.min(
          this.#queued((count) => count.project === other),
          turns,
        ),
      );
    }
    return position;
  }

  #queued(isMeant: (count: Count) => boolean = () => true): number {
    return this.#counts.reduce((sum, count) => sum + (isMeant(count) ? count.queued : 0), 0);
  }

  #running(project: string): number {
    return this.#counts.reduce((sum, count) => sum + (count.project === project ? count.running : 0), 0);
  }

  #served(project: string): number {
    return this.#projects.get(project)?.served ?? 0;
  }
}

const noRoom = (of: NoRoom['of'], waiting: number, limit: number | null): NoRoom | null =>
  limit === null || waiting < limit ? null : new NoRoom(of, waiting, limit);
