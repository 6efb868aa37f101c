/** Finds out who sends a request, and whether somebody like that may use the route at all. */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RelumineError } from '../errors.ts';
import { NOBODY, type Caller } from '../people/caller.ts';
import type { Callers, Credential } from '../people/callers.ts';
import { isAction, RULES, SHARED_ACTIONS, type Rule } from '../people/rules.ts';
import { networkOf, slowDown } from '../people/sign-in.ts';
import { hashOf } from '../people/tokens.ts';
import { readSessionCookie } from '../routes/session-cookie.ts';
import type { Slowness, Store } from '../store/store.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
    /** What it carries to show who sends it. */
    credential: Credential | null;
    /** What the route needs; null for the files of the dashboard and for addresses that do not exist. */
    rule: Rule | null;
  }
}

/** What sockets speak. A client offers it beside the subprotocol that carries its key, because we answer with one. */
const STREAM_PROTOCOL = 'relumine.v1';
const KEY_PROTOCOL = 'relumine.key.';
const SHARE_PROTOCOL = 'relumine.share.';
const SHARE_PREFIX = 'rls_';

export const chooseProtocol = (offered: ReadonlySet<string>): string | false =>
  offered.has(STREAM_PROTOCOL) ? STREAM_PROTOCOL : false;

/** Wrong keys from one address. A right one is never slowed. */
const WRONG_KEYS: Slowness = { free: 30, longestWaitSeconds: 60 };

export function identifyCallers(
  app: FastifyInstance,
  callers: Callers,
  store: Pick<Store, 'attempts'>,
  metricsToken: string | null,
): void {
  // Fastify wants no object here, because all requests would share it. The hook below gives every request its caller.
  app.decorateRequest('caller', null as unknown as Caller);
  app.decorateRequest('credential', null);
  app.decorateRequest('rule', null);

  app.addHook('onRequest', async (request, reply) => {
    const { method, is404, routeOptions } = request;
    const { url = '' } = routeOptions;
    const action = `${method === 'HEAD' ? 'GET' : method} ${url}`;
    request.rule = is404 || !isAction(action) ? null : RULES[action];
    request.caller = NOBODY;
    const { rule } = request;
    // Health checks answer without the database.
    if (rule === null || (rule === 'public' && !url.startsWith('/v1/'))) return;

    const credential = (request.credential = readCredential(request));
    if (url === '/metrics' && credential?.kind === 'key' && isSame(credential.secret, metricsToken)) return;
    const caller = (request.caller = await callers.of(credential));
    if (caller.via === 'session') checkSite(request);
    if (rule === 'public') return;
    if (caller.via === 'nobody') {
      if (credential?.kind === 'key') await slowDown(store, `key ${networkOf(request.ip)}`, WRONG_KEYS);
      reply.header('www-authenticate', 'Bearer');
      throw unauthenticated(credential, await callers.isEmpty());
    }
    if (caller.via === 'share' && !SHARED_ACTIONS.has(action))
      throw new RelumineError('FORBIDDEN', 'A share link cannot do this.');
    if (rule === 'owner' && !caller.isOwner)
      throw new RelumineError('FORBIDDEN', caller.scope === 'admin' ? 'Only an owner may do this.' : NEEDS_ADMIN);
    if (rule === 'person' && !isSafe(method) && caller.scope !== 'admin')
      throw new RelumineError('FORBIDDEN', NEEDS_ADMIN);
  });

  app.addHook('onRoute', ({ method, url, schema }) => {
    for (const name of [method].flat()) {
      if (name === 'HEAD' || name === 'OPTIONS') continue;
      // The files of the page contain no data.
      if (schema?.hide && !url.startsWith('/v1/')) continue;
      const action = `${name} ${url}`;
      if (!isAction(action)) throw new Error(`No rule says who may use "${action}". Add one to people/rules.ts.`);
    }
  });
}

/** In a time that does not depend on how much of it is right. */
const isSame = (secret: string, known: string | null): boolean =>
  known !== null && timingSafeEqual(hashOf(secret), hashOf(known));

const NEEDS_ADMIN = 'This key may not do this. It needs the scope "admin".';

/** A header comes before the cookie: a program that sends a key means it. */
function readCredential(request: FastifyRequest): Credential | null {
  const { authorization, 'sec-websocket-protocol': protocols } = request.headers;
  const [, bearer] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  if (bearer !== undefined)
    return bearer.startsWith(SHARE_PREFIX)
      ? { kind: 'share', secret: bearer.slice(SHARE_PREFIX.length) }
      : { kind: 'key', secret: bearer };
  if (request.ws && protocols !== undefined) {
    for (const protocol of protocols.split(',').map((item) => item.trim())) {
      if (protocol.startsWith(KEY_PROTOCOL)) return { kind: 'key', secret: protocol.slice(KEY_PROTOCOL.length) };
      if (protocol.startsWith(SHARE_PROTOCOL)) return { kind: 'share', secret: protocol.slice(SHARE_PROTOCOL.length) };
    }
  }
  const token = readSessionCookie(request);
  return token === null ? null : { kind: 'session', secret: token };
}

/**
 * Against requests that a page of another site makes a browser send with our cookie. Every browser says from where it
 * sends a request that changes something, or opens a socket; what says neither is no browser.
 */
function checkSite({ headers, method, ws }: FastifyRequest): void {
  if (!ws && isSafe(method)) return;
  const { origin, host, 'sec-fetch-site': site } = headers;
  const isOurs = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (isOurs && (site === undefined || site === 'same-origin' || site === 'none')) return;
  throw new RelumineError('FORBIDDEN_ORIGIN', 'A page of another site may not use this session. Programs use keys.');
}

const isSafe = (method: string): boolean => ['GET', 'HEAD', 'OPTIONS'].includes(method);

function unauthenticated(credential: Credential | null, isEmpty: boolean): RelumineError {
  const message = isEmpty
    ? 'Nobody is registered yet. Open the link that the service printed when it started.'
    : credential === null
      ? 'Sign in, or send a key in the header Authorization: Bearer rlm_...'
      : credential.kind === 'session'
        ? 'The session has ended. Sign in again.'
        : `This ${credential.kind === 'key' ? 'key' : 'link'} is not valid: it is unknown, has expired or was revoked.`;
  return new RelumineError('UNAUTHENTICATED', message);
}
