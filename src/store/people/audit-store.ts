/** The audit log as the service sees it. Entries are added and read; only erasing a person changes some. */
import type { AuditAction, AuditEntry, AuditState, AuditVia } from '../../vocabulary/index.ts';
import type { Page } from '../store.ts';

export interface NewAuditEntry {
  person: { readonly id: string; readonly name: string } | null;
  via: AuditVia;
  keyId: string | null;
  address: string | null;
  /** The part before the dot is the type of the object. */
  action: AuditAction;
  project: string | null;
  objectId: string;
  before: AuditState | null;
  after: AuditState | null;
}

/** Every condition that is given must hold. */
export interface AuditSelection {
  /** Only entries of these projects; null: all entries, also those of no project. */
  projects: readonly string[] | null;
  /** The id of a person, or the name that the person had then. */
  person?: string;
  actions?: readonly AuditAction[];
  /** The id of the thing. */
  objectId?: string;
  /** From this time on, and before that one. */
  from?: Date;
  to?: Date;
}

export interface AuditStore {
  add(entry: NewAuditEntry): Promise<void>;
  /** Newest first. Throws INVALID_REQUEST for an invalid cursor. */
  list(selection: AuditSelection & { after?: string; limit: number }): Promise<Page<AuditEntry>>;
}
