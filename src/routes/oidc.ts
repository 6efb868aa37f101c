/** The way to a provider of identities and back. Browsers come here by links, so problems lead to a page. */
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { admit, type OidcMemory, type OidcProvider } from '../people/oidc.ts';
import { OIDC_PATH, type OidcProblem } from '../vocabulary/index.ts';
import { auditor } from './audit.ts';
import { openSession, originOf, type PeopleOptions, type PeopleRoutes } from './people-route.ts';
import { answers } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['people'];
const CALLBACK = `${OIDC_PATH}/callback`;
const COOKIE = 'relumine_oidc';
/** How long one may take at the provider. */
const PATIENCE_SECONDS = 600;
const LONGEST_TARGET = 1000;

interface Remembered extends OidcMemory {
  /** The page that one came from. */
  to: string;
}
export interface OidcOptions extends PeopleOptions {
  provider: OidcProvider | null;
  allowedDomains: readonly string[];
}

export const oidc = (async (app, options) => {
  const { store, provider, allowedDomains } = options;
  const audit = auditor(store);

  app.get(
    OIDC_PATH,
    {
      schema: {
        tags,
        summary: 'Sign in with OpenID Connect',
        description: 'For browsers: leads to the provider of OIDC_ISSUER, and from there back to the page `to`.',
        querystring: Type.Object({ to: Type.Optional(Type.String({ description: 'The path of a page.' })) }),
        response: answers(302, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const { url, memory } = await need(provider)
        .begin(originOf(request, options) + CALLBACK)
        .catch((error: unknown) => {
          request.log.warn({ err: error }, 'the OIDC provider cannot be used');
          return { url: null, memory: null };
        });
      if (!url) return leaveWith(reply, 'unavailable');
      remember(request, reply, { ...memory, to: pathOf(request.query.to) });
      return reply.redirect(url.href);
    },
  );

  app.get(
    CALLBACK,
    {
      schema: {
        tags,
        summary: 'Come back from the OpenID Connect provider',
        description:
          'For browsers. Whoever is known, was invited by a verified e-mail address, or has one of OIDC_ALLOWED_DOMAINS is signed in.',
        querystring: Type.Object({}, { additionalProperties: true }),
        response: answers(302, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const remembered = recall(request);
      forget(request, reply);
      if (!remembered) return leaveWith(reply, 'expired');
      const { search } = new URL(request.url, 'http://relumine');
      const identity = await need(provider)
        .finish(new URL(originOf(request, options) + CALLBACK + search), remembered)
        .catch((error: unknown) => {
          request.log.warn({ err: error }, 'somebody came back from the OIDC provider without an identity');
          return null;
        });
      if (!identity) return leaveWith(reply, 'refused');
      const person = await admit(store, identity, allowedDomains);
      if (typeof person === 'string') return leaveWith(reply, person);
      await openSession(request, reply, options, person);
      await audit(request, 'session.created', { id: request.caller.credential ?? '' });
      return reply.redirect(remembered.to);
    },
  );
}) satisfies (app: Parameters<PeopleRoutes>[0], options: OidcOptions) => Promise<void>;

function need(provider: OidcProvider | null): OidcProvider {
  if (provider) return provider;
  throw new RelumineError('ROUTE_NOT_FOUND', 'There is no OpenID Connect provider here. Set OIDC_ISSUER to have one.');
}

const leaveWith = (reply: FastifyReply, problem: OidcProblem) => reply.redirect(`/sign-in?problem=${problem}`);

/** Another site may not be led to from here. */
function pathOf(to = '/'): string {
  const base = 'http://relumine';
  const isPath = to.length <= LONGEST_TARGET && /^\/(?![/\\])/.test(to) && URL.canParse(to, base);
  const target = isPath ? new URL(to, base) : null;
  return target?.origin === base ? `${target.pathname}${target.search}${target.hash}` : '/';
}

const cookieOptions = ({ protocol }: FastifyRequest) =>
  ({ path: OIDC_PATH, httpOnly: true, sameSite: 'lax', secure: protocol === 'https' }) as const;

function remember(request: FastifyRequest, reply: FastifyReply, memory: Remembered): void {
  const value = Buffer.from(JSON.stringify(memory)).toString('base64url');
  void reply.header(
    'set-cookie',
    stringifySetCookie(COOKIE, value, { ...cookieOptions(request), maxAge: PATIENCE_SECONDS }),
  );
}

const forget = (request: FastifyRequest, reply: FastifyReply): void =>
  void reply.header('set-cookie', stringifySetCookie(COOKIE, '', { ...cookieOptions(request), maxAge: 0 }));

/** Null too for what we have not written: it says nothing that a provider would confirm. */
function recall({ headers }: FastifyRequest): Remembered | null {
  const value = headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[COOKIE];
  if (value === undefined) return null;
  try {
    const memory = JSON.parse(Buffer.from(value, 'base64url').toString()) as Partial<Remembered> | null;
    const { state, nonce, verifier, to } = memory ?? {};
    const isWhole = [state, nonce, verifier, to].every((part) => typeof part === 'string');
    return isWhole ? ({ state, nonce, verifier, to: pathOf(to) } as Remembered) : null;
  } catch {
    return null;
  }
}
