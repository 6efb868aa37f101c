/** Projects and their members. */
import { RelumineError } from '../../errors.ts';
import { DEFAULT_PROJECT, type Member, type ProjectPatch, type ProjectRole } from '../../vocabulary/index.ts';
import { makeNoted } from '../answers.ts';
import { inTransaction, type Database } from '../postgres/database.ts';
import { FOREIGN_KEY_VIOLATION, isStillReferred, sqlState, UNIQUE_VIOLATION } from '../postgres/sql-state.ts';
import { isId, newId } from '../postgres/ids.ts';
import { cleanLabel, cleanText, toJsonOrNull } from '../postgres/text.ts';
import { nameKey } from './name-key.ts';
import type { AnswerKey } from '../store.ts';
import type { ProjectStore, Sight, StoredProject } from './project-store.ts';

type Row = Omit<StoredProject, 'object' | 'createdAt'> & { createdAt: Date };
interface MemberRow {
  id: string;
  name: string;
  role: ProjectRole;
  createdAt: Date;
}

const COLUMNS = 'id, name, limits, retention, created_at as "createdAt"';
/** In an order in which nothing refers to what is gone already. */
const CONTENTS = ['runs', 'datasets', 'views'] as const;

export class Projects implements ProjectStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(name: string, answer?: AnswerKey | null): Promise<StoredProject> {
    const { id, at } = newId('project');
    const row = await this.#named(name, () =>
      makeNoted(this.#database, answer, id, async (client) => {
        const { rows } = await client.query<Row>(
          `insert into projects (id, name, name_key, created_at) values ($1, $2, $3, $4) returning ${COLUMNS}`,
          [id, cleanLabel(name.trim()), nameKey(cleanText(name)), at],
        );
        return rows[0];
      }),
    );
    // A key of an owner may see it.
    this.#database.tell({ type: 'access' });
    return toProject(row!);
  }

  async find(idOrName: string, sight: Sight): Promise<StoredProject | null> {
    const text = cleanText(idOrName);
    const [row] = await this.#query<Row>(
      `select ${COLUMNS} from projects where (id = $1 or name_key = $2) and ($3::text[] is null or id = any($3))
        order by id = $1 desc limit 1`,
      [text, nameKey(text), sight],
    );
    return row ? toProject(row) : null;
  }

  async list(sight: Sight): Promise<StoredProject[]> {
    const rows = await this.#query<Row>(
      `select ${COLUMNS} from projects where $1::text[] is null or id = any($1) order by name_key, id`,
      [sight],
    );
    return rows.map(toProject);
  }

  async change(id: string, { name, limits, retention }: ProjectPatch): Promise<StoredProject | null> {
    if (!isProject(id)) return null;
    const [row] = await this.#named(name ?? '', () =>
      this.#query<Row>(
        `update projects set name = coalesce($2, name), name_key = coalesce($3, name_key),
          limits = coalesce($4::jsonb, limits), retention = coalesce($5::jsonb, retention) where id = $1 returning ${COLUMNS}`,
        [
          id,
          name === undefined ? null : cleanLabel(name.trim()),
          name === undefined ? null : nameKey(cleanText(name)),
          toJsonOrNull(limits),
          toJsonOrNull(retention),
        ],
      ),
    );
    return row ? toProject(row) : null;
  }

  async holdings(id: string): ReturnType<ProjectStore['holdings']> {
    const [row] = await this.#query<Record<(typeof CONTENTS)[number], number>>(
      `select ${CONTENTS.map((table) => `(select count(*)::int from ${table} where project_id = $1) as ${table}`).join(', ')}`,
      [id],
    );
    return row!;
  }

  async delete(id: string, withAll: boolean): Promise<boolean> {
    if (!isProject(id) || id === DEFAULT_PROJECT) return false;
    let isDeleted: boolean;
    try {
      isDeleted = await inTransaction(this.#database.pool, async (client) => {
        if (withAll)
          for (const table of CONTENTS) await client.query(`delete from ${table} where project_id = $1`, [id]);
        return (await client.query('delete from projects where id = $1', [id])).rowCount === 1;
      });
    } catch (error) {
      if (isStillReferred(error)) return false; // Something is in it, or has just come in.
      throw error;
    }
    if (isDeleted) this.#database.tell({ type: 'access' });
    return isDeleted;
  }

  async members(id: string): Promise<Member[]> {
    const rows = await this.#query<MemberRow>(
      `select people.id, people.name, role, memberships.created_at as "createdAt"
        from memberships join people on people.id = person_id where project_id = $1 order by people.name_key, people.id`,
      [id],
    );
    return rows.map(toMember);
  }

  async setMember(id: string, personId: string, role: ProjectRole): ReturnType<ProjectStore['setMember']> {
    if (!isProject(id) || !isId('person', personId)) return null;
    try {
      const [row] = await this.#query<MemberRow & { isNew: boolean }>(
        `with changed as (insert into memberships (project_id, person_id, role, created_at) values ($1, $2, $3, $4)
            on conflict (project_id, person_id) do update set role = excluded.role returning *, xmax = 0 as is_new)
          select people.id, people.name, role, is_new as "isNew", changed.created_at as "createdAt" from changed join people on people.id = person_id`,
        [id, personId, role, new Date()],
      );
      this.#database.tell({ type: 'access' });
      return row ? { member: toMember(row), isNew: row.isNew } : null;
    } catch (error) {
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) return null;
      throw error;
    }
  }

  async removeMember(id: string, personId: string): Promise<boolean> {
    const { rowCount } = await this.#database.pool.query(
      'delete from memberships where project_id = $1 and person_id = $2',
      [cleanText(id), cleanText(personId)],
    );
    if (rowCount === 1) this.#database.tell({ type: 'access' });
    return rowCount === 1;
  }

  async #query<Row extends object>(sql: string, values: unknown[]): Promise<Row[]> {
    return (await this.#database.pool.query<Row>(sql, values)).rows;
  }

  async #named<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
      throw new RelumineError('NAME_TAKEN', `There is a project with the name ${JSON.stringify(name.trim())} already.`);
    }
  }
}

const isProject = (id: string): boolean => id === DEFAULT_PROJECT || isId('project', id);

const toProject = ({ createdAt, ...row }: Row): StoredProject => ({
  ...row,
  object: 'project',
  createdAt: createdAt.toISOString(),
});
const toMember = ({ id, name, role, createdAt }: MemberRow): Member => ({
  object: 'member',
  person: { id, name },
  role,
  createdAt: createdAt.toISOString(),
});
