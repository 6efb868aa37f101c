/** Answers kept for `Idempotency-Key`. */
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { Database } from './postgres/database.ts';
import type { AnswerStore } from './store.ts';
import { cleanText } from './postgres/text.ts';

const KEPT_HOURS = 24;
/** Whoever answers the first request is gone for good after this long, and the key is free again. */
const PENDING_MINUTES = 2;
const CLEAN_EVERY_MS = 60 * 60 * 1000;
const STALE = `(created_at < now() - interval '${KEPT_HOURS} hours' or (status is null and created_at < now() - interval '${PENDING_MINUTES} minutes'))`;

export class Answers implements AnswerStore {
  readonly #database: Database;
  #cleaning: NodeJS.Timeout | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `isOnly`: no other process uses the database, so whatever is pending was left by one that is dead. */
  async start(isOnly: boolean): Promise<void> {
    await this.#database.pool.query(`delete from answers where ${STALE} or ($1 and status is null)`, [isOnly]);
    this.#cleaning = setInterval(() => {
      this.#database.pool.query(`delete from answers where ${STALE}`).catch((error: unknown) => {
        this.#database.logger.warn({ err: error }, 'old answers could not be removed; the next try is in an hour');
      });
    }, CLEAN_EVERY_MS);
    this.#cleaning.unref();
  }

  stop(): void {
    if (this.#cleaning) clearInterval(this.#cleaning);
  }

  async begin(key: string, bodyHash: string): ReturnType<AnswerStore['begin']> {
    const id = cleanText(key);
    for (;;) {
      const { rowCount } = await this.#database.pool.query(
        `insert into answers (key, body_hash, created_at) values ($1, $2, now())
        on conflict (key) do update set body_hash = excluded.body_hash, status = null, body = null, created_at = now()
        where answers.created_at < now() - interval '${KEPT_HOURS} hours' or (answers.status is null and answers.created_at < now() - interval '${PENDING_MINUTES} minutes')`,
        [id, bodyHash],
      );
      if (rowCount === 1) return { state: 'new' };
      const answer = await this.#database.prisma.answer.findUnique({ where: { key: id } });
      if (!answer) continue; // Its request failed just now: the key is free again.
      if (answer.bodyHash !== bodyHash) return { state: 'conflict' };
      if (answer.status === null || answer.body === null) return { state: 'pending' };
      return {
        state: 'kept',
        status: answer.status,
        body: (await promisify<Uint8Array, Buffer>(inflate)(answer.body)).toString(),
      };
    }
  }

  async keep(key: string, status: number, body: string): Promise<void> {
    const packed = await promisify<string, Buffer>(deflate)(body);
    await this.#database.pool.query('update answers set status = $2, body = $3 where key = $1', [
      cleanText(key),
      status,
      packed,
    ]);
  }

  async forget(key: string): Promise<void> {
    await this.#database.pool.query('delete from answers where key = $1 and status is null', [cleanText(key)]);
  }
}
