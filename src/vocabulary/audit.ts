import type { PersonName } from './people.ts';

/** Who did what to what. */
export interface AuditEntry {
  id: string;
  object: 'auditEntry';
  /** ISO 8601, UTC. */
  at: string;
  /** Null: nobody was signed in. */
  person: PersonName | null;
  /** `session`, `key`, `open`, `share` or `command`. */
  via: string;
  keyId: string | null;
  /** From where. */
  address: string | null;
  /** For example `run.deleted`. */
  action: string;
  project: string | null;
  objectType: string;
  objectId: string;
  /** What has changed, without secrets. */
  before: unknown;
  after: unknown;
}

export interface AuditQuery {
  project?: string;
  /** Id or name. */
  person?: string;
  action?: string;
  /** The id of what was changed. */
  objectId?: string;
  /** ISO 8601; from is included, to is not. */
  from?: string;
  to?: string;
  after?: string;
  limit?: number;
}
