import type { PersonName } from './people.ts';

/** What a link can show. */
export const SHARE_KINDS = ['run', 'comparison', 'trials'] as const;
export type ShareKind = (typeof SHARE_KINDS)[number];

/** Lets whoever has the link read one thing. All times are ISO 8601, UTC. */
export interface ShareLink {
  id: string;
  object: 'shareLink';
  kind: ShareKind;
  project: string;
  /** Of trials: the run for which they were made. */
  runs: string[];
  createdBy: PersonName | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
}
export interface NewShareLink {
  kind: ShareKind;
  runs: string[];
  /** Default: in 30 days. Null: it does not expire. */
  expiresAt?: string | null;
}
/** Of one link. */
export const MOST_SHARED_RUNS = 100;
/** The only time that the link itself is shown. */
export interface CreatedShareLink extends ShareLink {
  token: string;
  /** The whole page: `/shared/<token>`. */
  url: string;
}
/** What the link of the caller shows. */
export interface SharedThing {
  object: 'sharedThing';
  kind: ShareKind;
  runs: string[];
  expiresAt: string | null;
}

/** On a run, or on one of its neurons. */
export interface Comment {
  id: string;
  object: 'comment';
  runId: string;
  layer: string | null;
  neuron: number | null;
  /** Markdown. */
  text: string;
  /** People whose names are in the text after `@`. */
  mentions: PersonName[];
  /** Null: written where nobody was registered, or the author is gone. */
  author: PersonName | null;
  createdAt: string;
  editedAt: string | null;
}
export interface NewComment {
  text: string;
  /** Both or neither. */
  layer?: string;
  neuron?: number;
}
export type CommentPatch = Pick<NewComment, 'text'>;
/** In UTF-16 units. */
export const LONGEST_COMMENT = 10_000;
