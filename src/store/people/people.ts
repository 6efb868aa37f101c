/** People and service accounts. */
import type pg from 'pg';
import type { Person, PersonPatch } from '../../vocabulary/index.ts';
import { keepMade } from '../answers.ts';
import { inTransaction, type Database } from '../postgres/database.ts';
import { sqlState, UNIQUE_VIOLATION } from '../postgres/sql-state.ts';
import { isId, newId } from '../postgres/ids.ts';
import { cleanLabel, cleanText } from '../postgres/text.ts';
import type { AnswerKey } from '../store.ts';
import { nameKey } from './name-key.ts';
import type { NewPerson, OidcSubject, PeopleStore, Registration } from './people-store.ts';

interface Row {
  id: string;
  name: string;
  email: string | null;
  isOwner: boolean;
  isService: boolean;
  responsible: string | null;
  responsibleName: string | null;
  passwordHash: string | null;
  createdAt: Date;
  disabledAt: Date | null;
}

const COLUMNS = `people.id, people.name, people.email, people.is_owner as "isOwner", people.is_service as "isService",
  people.responsible, (select r.name from people r where r.id = people.responsible) as "responsibleName",
  people.created_at as "createdAt", people.disabled_at as "disabledAt"`;
const ACTIVE_OWNER = 'is_owner and not is_service and disabled_at is null';

export class People implements PeopleStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async isEmpty(): Promise<boolean> {
    const { rows } = await this.#database.pool.query('select 1 from people limit 1');
    return rows.length === 0;
  }

  async create(person: NewPerson, answer?: AnswerKey | null): Promise<Registration> {
    const registration = await inTransaction(this.#database.pool, async (client) => {
      const made = await register(client, person);
      if (typeof made === 'object') await keepMade(client, this.#database, answer, made.person.id);
      return made;
    });
    this.#database.tell({ type: 'access' });
    return registration;
  }

  async get(id: string): Promise<Person | null> {
    return isId('person', id) ? this.#one('id = $1', id) : null;
  }

  async find(idOrName: string): Promise<Person | null> {
    return (await this.get(idOrName)) ?? (await this.#one('name_key = $1', nameKey(cleanText(idOrName))));
  }

  async forSignIn(nameOrEmail: string): Promise<{ person: Person; passwordHash: string | null } | null> {
    const { rows } = await this.#database.pool.query<Row & { key: string }>(
      `select ${COLUMNS}, password_hash as "passwordHash", name_key as key from people
       where (name_key = $1 or lower(email) = $1) and disabled_at is null and not is_service limit 3`,
      [nameKey(cleanText(nameOrEmail))],
    );
    const row = rows.find(({ key }) => key === nameKey(cleanText(nameOrEmail))) ?? (rows.length === 1 ? rows[0] : null);
    return row ? { person: toPerson(row), passwordHash: row.passwordHash } : null;
  }

  ofSubject({ issuer, subject }: OidcSubject): Promise<Person | null> {
    return this.#one('issuer = $1 and subject = $2', issuer, subject);
  }

  async passwordHash(id: string): Promise<string | null> {
    const { rows } = await this.#database.pool.query<{ hash: string | null }>(
      'select password_hash as hash from people where id = $1',
      [id],
    );
    return rows[0]?.hash ?? null;
  }

  async list(): Promise<Person[]> {
    const { rows } = await this.#database.pool.query<Row>(`select ${COLUMNS} from people order by created_at, id`);
    return rows.map(toPerson);
  }

  async change(
    id: string,
    { name, email, isOwner, disabled, limits }: PersonPatch,
  ): Promise<{ person: Person } | 'lastOwner' | 'nameTaken' | null> {
    if (!isId('person', id)) return null;
    try {
      const changed = await inTransaction(this.#database.pool, async (client) => {
        // Two owners who remove one another at the same time wait for each other here.
        const owners = await client.query<{ id: string }>(
          `select id from people where ${ACTIVE_OWNER} order by id for update`,
        );
        const isLast = owners.rows.length === 1 && owners.rows[0]?.id === id;
        if (isLast && (isOwner === false || disabled === true)) return 'lastOwner';
        const { rows } = await client.query<Row>(
          `update people set name = coalesce($2, name), name_key = coalesce($3, name_key),
             email = case when $4 then $5 else email end, is_owner = coalesce($6, is_owner) and not is_service,
             disabled_at = case when $7::boolean is null then disabled_at when $7 then coalesce(disabled_at, now()) end,
             limits = coalesce($8::jsonb, limits)
           where id = $1 returning ${COLUMNS}`,
          [
            id,
            name === undefined ? null : cleanLabel(name.trim()),
            name === undefined ? null : nameKey(cleanText(name)),
            email !== undefined,
            email ?? null,
            isOwner ?? null,
            disabled ?? null,
            limits === undefined ? null : JSON.stringify(limits),
          ],
        );
        return rows[0] ? { person: toPerson(rows[0]) } : null;
      });
      this.#database.tell({ type: 'access' });
      return changed;
    } catch (error) {
      if (sqlState(error) === UNIQUE_VIOLATION) return 'nameTaken';
      throw error;
    }
  }

  async setPassword(id: string, passwordHash: string, keepSession: string | null): Promise<void> {
    await inTransaction(this.#database.pool, async (client) => {
      await client.query('update people set password_hash = $2 where id = $1', [id, passwordHash]);
      await client.query('delete from sessions where person_id = $1 and id is distinct from $2', [id, keepSession]);
    });
    this.#database.tell({ type: 'access' });
  }

  #one(condition: string, ...values: string[]): Promise<Person | null> {
    return findPerson(this.#database.pool, condition, ...values);
  }
}

