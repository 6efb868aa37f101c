/** The audit log: a table to which rows are added, and which refers to nothing, so that it outlives what it names. */
import type { AuditAction, AuditEntry, AuditState, AuditVia } from '../../vocabulary/index.ts';
import { bindings, type Bind } from '../postgres/bindings.ts';
import { pageOf, readCursor } from '../postgres/cursor.ts';
import type { Database } from '../postgres/database.ts';
import { newId } from '../postgres/ids.ts';
import { prepared } from '../postgres/prepared.ts';
import { cleanText, toJson } from '../postgres/text.ts';
import { Together } from '../postgres/together.ts';
import type { Page } from '../store.ts';
import type { AuditSelection, AuditStore, NewAuditEntry } from './audit-store.ts';

interface Row {
  id: string;
  at: Date;
  personId: string | null;
  personName: string | null;
  via: AuditVia;
  keyId: string | null;
  address: string | null;
  action: AuditAction;
  project: string | null;
  objectType: string;
  objectId: string;
  before: AuditState | null;
  after: AuditState | null;
}

const COLUMNS = `id, at, person_id as "personId", person_name as "personName", via, key_id as "keyId", address, action,
  project_id as project, object_type as "objectType", object_id as "objectId", before, after`;

const MOST_AT_ONCE = 64;
const ADD =
  prepared(`insert into audit_entries (id, at, person_id, person_name, via, key_id, address, action, project_id, object_type, object_id, before, after)
  select * from json_to_recordset($1::json) as entry (id text, at timestamptz, person_id text, person_name text, via text, key_id text, address text,
    action text, project_id text, object_type text, object_id text, before json, after json)`);

export class Audit implements AuditStore {
  readonly #database: Database;
  readonly #added = new Together<Record<string, unknown>, void>({
    send: async (rows) => {
      await this.#database.pool.query({ ...ADD, values: [toJson(rows)] });
      return rows.map(() => undefined);
    },
    most: MOST_AT_ONCE,
  });

  constructor(database: Database) {
    this.#database = database;
  }

  add({ person, via, keyId, address, action, project, objectId, before, after }: NewAuditEntry): Promise<void> {
    const { id, at } = newId('audit');
    return this.#added.ask({
      id,
      at,
      person_id: person?.id ?? null,
      person_name: person?.name ?? null,
      via,
      key_id: keyId,
      address,
      action,
      project_id: project,
      object_type: action.replace(/\..*$/, ''),
      object_id: cleanText(objectId),
      before,
      after,
    });
  }

  async list(query: AuditSelection & { after?: string; limit: number }): Promise<Page<AuditEntry>> {
    const { values, bind } = bindings();
    const where = conditionsOf(query, bind);
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from audit_entries where ${where.join(' and ')} order by at desc, id desc limit ${bind(query.limit + 1)}`,
      values,
    );
    return pageOf(rows, query.limit, toEntry);
  }
}

function conditionsOf(
  { projects, person, actions, objectId, from, to, after }: AuditSelection & { after?: string },
  bind: Bind,
): string[] {
  const conditions = ['true'];
  if (projects !== null) conditions.push(`project_id = any(${bind(projects)})`);
  if (person !== undefined) {
    const text = bind(cleanText(person));
    conditions.push(`(person_id = ${text} or person_name = ${text})`);
  }
  if (actions !== undefined) conditions.push(`action = any(${bind(actions)})`);
  if (objectId !== undefined) conditions.push(`object_id = ${bind(cleanText(objectId))}`);
  if (from !== undefined) conditions.push(`at >= ${bind(from)}`);
  if (to !== undefined) conditions.push(`at < ${bind(to)}`);
  if (after !== undefined)
    conditions.push(`(at, id) < (select at, id from audit_entries where id = ${bind(readCursor('audit', after))})`);
  return conditions;
}

const toEntry = ({ at, personId, personName, ...row }: Row): AuditEntry => ({
  ...row,
  object: 'auditEntry',
  at: at.toISOString(),
  person: personId === null ? null : { id: personId, name: personName ?? '' },
});
