/** Keys of programs. Only a hash of their long part is kept. */
import { KEY_SCOPES, type Key, type KeyScope, type ProjectRole } from '../../vocabulary/index.ts';
import type { Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { cleanLabel } from '../postgres/text.ts';
import type { Identity, KeyStore } from './people-store.ts';
import { ROLES } from './sessions.ts';

interface Row {
  id: string;
  name: string;
  short: string;
  scopes: KeyScope[];
  personId: string;
  personName: string;
  createdAt: Date;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
}

const SELECT = `select k.id, k.name, k.short, k.scopes, k.person_id as "personId", p.name as "personName",
  k.created_at as "createdAt", k.last_used_at as "lastUsedAt", k.expires_at as "expiresAt"
  from api_keys k join people p on p.id = k.person_id where k.revoked_at is null`;

export class Keys implements KeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create({
    personId,
    name,
    short,
    longHash,
    scopes,
    expiresAt,
  }: Parameters<KeyStore['create']>[0]): Promise<Key> {
    const { id, at } = newId('key');
    await this.#database.pool.query(
      `insert into api_keys (id, person_id, name, short, long_hash, scopes, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, personId, cleanLabel(name.trim()), short, longHash, scopes, at, expiresAt],
    );
    return (await this.get(id))!;
  }

  async identify(short: string): Promise<(Identity & { longHash: Uint8Array }) | null> {
    // An owner's key of a smaller scope is a member of every project, and no owner.
    const { rows } = await this.#database.pool.query<{
      credential: string;
      id: string;
      name: string;
      isOwner: boolean;
      roles: Record<string, ProjectRole>;
      scopes: KeyScope[];
      longHash: Uint8Array;
      expiresAt: Date | null;
    }>(
      `select k.id as credential, k.scopes, k.long_hash as "longHash", k.expires_at as "expiresAt",
               p.id, p.name, p.is_owner as "isOwner",
               case when p.is_owner and not 'admin' = any(k.scopes)
                 then (select json_object_agg(id, 'admin') from projects) else ${ROLES} end as roles
             from api_keys k join people p on p.id = k.person_id
             where k.short = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
               and p.disabled_at is null`,
      [short],
    );
    const [row] = rows;
    if (!row) return null;
    const { credential, id, name, isOwner, roles, scopes, longHash, expiresAt } = row;
    const scope = KEY_SCOPES.findLast((known) => scopes.includes(known)) ?? 'read';
    return { credential, person: { id, name }, isOwner, roles, scope, longHash, expiresAt };
  }

  async touch(id: string): Promise<void> {
    await this.#database.pool.query(
      `update api_keys set last_used_at = now()
       where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
      [id],
    );
  }

  async list(personId: string | null, services: boolean): Promise<Key[]> {
    const { rows } = await this.#database.pool.query<Row>(
      `${SELECT} and (k.person_id = $1 or ($2 and p.is_service)) order by k.created_at desc, k.id desc`,
      [personId, services],
    );
    return rows.map(toKey);
  }

  async get(id: string): Promise<Key | null> {
    if (!isId('key', id)) return null;
    const { rows } = await this.#database.pool.query<Row>(`${SELECT} and k.id = $1`, [id]);
    return rows[0] ? toKey(rows[0]) : null;
  }

  async revoke(id: string): Promise<boolean> {
    if (!isId('key', id)) return false;
    const { rowCount } = await this.#database.pool.query(
      'update api_keys set revoked_at = now() where id = $1 and revoked_at is null',
      [id],
    );
    this.#database.tell({ type: 'access' });
    return rowCount === 1;
  }
}

const toKey = ({ short, personId, personName, createdAt, lastUsedAt, expiresAt, ...row }: Row): Key => ({
  id: row.id,
  object: 'key',
  name: row.name,
  prefix: `rlm_${short}`,
  scopes: row.scopes,
  person: { id: personId, name: personName },
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
  expiresAt: expiresAt?.toISOString() ?? null,
});
