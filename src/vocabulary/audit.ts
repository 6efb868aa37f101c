/** The audit log: who did what to what, from where, and how the thing was before and after. */
import type { PersonName } from './people.ts';

/** What can be done, by the kind of thing. In the past tense, because an entry is written when it has happened. */
export const AUDIT_ACTIONS = [
  'run.created',
  'run.changed',
  'run.moved',
  'run.deleted',
  'run.cancelled',
  'run.paused',
  'run.resumed',
  'trials.begun',
  'trials.cancelled',
  'experiment.imported',
  'dataset.created',
  'dataset.changed',
  'dataset.moved',
  'dataset.deleted',
  'view.created',
  'view.changed',
  'view.moved',
  'view.deleted',
  'comment.created',
  'comment.changed',
  'comment.deleted',
  'shareLink.created',
  'shareLink.revoked',
  'project.created',
  'project.changed',
  'project.deleted',
  'member.added',
  'member.changed',
  'member.removed',
  'person.created',
  'person.changed',
  'person.disabled',
  'person.enabled',
  'person.exported',
  'person.erased',
  'password.changed',
  'session.created',
  'session.ended',
  'key.created',
  'key.revoked',
  'invitation.created',
  'invitation.accepted',
  'invitation.revoked',
  'webhook.created',
  'webhook.changed',
  'webhook.deleted',
  'webhook.tested',
  'delivery.replayed',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** How whoever did it was known. `open`: nobody was registered. `command`: on the command line of the server. */
export const AUDIT_VIAS = ['open', 'session', 'key', 'share', 'nobody', 'command'] as const;
export type AuditVia = (typeof AUDIT_VIAS)[number];

/** A few fields of a thing. Never a secret; long texts and lists are cut. */
export type AuditState = Record<string, unknown>;

export interface AuditEntry {
  id: string;
  object: 'auditEntry';
  /** ISO 8601, UTC. */
  at: string;
  /** With the name that the person had then; null if nobody was signed in. */
  person: PersonName | null;
  via: AuditVia;
  /** The key that was used. */
  keyId: string | null;
  /** The IP address of the request. */
  address: string | null;
  action: AuditAction;
  /** The id of the project; null for what belongs to none. */
  project: string | null;
  /** The part of the action before the dot. */
  objectType: string;
  objectId: string;
  /** The fields that the action changed or removed. */
  before: AuditState | null;
  /** The fields that the action changed or made. */
  after: AuditState | null;
}

export interface AuditQuery {
  project?: string;
  /** The id of a person, or the name that the person had then. */
  person?: string;
  action?: AuditAction | readonly AuditAction[];
  /** The id of what was changed. */
  objectId?: string;
  /** ISO 8601; from is included, to is not. */
  from?: string;
  to?: string;
  after?: string;
  limit?: number;
}
