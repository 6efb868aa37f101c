import type { Limited, Limits } from '../../vocabulary/index.ts';

/** Whose usage: of a project, or of a person in all projects. */
export type UsageOf = 'project' | 'person';

export interface UsageStore {
  /** Its own limits, without those of the service. Null if there is no such project or person. */
  limits(of: UsageOf, id: string): Promise<Limits | null>;
  /** Runs that are running and that wait. */
  runs(of: UsageOf, id: string): Promise<Record<Exclude<Limited, 'storageBytes'>, number>>;
  /** Of what its runs have stored, and of its data sets. It reads the lengths of many rows. */
  storageBytes(of: UsageOf, id: string): Promise<number>;
}
