/** Ends open sockets whose reader may not see the run any more, within 2 s, in every process that has some. */
import { setImmediate as turn } from 'node:timers/promises';
import type { WebSocket } from '@fastify/websocket';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { RelumineError } from '../errors.ts';
import type { Caller } from '../people/caller.ts';
import type { Callers, Credential } from '../people/callers.ts';

/** Closed for good: clients do not come back. */
const SIGNED_OUT = [4401, 'the session, key or link has ended'] as const;
const OUT_OF_SIGHT = [4403, 'this run is not to be seen any more'] as const;
/** How often everybody is looked at, should news of a change have been lost. */
const LOOK_EVERY_MS = 5000;
/** After a session, key or link has expired, of which nothing tells. The clock of the database may be a little behind. */
const LOOK_AFTER_MS = 100;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Audiences that are looked at in the same moment. */
const AT_ONCE = 8;
/** Sockets that are closed in one turn of the event loop. */
const CLOSED_AT_ONCE = 256;

/** Who wants to see which run, and by which rule. */
export interface Asking extends Pick<FastifyRequest, 'caller' | 'rule'> {
  runId: string;
}

export interface StreamAccessOptions {
  callers: Callers;
  /** Throws RUN_NOT_FOUND or FORBIDDEN if the caller may not see the run. */
  check: (asking: Asking) => Promise<unknown>;
  log: FastifyBaseLogger;
}

/** All sockets on one run that were opened with the same credential: they stay open or end together. */
interface Audience {
  credential: Credential | null;
  asking: Asking;
  sockets: Set<WebSocket>;
  /** Until the credential expires. */
  expiry: NodeJS.Timeout | undefined;
}

export class StreamAccess {
  readonly #options: StreamAccessOptions;
  readonly #audiences = new Map<string, Audience>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #changes = 0;
  #isLooking = false;
  /** Something has changed since the present round began. */
  #again = false;

  constructor(options: StreamAccessOptions) {
    this.#options = options;
    this.#stopListening = options.callers.onChange(() => {
      this.#changes += 1;
      void this.#lookAtAll();
    });
    this.#timer = setInterval(() => void this.#lookAtSome([...this.#audiences.values()], false), LOOK_EVERY_MS).unref();
  }

  /** The number of changes so far. What was found out before the next one may not be true after it. */
  get changes(): number {
    return this.#changes;
  }

  /** Until the socket is closed. `changes`: how many there were before the request was let in. */
  watch(socket: WebSocket, request: Asking & { credential: Credential | null }, changes: number): void {
    const { credential, caller, rule, runId } = request;
    const name = JSON.stringify([runId, credential?.kind, credential?.secret]);
    const audience = this.#audiences.get(name) ?? this.#open(name, { caller, rule, runId }, credential);
    audience.sockets.add(socket);
    socket.on('close', () => {
      audience.sockets.delete(socket);
      if (audience.sockets.size === 0) this.#close(name, audience);
    });
    // Something may have changed since the request was let in.
    const isOld = changes !== this.#changes || !isSame(caller, audience.asking.caller);
    void this.#look(audience, isOld);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stopListening();
    for (const [name, audience] of this.#audiences) this.#close(name, audience);
  }

  #open(name: string, asking: Asking, credential: Credential | null): Audience {
    const audience: Audience = { credential, asking, sockets: new Set(), expiry: undefined };
    this.#audiences.set(name, audience);
    this.#waitForExpiry(audience);
    return audience;
  }

  #close(name: string, audience: Audience): void {
    clearTimeout(audience.expiry);
    if (this.#audiences.get(name) === audience) this.#audiences.delete(name);
  }

  /** A session lives longer when it is used, so the time is looked up again. */
  #waitForExpiry(audience: Audience): void {
    const { expiresAt } = audience.asking.caller;
    if (expiresAt === null) return;
    const restMs = expiresAt.getTime() - Date.now() + LOOK_AFTER_MS;
    audience.expiry = setTimeout(() => {
      void this.#look(audience, false).then(() => {
        if (audience.sockets.size > 0) this.#waitForExpiry(audience);
      });
    }, clamp(restMs)).unref();
  }

  async #lookAtAll(): Promise<void> {
    this.#again = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#again) {
      this.#again = false;
      await this.#lookAtSome([...this.#audiences.values()], true);
    }
    this.#isLooking = false;
  }

  async #lookAtSome(audiences: readonly Audience[], thoroughly: boolean): Promise<void> {
    for (let from = 0; from < audiences.length; from += AT_ONCE)
      await Promise.all(audiences.slice(from, from + AT_ONCE).map((audience) => this.#look(audience, thoroughly)));
  }

  /** `thoroughly`: the run may have moved, too. */
  async #look(audience: Audience, thoroughly: boolean): Promise<void> {
    const { callers, check, log } = this.#options;
    try {
      const caller = await callers.of(audience.credential);
      if (caller.via === 'nobody') {
        await closeAll(audience, SIGNED_OUT);
        return;
      }
      const before = audience.asking.caller;
      audience.asking = { ...audience.asking, caller };
      if (!thoroughly && isSame(caller, before)) return;
      await check(audience.asking);
    } catch (error) {
      if (error instanceof RelumineError && error.status < 500) await closeAll(audience, OUT_OF_SIGHT);
      // It is looked at again soon. The database is the truth, and it cannot be asked now.
      else log.warn({ err: error }, 'could not check who reads a stream');
    }
  }
}

async function closeAll({ sockets }: Audience, [code, reason]: readonly [number, string]): Promise<void> {
  let count = 0;
  for (const socket of sockets) {
    socket.close(code, reason);
    if (++count % CLOSED_AT_ONCE === 0) await turn();
  }
}

/** A second at least, so that a clock that is behind does not keep us busy. */
const clamp = (ms: number): number => Math.min(Math.max(ms, 1000), LONGEST_TIMER_MS);

const isSame = (one: Caller, other: Caller): boolean =>
  one.via === other.via &&
  one.isOwner === other.isOwner &&
  one.roles.size === other.roles.size &&
  [...one.roles].every(([project, role]) => other.roles.get(project) === role);
