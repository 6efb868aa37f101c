/** Signs people in with a password, and slows down whoever guesses one. */
import { isIPv6 } from 'node:net';
import { RelumineError } from '../errors.ts';
import type { Slowness, Store } from '../store/store.ts';
import type { Person, SignInRequest } from '../vocabulary/index.ts';
import { checkPassword } from './passwords.ts';
import { hashOf } from './tokens.ts';

/**
 * Attempts for one name from one address; so nobody can lock a person out from elsewhere. Of an address, for any names:
 * more, because an office may share one.
 */
const OF_NAME: Slowness = { free: 5, longestWaitSeconds: 900 };
const OF_ADDRESS: Slowness = { free: 30, longestWaitSeconds: 900 };

/** Throws UNAUTHENTICATED or RATE_LIMITED, the same whether the name exists or not. */
export async function signIn(
  store: Pick<Store, 'people' | 'attempts'>,
  { name, password }: SignInRequest,
  address: string,
): Promise<Person> {
  const attempt = await slowSignIn(store, name, address);
  const found = await store.people.forSignIn(name);
  const isRight = await checkPassword(found?.passwordHash ?? null, password);
  if (!found || !isRight) throw new RelumineError('UNAUTHENTICATED', 'The name or the password is wrong.');
  await attempt.succeeded();
  return found.person;
}

/** Counts an attempt to know a person's password. Throws RATE_LIMITED. */
export async function slowSignIn(
  store: Pick<Store, 'attempts'>,
  name: string,
  address: string,
): Promise<{ succeeded: () => Promise<void> }> {
  const from = networkOf(address);
  // Names are hashed: what is typed there may be a password.
  const ofName = `sign-in ${from} ${hashOf(name.trim().normalize('NFKC').toLowerCase()).toString('base64url')}`;
  await slowDown(store, ofName, OF_NAME);
  await slowDown(store, `sign-in ${from}`, OF_ADDRESS);
  return { succeeded: () => store.attempts.forget(ofName) };
}

/** Counts the attempt, or throws RATE_LIMITED. */
export async function slowDown(store: Pick<Store, 'attempts'>, key: string, slowness: Slowness): Promise<void> {
  const { waitSeconds } = await store.attempts.begin(key, slowness);
  if (waitSeconds === 0) return;
  throw new RelumineError('RATE_LIMITED', `Too many attempts. Try again in ${waitSeconds} s.`, {
    retryAfter: waitSeconds,
  });
}

/** Who has an IPv6 address usually has all of the 2^64 that begin in the same way. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const middle = plain.includes('::') ? Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0') : [];
  return `${[...left, ...middle, ...right]
    .slice(0, 4)
    .map((part) => part.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
