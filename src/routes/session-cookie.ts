/** The cookie of a browser that is signed in. Scripts cannot read it, and no other site can send it. */
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

const NAME = 'relumine_session';
const OPTIONS = { path: '/', httpOnly: true, sameSite: 'lax' } as const;
const DAY_SECONDS = 24 * 3600;

/** The token in the cookie; null if there is none. */
export const readSessionCookie = ({ headers }: Pick<FastifyRequest, 'headers'>): string | null =>
  (headers.cookie === undefined ? null : parseCookie(headers.cookie)[NAME]) ?? null;

/** `protocol` is that of the browser, if TRUST_PROXY says whom to believe it. */
export function setSessionCookie(
  { protocol }: Pick<FastifyRequest, 'protocol'>,
  reply: FastifyReply,
  token: string,
  days: number,
): void {
  const cookie = stringifySetCookie(NAME, token, {
    ...OPTIONS,
    secure: protocol === 'https',
    maxAge: days * DAY_SECONDS,
  });
  void reply.header('set-cookie', cookie);
}

export const clearSessionCookie = (reply: FastifyReply): void =>
  void reply.header('set-cookie', stringifySetCookie(NAME, '', { ...OPTIONS, maxAge: 0 }));