export async function findPerson(
  client: Pick<pg.ClientBase, 'query'>,
  condition: string,
  ...values: string[]
): Promise<Person | null> {
  const { rows } = await client.query<Row>(`select ${COLUMNS} from people where ${condition}`, values.map(cleanText));
  return rows[0] ? toPerson(rows[0]) : null;
}

/** Without a hint to other processes. */
export async function register(
  client: Pick<pg.ClientBase, 'query'>,
  { name, email = null, passwordHash = null, isOwner = false, isService = false, responsible = null, oidc }: NewPerson,
): Promise<Registration> {
  const { id, at } = newId('person');
  // A conflict is no error here: an error would end the transaction that this may be part of.
  const { rows } = await client.query<Row>(
    `insert into people (id, name, name_key, email, password_hash, is_owner, is_service, responsible, issuer, subject, created_at)
     select $1, $2, $3, $4, $5, $6::boolean, $7::boolean, $8, $9, $10, $11::timestamptz where $6 or exists (select 1 from people where ${ACTIVE_OWNER})
     on conflict do nothing returning ${COLUMNS}`,
    [
      id,
      cleanLabel(name.trim()),
      nameKey(cleanText(name)),
      email,
      passwordHash,
      isOwner,
      isService,
      responsible,
      oidc?.issuer ?? null,
      oidc?.subject ?? null,
      at,
    ],
  );
  if (rows[0]) return { person: toPerson(rows[0]) };
  const owners = await client.query(`select 1 from people where ${ACTIVE_OWNER} limit 1`);
  return owners.rows.length === 0 ? 'noOwner' : 'nameTaken';
}

const toPerson = (row: Row): Person => ({
  id: row.id,
  object: 'person',
  name: row.name,
  email: row.email,
  isOwner: row.isOwner,
  isService: row.isService,
  responsible:
    row.responsible === null || row.responsibleName === null
      ? null
      : { id: row.responsible, name: row.responsibleName },
  createdAt: row.createdAt.toISOString(),
  disabledAt: row.disabledAt?.toISOString() ?? null,
});
