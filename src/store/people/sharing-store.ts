/** What the store keeps of share links and of comments. */
import type { Comment, ShareKind, ShareLink } from '../../vocabulary/index.ts';
import type { AnswerKey, Page } from '../store.ts';

/** What a link lets see, as the database says now. */
export interface SharedBy {
  /** The id of the link. */
  credential: string;
  /** Of trials also every run of them that exists so far. */
  runs: string[];
  /** Null: it does not expire. */
  expiresAt: Date | null;
}

export interface ShareLinkStore {
  create(link: {
    tokenHash: Uint8Array;
    kind: ShareKind;
    project: string;
    runs: readonly string[];
    createdBy: string | null;
    expiresAt: string | null;
  }): Promise<ShareLink>;
  /** Newest first, of these projects, unless null; those that show this run, if one is given. */
  list(projects: readonly string[] | null, run?: string): Promise<ShareLink[]>;
  get(id: string, projects?: readonly string[] | null): Promise<ShareLink | null>;
  /** False if it was revoked before. */
  revoke(id: string): Promise<boolean>;
  /** Null if it is unknown, has expired or was revoked. */
  identify(tokenHash: Uint8Array): Promise<SharedBy | null>;
  /** Notes that it is used. At most one write per minute. */
  touch(id: string): Promise<void>;
}

/** Which comments: those on one layer or neuron, or all of a run. */
export interface CommentSelection {
  layer?: string;
  neuron?: number;
}
/** Somebody who can be mentioned. */
export interface Mentionable {
  id: string;
  name: string;
  /** The name in the form in which names are compared. */
  nameKey: string;
}

export interface CommentStore {
  /** Null if the run does not exist any more. `mentions` are ids. */
  create(comment: {
    runId: string;
    layer: string | null;
    neuron: number | null;
    text: string;
    mentions: readonly string[];
    author: string | null;
    answer?: AnswerKey | null;
  }): Promise<Comment | null>;
  get(runId: string, id: string): Promise<Comment | null>;
  /** Oldest first. Throws INVALID_REQUEST for an invalid cursor. */
  list(runId: string, query: CommentSelection & { after?: string; limit: number }): Promise<Page<Comment>>;
  /** Null if there is no such comment any more. */
  change(id: string, change: { text: string; mentions: readonly string[] }): Promise<Comment | null>;
  delete(id: string): Promise<boolean>;
  /** How many the person has written since then; on any run. */
  countSince(author: string | null, since: Date): Promise<number>;
  /** People who can see what is in the project. */
  readers(project: string): Promise<Mentionable[]>;
  /** Comments of others that mention the person, on runs of these projects, unless null; newest first. */
  mentioning(
    person: string,
    projects: readonly string[] | null,
    query: { after?: string; limit: number },
  ): Promise<Page<Comment>>;
}
