/**
 * How many requests an address, and a person, may send in a minute. While nobody is registered and everything is open,
 * nothing is counted.
 */
import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RelumineError } from '../errors.ts';
import type { Caller } from '../people/caller.ts';
import type { Callers } from '../people/callers.ts';
import { RateCounts } from '../people/rate-counts.ts';
import { networkOf } from '../people/sign-in.ts';
import type { Store } from '../store/store.ts';

/** Requests in a minute; 0: any number. */
export interface RateLimits {
  readonly address: number;
  readonly person: number;
}

type Check = ReturnType<FastifyInstance['createRateLimit']>;

/** The hook for addresses comes before a caller is looked for, and the one for people after it. */
export async function prepareRateLimits(
  app: FastifyInstance,
  { store, callers, limits }: { store: Pick<Store, 'kind' | 'rates'>; callers: Callers; limits: RateLimits },
): Promise<{ limitAddresses: () => void; limitPeople: () => void }> {
  const counts = new RateCounts(store.kind === 'server' ? store.rates : null, (error) =>
    app.log.warn({ err: error }, 'could not count requests together with other processes'),
  );
  app.addHook('onClose', () => counts.close());
  class SharedCounts implements FastifyRateLimitStore {
    incr(key: string, done: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
      done(null, counts.add(key));
    }
    child(): FastifyRateLimitStore {
      return this;
    }
  }
  await app.register(rateLimit, { global: false, store: SharedCounts, timeWindow: RateCounts.WINDOW_MS });

  const add = (max: number, keyGenerator: (request: FastifyRequest) => string, whose: string): void => {
    if (max === 0) return;
    const check = app.createRateLimit({ max, keyGenerator });
    app.addHook('onRequest', async (request, reply) => {
      // The files of the dashboard and the health checks are for everybody.
      if (!request.url.startsWith('/v1/') || (await callers.of(null)).via === 'open') return;
      await count(check, request, reply, whose);
    });
  };
  return {
    limitAddresses: () => add(limits.address, ({ ip }) => `address ${networkOf(ip)}`, 'from your address'),
    limitPeople: () => add(limits.person, ({ caller, ip }) => nameOf(caller) ?? `nobody ${networkOf(ip)}`, 'from you'),
  };
}

async function count(check: Check, request: FastifyRequest, reply: FastifyReply, whose: string): Promise<void> {
  const result = await check(request);
  if (result.isAllowed) return;
  const { max, remaining, ttlInSeconds, isExceeded } = result;
  reply.headers({ 'ratelimit-limit': max, 'ratelimit-remaining': remaining, 'ratelimit-reset': ttlInSeconds });
  if (!isExceeded) return;
  throw new RelumineError(
    'RATE_LIMITED',
    `There were more than ${max} requests ${whose} in this minute. Try again in ${ttlInSeconds} s.`,
    { retryAfter: ttlInSeconds },
  );
}

/** All keys and sessions of a person count together. */
const nameOf = ({ via, person, credential }: Caller): string | null =>
  person ? `person ${person.id}` : credential === null ? null : `${via} ${credential}`;
