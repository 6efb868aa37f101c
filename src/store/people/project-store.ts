import type { AnswerKey } from '../store.ts';
import type { Member, Project, ProjectPatch, ProjectRole } from '../../vocabulary/index.ts';

/** A project without what depends on who asks. */
export type StoredProject = Omit<Project, 'role'>;

/** Projects that somebody may see, by their ids; null: every project. */
export type Sight = readonly string[] | null;

export interface ProjectStore {
  /** `answer`: the key of the request that makes it. Throws NAME_TAKEN. */
  create(name: string, answer?: AnswerKey | null): Promise<StoredProject>;
  /** By its id, or else by its name, of which neither case nor width matters. */
  find(idOrName: string, sight: Sight): Promise<StoredProject | null>;
  /** By name. */
  list(sight: Sight): Promise<StoredProject[]>;
  /** Null if there is no such project. Throws NAME_TAKEN. */
  change(id: string, patch: ProjectPatch): Promise<StoredProject | null>;
  /** What belongs to it. */
  holdings(id: string): Promise<Record<'runs' | 'datasets' | 'views', number>>;
  /** With `withAll` together with everything in it; otherwise only if it is empty. False if it is not, or not there. */
  delete(id: string, withAll: boolean): Promise<boolean>;

  /** By name. */
  members(id: string): Promise<Member[]>;
  /** Adds a person, or changes the role. Null if there is no such project or person. */
  setMember(id: string, personId: string, role: ProjectRole): Promise<{ member: Member; isNew: boolean } | null>;
  /** False if the person is no member. */
  removeMember(id: string, personId: string): Promise<boolean>;
}
