/** Registers people in a service under test, and lets them in. */
import { RelumineClient } from '../../src/client/index.ts';
import { hashPassword } from '../../src/people/passwords.ts';
import { hashOf, newKey } from '../../src/people/tokens.ts';
import type { KeyScope, Person } from '../../src/vocabulary/index.ts';
import { ask, type Answer, type TestService } from './service.ts';

export const PASSWORD = 'correct horse battery staple';

/** One hash for all of them: it takes time by design. */
let hash: Promise<string> | null = null;
const passwordHash = (): Promise<string> => (hash ??= hashPassword(PASSWORD));

type Stores = Pick<TestService, 'stations'>;

/** The first person has to be an owner. */
export async function register(
  { stations }: Stores,
  name: string,
  more: { isOwner?: boolean; isService?: boolean; email?: string } = {},
): Promise<Person> {
  const registration = await stations.store.people.create({ name, passwordHash: await passwordHash(), ...more });
  if (typeof registration === 'string') throw new Error(`${name}: ${registration}`);
  return registration.person;
}

/** A key of a person, as `rlm_...`. */
export async function keyOf(
  { stations }: Stores,
  person: Pick<Person, 'id'>,
  scope: KeyScope = 'admin',
): Promise<string> {
  const { key, short, long } = newKey();
  const { id: personId } = person;
  await stations.store.keys.create({
    personId,
    name: 'test',
    short,
    longHash: hashOf(long),
    scopes: [scope],
    expiresAt: null,
  });
  return key;
}

export const clientOf = (service: TestService, apiKey: string): RelumineClient =>
  new RelumineClient(service.url, { apiKey });

/** The cookie of a new session, as a request carries it. */
export async function signIn({ url }: Pick<TestService, 'url'>, name: string, password = PASSWORD): Promise<string> {
  const answer = await ask(`${url}/v1/session`, { json: { name, password } });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return cookieOf(answer);
}

export const cookieOf = ({ headers }: Answer): string => (headers.get('set-cookie') ?? '').split(';')[0] ?? '';
