/**
 * Whose turn it is: projects take turns, so that none waits for all the runs of another one. The next run comes from the
 * project of which the fewest runs are running; of equals, from the one that was served longest ago. Within a project the
 * order is that of the waiting list.
 */
import type { WaitingGroup } from '../store/store.ts';

/** How many runs may be running at once; null: any number. */
export interface ConcurrencyLimits {
  project: number | null;
  person: number | null;
}

/** The runs of one person in one project have a name in common in the waiting list. */
export const groupName = ({ project, person }: Pick<WaitingGroup, 'project' | 'person'>): string =>
  `${project}/${person ?? ''}`;

export interface Turn {
  project: string;
  /** The groups whose turn it is not. */
  others: string[];
}

export class Turns {
  readonly #groups: WaitingGroup[];
  readonly #defaults: ConcurrencyLimits;
  /** Projects of which nothing can be taken. */
  readonly #exhausted = new Set<string>();
  /** Those that were served just now, the last one last. */
  readonly #served: string[] = [];

  /** `defaults`: of projects and people without limits of their own. */
  constructor(groups: readonly WaitingGroup[], defaults: ConcurrencyLimits) {
    this.#groups = groups.map((group) => ({ ...group }));
    this.#defaults = defaults;
  }

  /** Null if nobody may have another run. */
  next(): Turn | null {
    const eligible = this.#groups.filter((group) => group.queued > 0 && this.#hasRoom(group));
    const [project] = [...new Set(eligible.map((group) => group.project))].toSorted((a, b) => this.#compare(a, b));
    if (project === undefined) return null;
    const own = new Set(eligible.filter((group) => group.project === project).map(groupName));
    return { project, others: this.#groups.map(groupName).filter((name) => !own.has(name)) };
  }

  /** The limits of a group, for the claim of its run. */
  limitsOf(name: string): ConcurrencyLimits {
    const group = this.#groups.find((each) => groupName(each) === name);
    return group
      ? { project: this.#projectLimit(group), person: this.#personLimit(group) }
      : { project: null, person: null };
  }

  /** A run of the group was taken, in the turn of the project. */
  take(project: string, name: string): void {
    const group = this.#groups.find((each) => groupName(each) === name);
    if (group) {
      group.running++;
      group.queued--;
    }
    this.#served.push(project);
  }

  /** There was nothing to take: another process was faster. */
  exhaust(project: string): void {
    this.#exhausted.add(project);
  }

  #hasRoom(group: WaitingGroup): boolean {
    if (this.#exhausted.has(group.project)) return false;
    const ofPerson = this.#groups.filter(({ person }) => person !== null && person === group.person);
    return (
      this.#running(group.project) < (this.#projectLimit(group) ?? Infinity) &&
      sum(ofPerson.map(({ running }) => running)) < (this.#personLimit(group) ?? Infinity)
    );
  }

  #projectLimit({ projectLimit }: WaitingGroup): number | null {
    return projectLimit === undefined ? this.#defaults.project : projectLimit;
  }
  #personLimit({ person, personLimit }: WaitingGroup): number | null {
    if (person === null) return null;
    return personLimit === undefined ? this.#defaults.person : personLimit;
  }

  #running(project: string): number {
    return sum(this.#groups.filter((group) => group.project === project).map(({ running }) => running));
  }

  #compare(a: string, b: string): number {
    return (
      this.#running(a) - this.#running(b) ||
      this.#served.lastIndexOf(a) - this.#served.lastIndexOf(b) ||
      this.#servedAt(a) - this.#servedAt(b) ||
      (a < b ? -1 : 1)
    );
  }

  #servedAt(project: string): number {
    return this.#groups.find((group) => group.project === project)?.servedAt?.getTime() ?? -Infinity;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
