/** Saved views of the dashboard. */
import type { NewView, View, ViewPage, ViewPatch } from '../vocabulary/index.ts';
import type { Database } from './postgres/database.ts';
import { isId, newId } from './postgres/ids.ts';
import { cleanLabel, cleanText } from './postgres/text.ts';
import type { ViewStore } from './store.ts';

type Row = Omit<View, 'object' | 'createdAt'> & { createdAt: Date };

const COLUMNS = 'id, name, page, state, created_at as "createdAt"';

export class Views implements ViewStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create({ name, page, state }: NewView): Promise<View> {
    const { id, at } = newId('view');
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(
      `insert into views (id, name, page, state, created_at) values ($1, $2, $3, $4, $5) returning ${COLUMNS}`,
      [id, cleanLabel(name.trim()), page, cleanText(state), at],
    );
    return toView(row!);
  }

  async list(page?: ViewPage): Promise<View[]> {
    const { rows } = await this.#database.pool.query<Row>(
      `select ${COLUMNS} from views where $1::text is null or page = $1 order by created_at, id`,
      [page ?? null],
    );
    return rows.map(toView);
  }

  async change(id: string, { name, state }: ViewPatch): Promise<View | null> {
    if (!isId('view', id)) return null;
    const {
      rows: [row],
    } = await this.#database.pool.query<Row>(
      `update views set name = coalesce($2, name), state = coalesce($3, state) where id = $1 returning ${COLUMNS}`,
      [id, name === undefined ? null : cleanLabel(name.trim()), state === undefined ? null : cleanText(state)],
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
