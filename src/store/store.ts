/** The store is the only part of the database that the service sees. Each part is implemented by one file. */
import type pg from 'pg';
import type { NewView, View, ViewPage, ViewPatch } from '../vocabulary/index.ts';
import type { ArchiveStore } from './archive-store.ts';
import type { BlobStore, DatasetStore } from './datasets/dataset-store.ts';
import type { DiskSpace } from './embedded/disk-space.ts';
import type { CheckpointStore, MetricStore, RunLog, SnapshotStore, VerdictStore } from './log/log-store.ts';
import type { AuditStore } from './people/audit-store.ts';
import type { ErasureStore } from './people/erasure-store.ts';
import type { AttemptStore, InvitationStore, KeyStore, PeopleStore, SessionStore } from './people/people-store.ts';
import type { ProjectStore, Sight } from './people/project-store.ts';
import type { RateStore } from './people/rate-store.ts';
import type { RetentionStore } from './people/retention-store.ts';
import type { CommentStore, ShareLinkStore } from './people/sharing-store.ts';
import type { UsageStore } from './people/usage-store.ts';
import type { Availability } from './postgres/availability.ts';
import type { RunStore, StopRequest } from './runs/run-store.ts';
import type { TrialsStore } from './trials-store.ts';
import type { DeliveryStore, WebhookStore } from './webhooks/webhook-store.ts';

export * from './archive-store.ts';
export * from './runs/run-store.ts';
export type * from './people/audit-store.ts';
export type * from './people/people-store.ts';
export type * from './people/project-store.ts';
export type * from './people/rate-store.ts';
export type * from './people/usage-store.ts';
export type * from './people/erasure-store.ts';
export type * from './people/retention-store.ts';
export type * from './webhooks/webhook-store.ts';
export type * from './people/sharing-store.ts';
export type * from './datasets/dataset-store.ts';
export type * from './log/log-store.ts';
export type * from './trials-store.ts';

export interface Page<T> {
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

/** To what a new thing belongs, and who made it; null: nobody was registered. */
export interface Origin {
  project: string;
  createdBy: string | null;
  /** The key of the request that makes it: what was made is noted with the key, in one transaction. */
  answer?: AnswerKey | null;
}

/** What pages of the dashboard show, saved under names. */
export interface ViewStore {
  create(view: Omit<NewView, 'project'>, origin?: Origin): Promise<View>;
  get(id: string, sight?: Sight): Promise<View | null>;
  /** Oldest first. */
  list(page?: ViewPage, sight?: Sight): Promise<View[]>;
  /** Null if there is no such view. `project` is an id. */
  change(id: string, patch: ViewPatch): Promise<View | null>;
  delete(id: string): Promise<boolean>;
}

/** The client's key and its scope. The same key in another scope is a different request. */
export interface AnswerKey {
  scope: string;
  /** Printable ASCII. */
  key: string;
}

export interface KeptAnswer {
  status: number;
  body: string;
  /** Its header Location. */
  location: string | null;
}

/** Responses kept for `Idempotency-Key`, for 24 hours. */
export interface AnswerStore {
  /**
   * 'new': continue, then call `keep`. 'made': an earlier request created this before its process died or failed; answer with
   * it, then call `keep`. 'conflict': the key was used with another body. 'pending': the first request is still being
   * processed. One whose process is gone is not: its key is free at once, unless it had created something.
   */
  begin(
    key: AnswerKey,
    bodyHash: string,
  ): Promise<
    | { state: 'new' }
    | { state: 'made'; id: string }
    | { state: 'conflict' }
    | { state: 'pending' }
    | ({ state: 'kept' } & KeptAnswer)
  >;
  keep(key: AnswerKey, answer: KeptAnswer): Promise<void>;
  /** The request failed, so the key can be used again. What it had created before stays noted. */
  forget(key: AnswerKey): Promise<void>;
  /** What was made is gone. */
  unmake(key: AnswerKey): Promise<void>;
}

/**
 * Goes to all processes that use the same database, including this one. It is only a hint; the database is the truth.
 * The store itself publishes `appended` after every committed write to a run's log (append, transition, claim ...).
 * `webhooks`: one was added, changed or deleted. `access`: who may do what has changed, so callers and open sockets are looked at again.
 * `missed`: the connection to the server was lost for a while, and hints with it, so listeners must read again what
 * they follow.
 */
export type Hint =
  | { type: 'appended'; runId: string; seq: number }
  | { type: 'queued'; runId: string }
  | { type: 'control'; runId: string; order: StopRequest | 'inspect' }
  | { type: 'webhooks' }
  /** Somebody may see or do less or more than before. */
  | { type: 'access' }
  | { type: 'missed' };

export interface Store {
  readonly kind: 'embedded' | 'server';
  /** The name of this process. Others know by it when the process has died. */
  readonly presence: string;
  /** For health checks. */
  readonly pool: pg.Pool;
  readonly runs: RunStore;
  readonly log: RunLog;
  readonly metrics: MetricStore;
  readonly snapshots: SnapshotStore;
  readonly checkpoints: CheckpointStore;
  readonly verdicts: VerdictStore;
  readonly trials: TrialsStore;
  readonly datasets: DatasetStore;
  readonly blobs: BlobStore;
  readonly archives: ArchiveStore;
  readonly views: ViewStore;
  readonly projects: ProjectStore;
  readonly answers: AnswerStore;
  readonly audit: AuditStore;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly rates: RateStore;
  readonly usage: UsageStore;
  readonly erasures: ErasureStore;
  readonly retention: RetentionStore;
  readonly people: PeopleStore;
  readonly sessions: SessionStore;
  readonly keys: KeyStore;
  readonly invitations: InvitationStore;
  readonly attempts: AttemptStore;
  readonly shareLinks: ShareLinkStore;
  readonly comments: CommentStore;
  /**
   * By LISTEN/NOTIFY on a server, within the process if embedded. Listeners are called after the write that caused the
   * hint has returned.
   */
  publish(hint: Hint): Promise<void>;
  subscribe(listener: (hint: Hint) => void): () => void;
  /** Whether the database can be used at the moment, and who is told when that changes. */
  readonly availability: Pick<Availability, 'outage' | 'onChange'>;
  /** Of the disk with the embedded database; null on a server. */
  readonly space: Pick<DiskSpace, 'freeBytes' | 'level' | 'checkRoom'> | null;
  close(): Promise<void>;
}
