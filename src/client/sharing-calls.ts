/** Share links, and comments on runs and neurons. */
import type {
  Comment,
  CreatedShareLink,
  List,
  NewComment,
  NewShareLink,
  SharedThing,
  ShareLink,
} from '../vocabulary/index.ts';
import type { Http } from './http.ts';

export class ShareLinkCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  /** Of one run or project, or all that one may see. */
  async list(query: { run?: string; project?: string } = {}): Promise<ShareLink[]> {
    return (await this.#http.json<List<ShareLink>>('GET', '/v1/share-links', { query })).data;
  }
  create(link: NewShareLink): Promise<CreatedShareLink> {
    return this.#http.json('POST', '/v1/share-links', { body: link });
  }
  revoke(id: string): Promise<void> {
    return this.#http.json('DELETE', `/v1/share-links/${encodeURIComponent(id)}`);
  }
  /** What the link shows by whose token the client calls. */
  current(): Promise<SharedThing> {
    return this.#http.json('GET', '/v1/share-links/current');
  }
}

export class CommentCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  /** The oldest first: of the run and all its neurons, or of one neuron. */
  async list(runId: string, query: { layer?: string; neuron?: number } = {}): Promise<Comment[]> {
    return (await this.#http.json<List<Comment>>('GET', ofRun(runId), { query })).data;
  }
  /** Those of others that mention the caller, on runs that it can see; the newest first. */
  mentions(query: { after?: string; limit?: number } = {}): Promise<List<Comment>> {
    return this.#http.json('GET', '/v1/me/mentions', { query });
  }
  add(runId: string, comment: NewComment): Promise<Comment> {
    return this.#http.json('POST', ofRun(runId), { body: comment });
  }
  edit(runId: string, id: string, text: string): Promise<Comment> {
    return this.#http.json('PATCH', `${ofRun(runId)}/${encodeURIComponent(id)}`, { body: { text } });
  }
  delete(runId: string, id: string): Promise<void> {
    return this.#http.json('DELETE', `${ofRun(runId)}/${encodeURIComponent(id)}`);
  }
}

const ofRun = (runId: string) => `/v1/runs/${encodeURIComponent(runId)}/comments`;
