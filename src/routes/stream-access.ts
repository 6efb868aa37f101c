/** Ends open sockets whose reader may not see the run any more, within 2 s, in every process that has some. */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { RelumineError } from '../errors.ts';
import type { Caller } from '../people/caller.ts';
import type { Callers } from '../people/callers.ts';

/** Closed for good: clients do not come back. */
const SIGNED_OUT = 4401;
const OUT_OF_SIGHT = 4403;
/** How often every socket is looked at, should news of a change have been lost. */
const LOOK_EVERY_MS = 5000;
/** After a session, key or link has expired, of which nothing tells. The clock of the database may be a little behind. */
const LOOK_AFTER_MS = 100;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Sockets that are looked at in the same moment. */
const AT_ONCE = 8;

export interface StreamAccessOptions {
  callers: Callers;
  /** Throws RUN_NOT_FOUND or FORBIDDEN if the caller of the request may not see the run that it names. */
  check: (request: FastifyRequest) => Promise<unknown>;
  log: FastifyBaseLogger;
}

export class StreamAccess {
  readonly #options: StreamAccessOptions;
  readonly #streams = new Map<WebSocket, FastifyRequest>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #isLooking = false;
  /** Something has changed since the present round began. */
  #again = false;

  constructor(options: StreamAccessOptions) {
    this.#options = options;
    this.#stopListening = options.callers.onChange(() => void this.#lookAtAll());
    this.#timer = setInterval(() => {
      for (const [socket, request] of this.#streams) void this.#look(socket, request, false);
    }, LOOK_EVERY_MS).unref();
  }

  /** Until the socket is closed. */
  watch(socket: WebSocket, request: FastifyRequest): void {
    this.#streams.set(socket, request);
    const stop = this.#lookAtExpiry(socket, request);
    socket.on('close', () => {
      this.#streams.delete(socket);
      stop();
    });
    // Something may have changed since the request was let in.
    void this.#look(socket, request, false);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stopListening();
  }

  /** A session lives longer when it is used, so the time is looked up again. Returns what ends it. */
  #lookAtExpiry(socket: WebSocket, request: FastifyRequest): () => void {
    let timer: NodeJS.Timeout | undefined;
    const wait = () => {
      const { expiresAt } = request.caller;
      if (expiresAt === null || !this.#streams.has(socket)) return;
      const restMs = expiresAt.getTime() - Date.now() + LOOK_AFTER_MS;
      timer = setTimeout(() => void this.#look(socket, request, false).then(wait), clamp(restMs)).unref();
    };
    wait();
    return () => clearTimeout(timer);
  }

  async #lookAtAll(): Promise<void> {
    this.#again = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#again) {
      this.#again = false;
      const streams = [...this.#streams];
      for (let from = 0; from < streams.length; from += AT_ONCE)
        await Promise.all(
          streams.slice(from, from + AT_ONCE).map(([socket, request]) => this.#look(socket, request, true)),
        );
    }
    this.#isLooking = false;
  }

  /** `thoroughly`: the run may have moved, too. */
  async #look(socket: WebSocket, request: FastifyRequest, thoroughly: boolean): Promise<void> {
    const { callers, check, log } = this.#options;
    try {
      const caller = await callers.of(request.credential);
      if (caller.via === 'nobody') {
        socket.close(SIGNED_OUT, 'the session, key or link has ended');
        return;
      }
      const before = request.caller;
      request.caller = caller;
      if (!thoroughly && isSame(caller, before)) return;
      await check(request);
    } catch (error) {
      if (error instanceof RelumineError && error.status < 500)
        socket.close(OUT_OF_SIGHT, 'this run is not to be seen any more');
      // It is looked at again soon. The database is the truth, and it cannot be asked now.
      else log.warn({ err: error }, 'could not check who reads a stream');
    }
  }
}

/** A second at least, so that a clock that is behind does not keep us busy. */
const clamp = (ms: number): number => Math.min(Math.max(ms, 1000), LONGEST_TIMER_MS);

const isSame = (one: Caller, other: Caller): boolean =>
  one.via === other.via &&
  one.isOwner === other.isOwner &&
  one.roles.size === other.roles.size &&
  [...one.roles].every(([project, role]) => other.roles.get(project) === role);
