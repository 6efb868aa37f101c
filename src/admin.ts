/** What an operator does at the database itself: registers an owner, or gives somebody another password. */
import type { Config } from './config.ts';
import { hashPassword, problemOf } from './people/passwords.ts';
import { newPassword } from './people/tokens.ts';
import { StartFailure } from './start-failure.ts';
import { openStore } from './store/open-store.ts';
import { DataInUse } from './store/postgres/unavailable.ts';
import type { Store } from './store/store.ts';
import type { AuditAction, Person } from './vocabulary/index.ts';

type Place = Pick<Config, 'databaseUrl' | 'dataDir'>;
interface Outcome {
  person: Person;
  /** If it was made here: nobody else knows it. */
  madePassword: string | null;
}

/** Registers an owner. Throws StartFailure for what the operator can mend. */
export const createOwner = (
  place: Place,
  { name, email = null, password }: { name: string; email?: string | null; password: string | null },
): Promise<Outcome> =>
  withStore(place, async (store) => {
    if (name.trim() === '') throw new StartFailure('The name must not be blank.');
    const { plain, passwordHash } = await readPassword(password);
    const registration = await store.people.create({ name, email, passwordHash, isOwner: true });
    if (registration === 'nameTaken' || registration === 'noOwner')
      throw new StartFailure(
        `Somebody is called ${JSON.stringify(name)} already. Give them another password with \`relumine admin password --name ${JSON.stringify(name)}\`.`,
      );
    await note(store, 'person.created', registration.person, { name: registration.person.name, isOwner: true });
    return { person: registration.person, madePassword: password === null ? plain : null };
  });

/** Sets a person's password and ends their sessions. Throws StartFailure. */
export const resetPassword = (
  place: Place,
  { name, password }: { name: string; password: string | null },
): Promise<Outcome> =>
  withStore(place, async (store) => {
    const person = await store.people.find(name);
    if (!person || person.isService) throw new StartFailure(`Nobody is called ${JSON.stringify(name)}.`);
    const { plain, passwordHash } = await readPassword(password);
    await store.people.setPassword(person.id, passwordHash, null);
    await note(store, 'password.changed', person, null);
    return { person, madePassword: password === null ? plain : null };
  });

async function readPassword(given: string | null): Promise<{ plain: string; passwordHash: string }> {
  const problem = given === null ? null : problemOf(given);
  if (problem) throw new StartFailure(`The password ${problem}.`);
  const plain = given ?? newPassword();
  return { plain, passwordHash: await hashPassword(plain) };
}

const note = (store: Store, action: AuditAction, { id }: Person, after: Record<string, unknown> | null) =>
  store.audit.add({
    person: null,
    via: 'command',
    keyId: null,
    address: null,
    action,
    project: null,
    objectId: id,
    before: null,
    after,
  });

async function withStore<T>({ databaseUrl, dataDir }: Place, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ databaseUrl, dataDir }).catch((error: unknown) => {
    if (!(error instanceof DataInUse)) throw error;
    throw new StartFailure(
      `The service is running on the data directory ${dataDir}, which only one process can open. Stop it first; or invite an owner in the running service: \`relumine invite --owner\`.`,
      { cause: error },
    );
  });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
