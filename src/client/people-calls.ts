/** Sessions, people, keys and invitations. */
import type {
  CreatedInvitation,
  CreatedKey,
  Invitation,
  Key,
  List,
  Me,
  NewInvitation,
  NewKey,
  Person,
  PersonPatch,
  Session,
  SignIn,
  Usage,
} from '../vocabulary/index.ts';
import type { Http } from './http.ts';

/** Of a browser: its cookie is the session. Programs use keys. */
export class SessionCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  /** How one can sign in. */
  ways(): Promise<SignIn> {
    return this.#http.json('GET', '/v1/session');
  }
  signIn(name: string, password: string): Promise<Me> {
    return this.#http.json('POST', '/v1/session', { body: { name, password } });
  }
  signOut(): Promise<void> {
    return this.#http.json('DELETE', '/v1/session');
  }
  /** One's own, the newest first. */
  async list(): Promise<Session[]> {
    return (await this.#http.json<List<Session>>('GET', '/v1/sessions')).data;
  }
  end(id: string): Promise<void> {
    return this.#http.json('DELETE', `/v1/sessions/${encodeURIComponent(id)}`);
  }
  /** Ends all other sessions of the person. */
  changePassword(password: string, newPassword: string): Promise<void> {
    return this.#http.json('POST', '/v1/me/password', { body: { password, newPassword } });
  }
  /** One's own limits, and how much of them is used. */
  limits(): Promise<Usage> {
    return this.#http.json('GET', '/v1/me/limits');
  }
}

/** For owners. */
export class PeopleCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  async list(): Promise<Person[]> {
    return (await this.#http.json<List<Person>>('GET', '/v1/people')).data;
  }
  createServiceAccount(name: string): Promise<Person> {
    return this.#http.json('POST', '/v1/people', { body: { name, isService: true } });
  }
  patch(id: string, patch: PersonPatch): Promise<Person> {
    return this.#http.json('PATCH', person(id), { body: patch });
  }
  /** Erases what is known of the person; its runs stay. */
  erase(id: string): Promise<void> {
    return this.#http.json('DELETE', person(id));
  }
  /** All that is known of the person. */
  export(id: string): Promise<ReadableStream<Uint8Array>> {
    return this.#http.stream(`${person(id)}/export`, {});
  }
}

export class KeyCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  /** One's own, and for an owner those of service accounts. */
  async list(): Promise<Key[]> {
    return (await this.#http.json<List<Key>>('GET', '/v1/keys')).data;
  }
  create(key: NewKey): Promise<CreatedKey> {
    return this.#http.json('POST', '/v1/keys', { body: key });
  }
  revoke(id: string): Promise<void> {
    return this.#http.json('DELETE', `/v1/keys/${encodeURIComponent(id)}`);
  }
}

export class InvitationCalls {
  readonly #http: Http;
  constructor(http: Http) {
    this.#http = http;
  }
  /** Of one project, or of all. */
  async list(project?: string): Promise<Invitation[]> {
    return (await this.#http.json<List<Invitation>>('GET', '/v1/invitations', { query: { project } })).data;
  }
  create(invitation: NewInvitation): Promise<CreatedInvitation> {
    return this.#http.json('POST', '/v1/invitations', { body: invitation });
  }
  revoke(id: string): Promise<void> {
    return this.#http.json('DELETE', `/v1/invitations/${encodeURIComponent(id)}`);
  }
  /** What the link is for; rejects if it has been used, has expired or was revoked. */
  look(token: string): Promise<Invitation> {
    return this.#http.json('POST', '/v1/invitations/look', { body: { token } });
  }
  /** Registers a person, who is then signed in. */
  accept(token: string, name: string, password: string): Promise<Me> {
    return this.#http.json('POST', '/v1/invitations/accept', { body: { token, name, password } });
  }
  /** For somebody who is signed in. */
  join(token: string): Promise<Me> {
    return this.#http.json('POST', '/v1/invitations/accept', { body: { token } });
  }
}

const person = (id: string) => `/v1/people/${encodeURIComponent(id)}`;
