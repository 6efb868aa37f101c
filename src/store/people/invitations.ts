/** Links with which people register or join a project. Only a hash of their secret part is kept. */
import type { Invitation, ProjectRole } from '../../vocabulary/index.ts';
import { inTransaction, type Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { cleanText } from '../postgres/text.ts';
import { findPerson, register } from './people.ts';
import type { InvitationStore, NewPerson, Registration } from './people-store.ts';

interface Row {
  id: string;
  email: string | null;
  project: string | null;
  role: ProjectRole | null;
  asOwner: boolean;
  createdAt: Date;
  expiresAt: Date;
  usedAt: Date | null;
  projectName: string | null;
  inviterId: string | null;
  inviter: string | null;
}

const SELECT = `select i.id, i.email, i.project_id as project, i.role, i.as_owner as "asOwner",
  i.created_at as "createdAt", i.expires_at as "expiresAt", i.used_at as "usedAt", j.name as "projectName",
  p.id as "inviterId", p.name as inviter
  from invitations i left join projects j on j.id = i.project_id left join people p on p.id = i.created_by`;
/** What nobody made is for the first person: it was made before anybody was registered. */
const USABLE = `i.used_at is null and i.expires_at > now()
  and (i.created_by is not null or not exists (select 1 from people))`;

export class Invitations implements InvitationStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create({
    tokenHash,
    email,
    project,
    role,
    asOwner,
    createdBy,
    expiresAt,
  }: Parameters<InvitationStore['create']>[0]): Promise<Invitation> {
    const { id, at } = newId('invitation');
    await this.#database.pool.query(
      `insert into invitations (id, token_hash, email, project_id, role, as_owner, created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, tokenHash, email === null ? null : cleanText(email), project, role, asOwner, createdBy, at, expiresAt],
    );
    return (await this.get(id))!;
  }

  async list(projects: readonly string[] | null): Promise<Invitation[]> {
    const { rows } = await this.#database.pool.query<Row>(
      `${SELECT} where $1::text[] is null or i.project_id = any($1) order by i.created_at desc, i.id desc`,
      [projects],
    );
    return rows.map(toInvitation);
  }

  async get(id: string): Promise<Invitation | null> {
    if (!isId('invitation', id)) return null;
    const { rows } = await this.#database.pool.query<Row>(`${SELECT} where i.id = $1`, [id]);
    return rows[0] ? toInvitation(rows[0]) : null;
  }

  async revoke(id: string): Promise<boolean> {
    if (!isId('invitation', id)) return false;
    const { rowCount } = await this.#database.pool.query('delete from invitations where id = $1', [id]);
    return rowCount === 1;
  }

  async open(tokenHash: Uint8Array): Promise<Invitation | null> {
    const { rows } = await this.#database.pool.query<Row>(`${SELECT} where ${USABLE} and i.token_hash = $1`, [
      tokenHash,
    ]);
    return rows[0] ? toInvitation(rows[0]) : null;
  }

  async forEmail(email: string): Promise<Invitation | null> {
    const { rows } = await this.#database.pool.query<Row>(
      `${SELECT} where ${USABLE} and lower(i.email) = lower($1) order by i.created_at desc, i.id desc limit 1`,
      [cleanText(email)],
    );
    return rows[0] ? toInvitation(rows[0]) : null;
  }

  async use(id: string, who: NewPerson | { id: string }): Promise<Registration | null> {
    const outcome = await inTransaction(this.#database.pool, async (client): Promise<Registration | null> => {
      const { rows } = await client.query<Row>(`${SELECT} where ${USABLE} and i.id = $1 for update of i`, [id]);
      const [invitation] = rows;
      if (!invitation) return null;
      const registration = 'id' in who ? null : await register(client, { ...who, isOwner: invitation.asOwner });
      if (typeof registration === 'string') return registration;
      const personId = 'id' in who ? who.id : registration!.person.id;
      if (invitation.asOwner) await client.query('update people set is_owner = true where id = $1', [personId]);
      if (invitation.project !== null) {
        // A link never takes a role away.
        await client.query(
          `insert into memberships as m (project_id, person_id, role, created_at) values ($1, $2, $3, now())
           on conflict (project_id, person_id) do update set role = greatest(m.role, excluded.role)`,
          [invitation.project, personId, invitation.role ?? 'viewer'],
        );
      }
      await client.query('update invitations set used_at = now(), used_by = $2 where id = $1', [id, personId]);
      return registration ?? { person: (await findPerson(client, 'id = $1', personId))! };
    });
    this.#database.tell({ type: 'access' });
    return outcome;
  }
}

const toInvitation = ({ inviterId, inviter, createdAt, expiresAt, usedAt, ...row }: Row): Invitation => ({
  id: row.id,
  object: 'invitation',
  email: row.email,
  project: row.project,
  projectName: row.projectName,
  role: row.role,
  asOwner: row.asOwner,
  createdBy: inviterId === null || inviter === null ? null : { id: inviterId, name: inviter },
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  usedAt: usedAt?.toISOString() ?? null,
});
