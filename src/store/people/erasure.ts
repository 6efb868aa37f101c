/** What is kept about a person: all of it to take along, and its end. */
import type pg from 'pg';
import { inTransaction, type Database } from '../postgres/database.ts';
import { isId } from '../postgres/ids.ts';
import type { ErasureStore } from './erasure-store.ts';

/** In the audit log, in place of the name. */
const ERASED = 'erased person';

/** What belongs to a person, or names it; $1 is the id. No secret, and no hash of one. */
const EXPORTED = {
  person: `select id, name, email, is_owner as "isOwner", is_service as "isService", responsible, issuer, subject, limits, created_at as "createdAt", disabled_at as "disabledAt" from people where id = $1`,
  membership: `select project_id as project, projects.name, role, memberships.created_at as "createdAt" from memberships join projects on projects.id = project_id where person_id = $1`,
  session: `select id, address, agent, created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt" from sessions where person_id = $1 order by created_at`,
  key: `select id, name, 'rlm_' || short as prefix, scopes, created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt", revoked_at as "revokedAt" from api_keys where person_id = $1 order by created_at`,
  invitation: `select id, email, project_id as project, role, created_at as "createdAt", used_at as "usedAt", created_by = $1 as "isOwn" from invitations where used_by = $1 or created_by = $1 order by created_at`,
  run: `select id, project_id as project, name, experiment, tags, notes, metadata, status, created_at as "createdAt" from runs where created_by = $1 order by created_at, id`,
  dataset: `select id, project_id as project, name, created_at as "createdAt" from datasets where created_by = $1 order by created_at, id`,
  view: `select id, project_id as project, name, page, state, created_at as "createdAt" from views where created_by = $1 order by created_at, id`,
  comment: `select id, run_id as "runId", layer, neuron, text, author_id = $1 as "isOwn", created_at as "createdAt", edited_at as "editedAt" from comments where author_id = $1 or mentions @> array[$1] order by created_at, id`,
  shareLink: `select id, kind, run_ids as "runIds", created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt" from share_links where created_by = $1 order by created_at`,
  webhook: `select id, name, project_id as project, events, created_at as "createdAt" from webhooks where created_by = $1 order by created_at`,
  auditEntry: `select id, at, person_name as "personName", via, key_id as "keyId", address, action, project_id as project, object_id as "objectId", before, after from audit_entries where person_id = $1 or object_id = $1 order by at, id`,
} as const;

/** What stays, without the person; $1 is the id. */
const FORGET = [
  `update audit_entries set before = null, after = null where object_id = $1`,
  `update audit_entries set person_id = null, person_name = '${ERASED}', address = null, key_id = null where person_id = $1`,
  `update comments set mentions = array_remove(mentions, $1) where mentions @> array[$1]`,
  `delete from invitations where used_by = $1 or lower(email) = (select lower(email) from people where id = $1)`,
  `update invitations set created_by = null where created_by = $1`,
  `update share_links set created_by = null where created_by = $1`,
  `update webhooks set created_by = null where created_by = $1`,
  `update people set responsible = null where responsible = $1`,
  `update trials set plan = (plan::jsonb - 'by')::json where plan->>'by' = $1`,
  `delete from answers where position($1 in scope) > 0`,
  `delete from rate_counts where position($1 in key) > 0`,
];

export class Erasures implements ErasureStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *export(id: string): AsyncGenerator<Record<string, unknown>> {
    if (!isId('person', id)) return;
    for (const [type, query] of Object.entries(EXPORTED)) {
      const { rows } = await this.#database.pool.query<Record<string, unknown>>(query, [id]);
      for (const row of rows) yield { type, ...row };
    }
  }

  async erase(id: string): ReturnType<ErasureStore['erase']> {
    if (!isId('person', id)) return 'unknown';
    const outcome = await inTransaction(this.#database.pool, (client) => eraseIn(client, id));
    if (outcome === 'erased') this.#database.tell({ type: 'access' });
    return outcome;
  }
}

async function eraseIn(client: pg.PoolClient, id: string): ReturnType<ErasureStore['erase']> {
  // Two owners who erase one another at the same time wait for each other here.
  const { rows: owners } = await client.query<{ id: string }>(
    `select id from people where is_owner and not is_service and disabled_at is null order by id for update`,
  );
  if (owners.length === 1 && owners[0]?.id === id) return 'lastOwner';
  for (const statement of FORGET) await client.query(statement, [id]);
  // What the person made stays: the references to it become null. Sessions, keys and memberships go.
  const { rowCount } = await client.query('delete from people where id = $1', [id]);
  return rowCount === 1 ? 'erased' : 'unknown';
}
