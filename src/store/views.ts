/** Saved views of the dashboard. */
import type { NewView, View, ViewPage, ViewPatch } from '../vocabulary/index.ts';
import { makeNoted } from './answers.ts';
import type { Database } from './postgres/database.ts';
import { isId, newId } from './postgres/ids.ts';
import { cleanLabel, cleanText } from './postgres/text.ts';
import { CREATED_BY, NO_ORIGIN } from './postgres/origin.ts';
import type { Origin, Sight, ViewStore } from './store.ts';

type Row = Omit<View, 'object' | 'createdAt'> & { createdAt: Date };

const COLUMNS = `id, project_id as project, ${CREATED_BY}, name, page, state, created_at as "createdAt"`;

export class Views implements ViewStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create({ name, page, state }: Omit<NewView, 'project'>, origin: Origin = NO_ORIGIN): Promise<View> {
    const { id, at } = newId('view');
    const row = await makeNoted(this.#database, origin.answer, id, async (client) => {
      const { rows } = await client.query<Row>(
        `insert into views (id, name, page, state, created_at, project_id, created_by)
        values ($1, $2, $3, $4, $5, $6, (select id from people where id = $7 for key share)) returning ${COLUMNS}`,
        [id, cleanLabel(name.trim()), page, cleanText(state), at, origin.project, origin.createdBy],
      );
      return rows[0];
    });
    return toView(row!);
  }

  async get(id: string, sight: Sight = null): Promise<View | null> {
    if (!isId('view', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from views where id = $1 and ($2::text[] is null or project_id = any($2))`,
      [id, sight],
    );
    return row ? toView(row) : null;
  }

  async list(page?: ViewPage, sight: Sight = null): Promise<View[]> {
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from views where ($1::text is null or page = $1) and ($2::text[] is null or project_id = any($2)) order by created_at, id`,
      [page ?? null, sight],
    );
    return rows.map(toView);
  }

  async change(id: string, { name, state, project }: ViewPatch): Promise<View | null> {
    if (!isId('view', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(
      `update views set name = coalesce($2, name), state = coalesce($3, state), project_id = coalesce($4, project_id) where id = $1 returning ${COLUMNS}`,
      [
        id,
        name === undefined ? null : cleanLabel(name.trim()),
        state === undefined ? null : cleanText(state),
        project ?? null,
      ],
    );
    return row ? toView(row) : null;
  }

  async delete(id: string): Promise<boolean> {
    if (!isId('view', id)) return false;
    const { rowCount } = await this.#database.pool.query('delete from views where id = $1', [id]);
    return rowCount === 1;
  }
}

const toView = ({ createdAt, ...row }: Row): View => ({
  ...row,
  object: 'view',
  createdAt: createdAt.toISOString(),
});
