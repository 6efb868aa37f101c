/** Browsers that are signed in. Only a hash of what is in their cookie is kept. */
import type { ProjectRole, Session } from '../../vocabulary/index.ts';
import type { Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { cleanText } from '../postgres/text.ts';
import type { Identity, SessionStore } from './people-store.ts';

interface Row {
  id: string;
  address: string | null;
  agent: string | null;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
}

const COLUMNS =
  'id, address, agent, created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt"';
/** Browsers send a few hundred characters. */
const LONGEST_AGENT = 500;

/** The roles of a person `p` by project, as JSON. */
export const ROLES =
  "coalesce((select json_object_agg(m.project_id, m.role) from memberships m where m.person_id = p.id), '{}'::json)";

export class Sessions implements SessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create({ personId, tokenHash, address, agent, days }: Parameters<SessionStore['create']>[0]): Promise<Session> {
    const { id, at } = newId('session');
    const { rows } = await this.#database.pool.query<Row>(
      `insert into sessions (id, person_id, token_hash, address, agent, created_at, last_used_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $6, now() + make_interval(days => $7)) returning ${COLUMNS}`,
      [id, personId, tokenHash, address, agent === null ? null : cleanText(agent.slice(0, LONGEST_AGENT)), at, days],
    );
    return { ...toSession(rows[0]!), isCurrent: true };
  }

  async identify(tokenHash: Uint8Array): Promise<Identity | null> {
    const { rows } = await this.#database.pool.query<{
      credential: string;
      id: string;
      name: string;
      isOwner: boolean;
      roles: Record<string, ProjectRole>;
      expiresAt: Date;
    }>(
      `select s.id as credential, s.expires_at as "expiresAt", p.id, p.name, p.is_owner as "isOwner", ${ROLES} as roles
             from sessions s join people p on p.id = s.person_id
             where s.token_hash = $1 and s.expires_at > now() and p.disabled_at is null`,
      [tokenHash],
    );
    const [row] = rows;
    if (!row) return null;
    const { credential, id, name, isOwner, roles, expiresAt } = row;
    return { credential, person: { id, name }, isOwner, roles, scope: 'admin', expiresAt };
  }

  async touch(id: string, days: number): Promise<void> {
    await this.#database.pool.query(
      `update sessions set last_used_at = now(), expires_at = now() + make_interval(days => $2)
       where id = $1 and last_used_at < now() - interval '1 minute' and expires_at > now()`,
      [id, days],
    );
  }

  async list(personId: string): Promise<Omit<Session, 'isCurrent'>[]> {
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from sessions where person_id = $1 and expires_at > now() order by created_at desc, id desc`,
      [personId],
    );
    return rows.map(toSession);
  }

  async end(personId: string, id: string): Promise<boolean> {
    if (!isId('session', id)) return false;
    const { rowCount } = await this.#database.pool.query('delete from sessions where id = $1 and person_id = $2', [
      id,
      personId,
    ]);
    this.#database.tell({ type: 'access' });
    return rowCount === 1;
  }

  async sweep(): Promise<void> {
    await this.#database.pool.query('delete from sessions where expires_at < now()');
  }
}

const toSession = ({ createdAt, lastUsedAt, expiresAt, ...row }: Row): Omit<Session, 'isCurrent'> => ({
  ...row,
  object: 'session',
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
});
