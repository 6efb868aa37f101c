/** Links by which whoever has one reads one thing. Only a hash of their random part is kept. */
import type { PersonName, ShareKind, ShareLink } from '../../vocabulary/index.ts';
import type { Database } from '../postgres/database.ts';
import { isId, newId } from '../postgres/ids.ts';
import { cleanText } from '../postgres/text.ts';
import type { SharedBy, ShareLinkStore } from './sharing-store.ts';

interface Row {
  id: string;
  kind: ShareKind;
  project: string;
  runs: string[];
  createdBy: PersonName | null;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

const COLUMNS = `id, kind, project_id as project, run_ids as runs,
  (select json_build_object('id', people.id, 'name', people.name) from people where people.id = created_by) as "createdBy",
  created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt", last_used_at as "lastUsedAt"`;

export class ShareLinks implements ShareLinkStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create({
    tokenHash,
    kind,
    project,
    runs,
    createdBy,
    expiresAt,
  }: Parameters<ShareLinkStore['create']>[0]): Promise<ShareLink> {
    const { id, at } = newId('share');
    const { rows } = await this.#database.pool.query<Row>(
      `insert into share_links (id, project_id, token_hash, kind, run_ids, created_by, created_at, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${COLUMNS}`,
      [id, project, tokenHash, kind, runs, createdBy, at, expiresAt],
    );
    return toLink(rows[0]!);
  }

  async list(projects: readonly string[] | null, run?: string): Promise<ShareLink[]> {
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from share_links where ($1::text[] is null or project_id = any($1))
        and ($2::text[] is null or run_ids @> $2) order by created_at desc, id desc`,
      [projects, run === undefined ? null : [cleanText(run)]],
    );
    return rows.map(toLink);
  }

  async get(id: string, projects: readonly string[] | null = null): Promise<ShareLink | null> {
    if (!isId('share', id)) return null;
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from share_links where id = $1 and ($2::text[] is null or project_id = any($2))`,
      [id, projects],
    );
    return rows[0] ? toLink(rows[0]) : null;
  }

  async revoke(id: string): Promise<boolean> {
    if (!isId('share', id)) return false;
    const { rowCount } = await this.#database.pool.query(
      'update share_links set revoked_at = $2 where id = $1 and revoked_at is null',
      [id, new Date()],
    );
    this.#database.tell({ type: 'access' });
    return rowCount === 1;
  }

  async identify(tokenHash: Uint8Array): Promise<SharedBy | null> {
    // What was moved to another project is not shared any more.
    const { rows } = await this.#database.pool.query<SharedBy>(
      `select id as credential, expires_at as "expiresAt", array(
          select runs.id from runs where runs.id = any(run_ids) and runs.project_id = link.project_id
          union all
          select runs.id from runs join trials on trials.id = runs.trials_id
            where kind = 'trials' and trials.run_id = any(run_ids) and runs.project_id = link.project_id) as runs
        from share_links link
        where token_hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`,
      [tokenHash],
    );
    return rows[0] ?? null;
  }

  async touch(id: string): Promise<void> {
    await this.#database.pool.query(
      `update share_links set last_used_at = now()
      where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
      [id],
    );
  }
}

const toLink = ({ createdAt, expiresAt, revokedAt, lastUsedAt, ...row }: Row): ShareLink => ({
  ...row,
  object: 'shareLink',
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});
