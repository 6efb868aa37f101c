/** What the routes about people share. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RelumineError } from '../errors.ts';
import type { Caller } from '../people/caller.ts';
import type { Callers } from '../people/callers.ts';
import { describeCaller } from '../people/me.ts';
import { hashOf, newToken } from '../people/tokens.ts';
import type { Registration } from '../store/store.ts';
import { readTime, type Me, type Person } from '../vocabulary/index.ts';
import type { Stations } from './route.ts';
import { setSessionCookie } from './session-cookie.ts';

export interface PeopleOptions extends Stations {
  callers: Callers;
  /** How long a browser stays signed in after its last request. */
  sessionDays: number;
  /** Where browsers find the service; null: where the request was sent to. */
  publicUrl: string | null;
  /** The name of the OIDC provider; null if there is none. */
  oidcName: string | null;
}
export type PeopleRoutes = FastifyPluginAsyncTypebox<PeopleOptions>;

/** An answer with a secret in it, which is kept for no repeated request. */
export const SECRET = { isSecret: true } as const;

/** Throws WRONG_STATE where nobody is registered. */
export function personOf({ person }: Caller): NonNullable<Caller['person']> {
  if (person) return person;
  throw new RelumineError(
    'WRONG_STATE',
    'Nobody is registered here, so everything is open. Register an owner first: relumine admin create --name NAME.',
  );
}

/** Throws INVALID_REQUEST for one field. */
export function refuse(path: string, message: string, expected: string): never {
  throw new RelumineError('INVALID_REQUEST', `The request is not valid: ${path} ${message}.`, {
    details: [{ path, message, expected }],
  });
}

/** Null if there is none. Throws INVALID_REQUEST unless it is in the future. */
export function readExpiry(expiresAt: string | null | undefined): string | null {
  if (expiresAt === undefined || expiresAt === null) return null;
  const at = readTime(expiresAt);
  if (at === undefined || at.getTime() <= Date.now())
    return refuse('expiresAt', 'must be a time in the future', 'a time in ISO 8601, such as 2027-01-31T00:00:00Z');
  return at.toISOString();
}

/** Sets the cookie of a new session. The token is in the cookie only. */
export async function openSession(
  request: FastifyRequest,
  reply: FastifyReply,
  { store, callers, sessionDays }: Pick<PeopleOptions, 'store' | 'callers' | 'sessionDays'>,
  person: Pick<Person, 'id'>,
): Promise<Me> {
  const token = newToken();
  await store.sessions.create({
    personId: person.id,
    tokenHash: hashOf(token),
    address: request.ip,
    agent: request.headers['user-agent'] ?? null,
    days: sessionDays,
  });
  callers.forget();
  setSessionCookie(request, reply, token, sessionDays);
  request.caller = await callers.of({ kind: 'session', secret: token });
  return describeCaller(store, request.caller);
}

/** Where browsers find the service, without a slash at the end. */
export const originOf = (
  { protocol, host }: Pick<FastifyRequest, 'protocol' | 'host'>,
  { publicUrl }: Pick<PeopleOptions, 'publicUrl'>,
): string => publicUrl ?? `${protocol}://${host}`;

/** Throws INVALID_REQUEST for a name that nobody could tell from another, or an address that is none. */
export function checkPerson({ name, email }: { name?: string | undefined; email?: string | null | undefined }): void {
  if (name !== undefined && (name.trim() === '' || /\p{Cc}/u.test(name)))
    refuse('name', 'must be letters and digits', 'a name such as Ada');
  if (email !== undefined && email !== null && !/^[^@\s]+@[^@\s]+$/.test(email))
    refuse('email', 'must be an e-mail address', 'an e-mail address');
}

/** Throws NAME_TAKEN, or WRONG_STATE where an owner has to be registered first. */
export function registered(registration: Registration): Person {
  if (registration === 'nameTaken') throw nameTaken();
  if (registration === 'noOwner') throw new RelumineError('WRONG_STATE', 'The first person has to be an owner.');
  return registration.person;
}
export const nameTaken = () =>
  new RelumineError('NAME_TAKEN', 'Somebody has this name already. Upper and lower case make no difference.');
