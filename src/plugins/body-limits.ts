/** Bodies that are on their way: how many bytes of them are in memory, and how fast they have to come. */
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RelumineError } from '../errors.ts';
import { LIMITS } from '../vocabulary/index.ts';
import { refuse, tooSlow, type ConnectionLimits } from './http-server.ts';

/** Smaller bodies have a budget of their own, so that large ones cannot keep them out. */
const LARGE_BYTES = 1024 * 1024;
/** Of a large body that takes part of the budget, and of any other body, such as files that go to the disk. */
const LEAST_RATE = { large: 64 * 1024, other: 1024 } as const;
const RETRY_AFTER_SECONDS = 5;

/** Before bodies are parsed, and after callers are known: nobody else may use any of the budget. */
export function limitBodies(app: FastifyInstance, limits: ConnectionLimits): void {
  const small = new Budget(limits.smallBodiesBytes);
  const large = new Budget(limits.largeBodiesBytes);
  const arrivals = new Arrivals(limits.bodyWindowMs);
  const timer = setInterval(() => arrivals.check(), limits.checkEveryMs).unref();
  app.addHook('onClose', () => clearInterval(timer));

  app.addHook('onRequest', async ({ raw }, reply) => {
    if (!raw.complete && !isEmpty(raw)) arrivals.watch(raw, reply);
  });
  app.addHook('onSend', async ({ raw }) => {
    // An answer that nobody reads would be kept for good. A request that is injected has no socket.
    if (raw.socket instanceof Socket) raw.socket.setTimeout(limits.stalledAnswerMs);
  });
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (!isKept(request)) return done(null, payload);
    const announced = Number(request.headers['content-length'] ?? NaN);
    // What is too large for the parser is refused by it.
    if (announced > LIMITS.bodyBytes) return done(null, payload);
    const share = new Share(announced > LARGE_BYTES ? large : small, reply);
    if (Number.isNaN(announced)) return done(null, payload.pipe(counting(share, large)));
    if (!share.take(announced)) return done(overloaded());
    if (announced > LARGE_BYTES) arrivals.expect(request.raw, LEAST_RATE.large);
    return done(null, payload);
  });
}

/** Bytes that are taken and given back. */
class Budget {
  #left: number;
  constructor(bytes: number) {
    this.#left = bytes;
  }
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

/** What one request has taken, until it is answered. */
class Share {
  #budget: Budget;
  #bytes = 0;
  constructor(budget: Budget, reply: FastifyReply) {
    this.#budget = budget;
    reply.raw.once('close', () => this.#giveBack());
  }
  get bytes(): number {
    return this.#bytes;
  }
  take(bytes: number): boolean {
    const isTaken = this.#budget.take(bytes);
    if (isTaken) this.#bytes += bytes;
    return isTaken;
  }
  /** Takes the same from another budget from now on. */
  moveTo(budget: Budget): boolean {
    if (budget === this.#budget) return true;
    if (!budget.take(this.#bytes)) return false;
    this.#budget.giveBack(this.#bytes);
    this.#budget = budget;
    return true;
  }
  #giveBack(): void {
    this.#budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }
}

/** A body of unknown length takes its bytes as they come. */
const counting = (share: Share, large: Budget): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const isSmall = share.bytes + chunk.length <= LARGE_BYTES;
      if ((isSmall || share.moveTo(large)) && share.take(chunk.length)) done(null, chunk);
      else done(overloaded());
    },
  });

interface Arrival {
  reply: FastifyReply;
  /** Bytes per second. */
  leastRate: number;
  /** When the window began, and what the socket had read by then. */
  since: number;
  bytes: number;
}

/** Requests whose bodies have not come to an end. */
class Arrivals {
  readonly #windowMs: number;
  readonly #arrivals = new Map<IncomingMessage, Arrival>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  watch(raw: IncomingMessage, reply: FastifyReply): void {
    const { bytesRead } = raw.socket;
    this.#arrivals.set(raw, { reply, leastRate: LEAST_RATE.other, since: performance.now(), bytes: bytesRead });
    const forget = () => this.#arrivals.delete(raw);
    raw.once('end', forget).once('close', forget);
  }

  expect(raw: IncomingMessage, leastRate: number): void {
    const arrival = this.#arrivals.get(raw);
    if (arrival) arrival.leastRate = leastRate;
  }

  check(): void {
    const now = performance.now();
    for (const [raw, arrival] of this.#arrivals) {
      const { reply, leastRate, since, bytes } = arrival;
      const elapsedMs = now - since;
      // What was answered early is cut off elsewhere.
      if (elapsedMs < this.#windowMs || reply.sent) continue;
      const isOurs = raw.readableLength > 0;
      if (isOurs || raw.socket.bytesRead - bytes >= (leastRate * elapsedMs) / 1000) {
        arrival.since = now;
        arrival.bytes = raw.socket.bytesRead;
        continue;
      }
      this.#arrivals.delete(raw);
      reply.log.info({ bytes: raw.socket.bytesRead - bytes, ms: Math.round(elapsedMs) }, 'the body came too slowly');
      refuse(raw.socket, tooSlow());
    }
  }
}

/** Files go to the disk, and everything else is refused by its type. */
const isKept = ({ headers, raw }: FastifyRequest): boolean =>
  !isEmpty(raw) && /^application\/([\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '');

const isEmpty = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;

const overloaded = (): RelumineError =>
  new RelumineError(
    'OVERLOADED',
    'Too many large requests are on their way at the same time. Nothing was done. Try again in a few seconds.',
    { retryAfter: RETRY_AFTER_SECONDS },
  );
