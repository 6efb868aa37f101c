/** Comments on runs and on neurons. */
import type { Comment, PersonName } from '../../vocabulary/index.ts';
import { makeNoted } from '../answers.ts';
import { pageOf, readCursor } from '../postgres/cursor.ts';
import type { Database } from '../postgres/database.ts';
import { FOREIGN_KEY_VIOLATION, sqlState } from '../postgres/sql-state.ts';
import { isId, newId } from '../postgres/ids.ts';
import { cleanLabel, cleanText } from '../postgres/text.ts';
import type { Page } from '../store.ts';
import type { CommentSelection, CommentStore, Mentionable } from './sharing-store.ts';

interface Row {
  id: string;
  runId: string;
  layer: string | null;
  neuron: number | null;
  text: string;
  mentions: PersonName[];
  author: PersonName | null;
  createdAt: Date;
  editedAt: Date | null;
}

const COLUMNS = `id, run_id as "runId", layer, neuron, text,
  coalesce((select json_agg(json_build_object('id', people.id, 'name', people.name) order by people.name_key)
    from people where people.id = any(mentions)), '[]'::json) as mentions,
  (select json_build_object('id', people.id, 'name', people.name) from people where people.id = author_id) as author,
  comments.created_at as "createdAt", edited_at as "editedAt"`;

export class Comments implements CommentStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create({
    runId,
    layer,
    neuron,
    text,
    mentions,
    author,
    answer,
  }: Parameters<CommentStore['create']>[0]): Promise<Comment | null> {
    const { id, at } = newId('comment');
    try {
      const row = await makeNoted(this.#database, answer, id, async (client) => {
        const { rows } = await client.query<Row>(
          `insert into comments (id, run_id, layer, neuron, text, mentions, author_id, created_at)
          values ($1, $2, $3, $4, $5, $6, (select id from people where id = $7 for key share), $8) returning ${COLUMNS}`,
          [id, runId, layer === null ? null : cleanText(layer), neuron, cleanLabel(text), mentions, author, at],
        );
        return rows[0];
      });
      return toComment(row!);
    } catch (error) {
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) return null;
      throw error;
    }
  }

  async get(runId: string, id: string): Promise<Comment | null> {
    if (!isId('comment', id)) return null;
    const [row] = await this.#query(`select ${COLUMNS} from comments where id = $1 and run_id = $2`, [id, runId]);
    return row ? toComment(row) : null;
  }

  async list(
    runId: string,
    { layer, neuron, after, limit }: CommentSelection & { after?: string; limit: number },
  ): Promise<Page<Comment>> {
    const rows = await this.#query(
      `select ${COLUMNS} from comments where run_id = $1 and ($2::text is null or layer = $2)
        and ($3::int is null or neuron = $3)
        and ($4::text is null or (created_at, id) > (select created_at, id from comments where id = $4))
      order by created_at, id limit $5`,
      [
        runId,
        layer === undefined ? null : cleanText(layer),
        neuron ?? null,
        after === undefined ? null : readCursor('comment', after),
        limit + 1,
      ],
    );
    return pageOf(rows, limit, toComment);
  }

  async change(id: string, { text, mentions }: { text: string; mentions: readonly string[] }): Promise<Comment | null> {
    if (!isId('comment', id)) return null;
    const [row] = await this.#query(
      `update comments set text = $2, mentions = $3, edited_at = $4 where id = $1 returning ${COLUMNS}`,
      [id, cleanLabel(text), mentions, new Date()],
    );
    return row ? toComment(row) : null;
  }

  async delete(id: string): Promise<boolean> {
    if (!isId('comment', id)) return false;
    const { rowCount } = await this.#database.pool.query('delete from comments where id = $1', [id]);
    return rowCount === 1;
  }

  async countSince(author: string | null, since: Date): Promise<number> {
    const {
      rows: [row],
    } = await this.#database.pool.query<{ count: number }>(
      'select count(*)::int as count from comments where author_id is not distinct from $1 and created_at > $2',
      [author, since],
    );
    return row?.count ?? 0;
  }

  async readers(project: string): Promise<Mentionable[]> {
    const { rows } = await this.#database.pool.query<Mentionable>(
      `select id, name, name_key as "nameKey" from people where disabled_at is null and not is_service
        and (is_owner or exists (select from memberships where project_id = $1 and person_id = people.id))`,
      [project],
    );
    return rows;
  }

  async mentioning(
    person: string,
    projects: readonly string[] | null,
    { after, limit }: { after?: string; limit: number },
  ): Promise<Page<Comment>> {
    const rows = await this.#query(
      `select ${COLUMNS} from comments where mentions @> $1 and author_id is distinct from $2
        and ($3::text[] is null or exists (select from runs where runs.id = run_id and runs.project_id = any($3)))
        and ($4::text is null or (created_at, id) < (select created_at, id from comments where id = $4))
      order by created_at desc, id desc limit $5`,
      [[person], person, projects, after === undefined ? null : readCursor('comment', after), limit + 1],
    );
    return pageOf(rows, limit, toComment);
  }

  async #query(sql: string, values: unknown[]): Promise<Row[]> {
    return (await this.#database.pool.query<Row>(sql, values)).rows;
  }
}

const toComment = ({ createdAt, editedAt, ...row }: Row): Comment => ({
  ...row,
  object: 'comment',
  createdAt: createdAt.toISOString(),
  editedAt: editedAt?.toISOString() ?? null,
});
