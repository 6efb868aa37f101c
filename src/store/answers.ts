/** Responses kept for `Idempotency-Key`. */
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { Database } from './postgres/database.ts';
import type { AnswerKey, AnswerStore, KeptAnswer } from './store.ts';

const KEPT_HOURS = 24;
/** A request without a response after this time was lost with its process, and its key is free again. */
const PENDING_MINUTES = 2;
const CLEAN_EVERY_MS = 60 * 60 * 1000;
const STALE = `(created_at < now() - interval '${KEPT_HOURS} hours' or (status is null and created_at < now() - interval '${PENDING_MINUTES} minutes'))`;

export class Answers implements AnswerStore {
  readonly #database: Database;
  #cleaning: NodeJS.Timeout | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `isOnly`: no other process uses the database, so a pending request was left by a process that died. */
  async start(isOnly: boolean): Promise<void> {
    await this.#database.pool.query(`delete from answers where ${STALE} or ($1 and status is null)`, [isOnly]);
    this.#cleaning = setInterval(() => {
      this.#database.pool.query(`delete from answers where ${STALE}`).catch((error: unknown) => {
        this.#database.logger.warn({ err: error }, 'could not remove old responses; retrying in an hour');
      });
    }, CLEAN_EVERY_MS);
    this.#cleaning.unref();
  }

  stop(): void {
    if (this.#cleaning) clearInterval(this.#cleaning);
  }

  async begin({ scope, key }: AnswerKey, bodyHash: string): ReturnType<AnswerStore['begin']> {
    for (;;) {
      const { rowCount } = await this.#database.pool.query(
        `insert into answers (scope, key, body_hash, created_at) values ($1, $2, $3, now())
        on conflict (scope, key) do update set body_hash = excluded.body_hash, status = null, body = null, location = null, created_at = now()
        where answers.created_at < now() - interval '${KEPT_HOURS} hours' or (answers.status is null and answers.created_at < now() - interval '${PENDING_MINUTES} minutes')`,
        [scope, key, bodyHash],
      );
      if (rowCount === 1) return { state: 'new' };
      const answer = await this.#database.prisma.answer.findUnique({ where: { scope_key: { scope, key } } });
      if (!answer) continue; // Its request has just failed, so the key is free again.
      if (answer.bodyHash !== bodyHash) return { state: 'conflict' };
      if (answer.status === null || answer.body === null) return { state: 'pending' };
      return {
        state: 'kept',
        status: answer.status,
        location: answer.location,
        body: (await promisify<Uint8Array, Buffer>(inflate)(answer.body)).toString(),
      };
    }
  }

  async keep({ scope, key }: AnswerKey, { status, body, location }: KeptAnswer): Promise<void> {
    const packed = await promisify<string, Buffer>(deflate)(body);
    await this.#database.pool.query(
      'update answers set status = $3, body = $4, location = $5 where scope = $1 and key = $2',
      [scope, key, status, packed, location],
    );
  }

  async forget({ scope, key }: AnswerKey): Promise<void> {
    await this.#database.pool.query('delete from answers where scope = $1 and key = $2 and status is null', [
      scope,
      key,
    ]);
  }
}
