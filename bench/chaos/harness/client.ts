/** Asks the service as a patient program does, and notes what no program should have to see. */
import { setTimeout as delay } from 'node:timers/promises';
import { isRefusal, send, type Answer, type Outcome } from './requests.ts';
import type { Tally } from './tally.ts';
import type { World } from './world.ts';

export interface Question {
  method: string;
  path: string;
  json?: unknown;
  /** A body as it is, with its media type. */
  body?: { type: string; content: string | Uint8Array };
  /** Sent as Idempotency-Key. */
  key?: string;
}

/** Until when a request that cannot be answered for now is repeated. */
const PERSISTENCE_MS = 180_000;
const PAUSE_MS = 100;

export class Client {
  readonly #world: World;
  readonly #tally: Tally;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(world: World, headers: Readonly<Record<string, string>> = {}) {
    this.#world = world;
    this.#tally = world.tally;
    this.#headers = headers;
  }

  /** One try. Null: no answer, because the service is not there, or has refused for now. */
  async ask(question: Question): Promise<Answer | null> {
    const { method, path, json, body, key } = question;
    const outcome = await send(this.#world.port, {
      method,
      path,
      headers: {
        ...this.#headers,
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(body && { 'content-type': body.type }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(body && { body: body.content }),
    });
    return this.judge(outcome, `${method} ${path}`);
  }

  /** Notes errors and hangs. */
  judge(outcome: Outcome, what: string): Answer | null {
    if (outcome === 'unsendable') return null;
    this.#tally.requests++;
    if (outcome === 'gone') return null;
    if (outcome === 'hang') {
      this.#tally.add('hangs', what);
      return null;
    }
    if (isRefusal(outcome)) {
      this.#tally.refused++;
      return null;
    }
    if (outcome.status >= 500) {
      this.#tally.add('errors', `${outcome.status} to ${what}: ${outcome.body.toString().slice(0, 300)}`);
      return null;
    }
    return outcome;
  }

  /**
   * Repeats the request until it is answered for good, as clients are told to. Throws if that takes too long. `isOver`:
   * nobody waits for it any more.
   */
  async insist(question: Question, isOver: () => boolean = () => false): Promise<Answer | null> {
    const deadline = performance.now() + PERSISTENCE_MS;
    while (performance.now() < deadline) {
      if (isOver()) return null;
      const answer = await this.ask(question);
      const isPending = answer?.status === 409 && answer.body.includes('IDEMPOTENCY_PENDING');
      if (answer && !isPending) return answer;
      await delay(PAUSE_MS);
    }
    throw new Error(`No answer in ${PERSISTENCE_MS / 1000} s to ${question.method} ${question.path}`);
  }

  /** The JSON of a 2xx, however long it takes. Throws on any other answer. */
  async get<T>(path: string): Promise<T> {
    const answer = await this.insist({ method: 'GET', path });
    if (answer === null || answer.status >= 300)
      throw new Error(`${answer?.status} to GET ${path}: ${answer?.body.toString().slice(0, 300)}`);
    return JSON.parse(answer.body.toString()) as T;
  }

  /** All items of a list. */
  async list<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    let after = '';
    for (;;) {
      const page = await this.get<{ data: T[]; hasMore: boolean; nextCursor: string | null }>(
        `${path}${path.includes('?') ? '&' : '?'}limit=200${after}`,
      );
      items.push(...page.data);
      if (!page.hasMore) return items;
      after = `&after=${encodeURIComponent(page.nextCursor ?? '')}`;
    }
  }
}
