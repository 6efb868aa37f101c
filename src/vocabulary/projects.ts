import type { PersonName, ProjectRole } from './people.ts';

/** What runs, data sets and views belong to. All times are ISO 8601, UTC. */
export interface Project {
  id: string;
  object: 'project';
  name: string;
  /** Of the caller. */
  role: ProjectRole;
  limits: Limits;
  retention: Retention;
  createdAt: string;
}
export interface NewProject {
  name: string;
}
export interface ProjectPatch {
  name?: string;
  limits?: Limits;
  retention?: Retention;
}

export interface Member {
  object: 'member';
  person: PersonName;
  role: ProjectRole;
  createdAt: string;
}
export interface NewMember {
  /** Id or name. */
  person: string;
  role: ProjectRole;
}

/** What a person, or a project, may use at most. */
export const LIMITED = ['concurrentRuns', 'queuedRuns', 'storageBytes'] as const;
export type Limited = (typeof LIMITED)[number];
/** Null: without a limit. What is absent is as the service has it. */
export type Limits = Partial<Record<Limited, number | null>>;

/** What is used, and how much of it may be: `GET /v1/me/limits` and `GET /v1/projects/{id}/usage`. */
export interface Usage {
  object: 'usage';
  limits: Record<Limited, { used: number; limit: number | null }>;
}

/** What is deleted when it has become old. */
export const RETAINED = ['snapshots', 'metrics', 'checkpoints', 'runs'] as const;
export type Retained = (typeof RETAINED)[number];
/** In days after the run has ended. Null or absent: never. */
export type Retention = Partial<Record<Retained, number | null>>;

/** What the rules of a project would delete now: `GET /v1/projects/{id}/retention`. */
export interface RetentionPlan {
  object: 'retentionPlan';
  rules: Retention;
  /** Of how many runs, and how much. */
  deletes: Record<Retained, { runs: number; bytes: number }>;
}
