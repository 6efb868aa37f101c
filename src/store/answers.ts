/** Responses kept for `Idempotency-Key`. */
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type pg from 'pg';
import { RelumineError } from '../errors.ts';
import { inTransaction, type Database } from './postgres/database.ts';
import { isPresent } from './postgres/presence.ts';
import type { AnswerKey, AnswerStore, KeptAnswer } from './store.ts';

const KEPT_HOURS = 24;
/** A request to an earlier version that has no response after this time was lost with its process. */
const PENDING_MINUTES = 2;
const CLEAN_EVERY_MS = 60 * 60 * 1000;
const STALE = `(created_at < now() - interval '${KEPT_HOURS} hours' or (status is null and owner is null and created_at < now() - interval '${PENDING_MINUTES} minutes'))`;

/** Another request with the same key has gone on with it, because this process seemed to be gone. Nothing was created. */
export const answerTaken = (): RelumineError =>
  new RelumineError(
    'IDEMPOTENCY_PENDING',
    'Another request with this Idempotency-Key is in progress. Try again in a few seconds.',
    { retryAfter: 5 },
  );

/** Notes in the transaction that creates something by which request it was made. Throws if the request is not this process's. */
export async function keepMade(
  client: pg.Pool | pg.PoolClient,
  { presence }: Pick<Database, 'presence'>,
  answer: AnswerKey | null | undefined,
  id: string,
): Promise<void> {
  if (!answer) return;
  const { rowCount } = await client.query(
    'update answers set made = $3 where scope = $1 and key = $2 and owner = $4 and status is null',
    [answer.scope, answer.key, id, presence],
  );
  if (rowCount !== 1) throw answerTaken();
}

/** Creates what gets this id, with the note by which request it was made, in one transaction. */
export const makeNoted = <T>(
  database: Pick<Database, 'pool' | 'presence'>,
  answer: AnswerKey | null | undefined,
  id: string,
  make: (client: pg.PoolClient) => Promise<T>,
): Promise<T> =>
  inTransaction(database.pool, async (client) => {
    await keepMade(client, database, answer, id);
    return make(client);
  });

/**
 * Keeps the whole answer in the transaction that makes what it names, for what cannot be put together again afterwards.
 * Throws if the request is not this process's.
 */
export async function keepAnswer(
  client: pg.PoolClient,
  { presence }: Pick<Database, 'presence'>,
  request: AnswerKey | null | undefined,
  answer: KeptAnswer,
): Promise<void> {
  if (request && !(await write(client, presence, request, answer))) throw answerTaken();
}

/** False if the request is not this process's any more. */
async function write(
  client: pg.Pool | pg.PoolClient,
  presence: string,
  { scope, key }: AnswerKey,
  { status, body, location }: KeptAnswer,
): Promise<boolean> {
  const packed = await promisify<string, Buffer>(deflate)(body);
  const { rowCount } = await client.query(
    'update answers set status = $3, body = $4, location = $5 where scope = $1 and key = $2 and owner = $6',
    [scope, key, status, packed, location, presence],
  );
  return rowCount === 1;
}

export class Answers implements AnswerStore {
  readonly #database: Database;
  #cleaning: NodeJS.Timeout | null = null;
  /** Requests that this process is handling. */
  readonly #handling = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** `isOnly`: no other process uses the database, so a pending request was left by a process that died. */
  async start(isOnly: boolean): Promise<void> {
    await this.#database.pool.query(`delete from answers where ${STALE} or ($1 and status is null and made is null)`, [
      isOnly,
    ]);
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

  async begin(request: AnswerKey, bodyHash: string): ReturnType<AnswerStore['begin']> {
    const { pool, presence } = this.#database;
    const { scope, key } = request;
    for (;;) {
      const { rowCount } = await pool.query(
        `insert into answers (scope, key, body_hash, owner, created_at) values ($1, $2, $3, $4, now())
        on conflict (scope, key) do update set body_hash = excluded.body_hash, owner = excluded.owner, made = null, status = null, body = null, location = null, created_at = now()
        where answers.created_at < now() - interval '${KEPT_HOURS} hours'`,
        [scope, key, bodyHash, presence],
      );
      if (rowCount === 1) return this.#handle(request, { state: 'new' });
      const answer = await this.#find(request);
      if (!answer) continue; // Its request has just failed, so the key is free again.
      if (answer.status !== null && answer.body !== null) {
        if (answer.bodyHash !== bodyHash) return { state: 'conflict' };
        const body = (await promisify<Uint8Array, Buffer>(inflate)(answer.body)).toString();
        return { state: 'kept', status: answer.status, location: answer.location, body };
      }
      const { made, owner } = answer;
      const isLost = owner === presence ? !this.#handling.has(nameOf(request)) : !answer.isHandled;
      if (answer.bodyHash !== bodyHash && (made !== null || !isLost)) return { state: 'conflict' };
      if (!isLost) return { state: 'pending' };
      const taken = await pool.query(
        `update answers set owner = $4, body_hash = $3, created_at = now()
        where scope = $1 and key = $2 and status is null and owner is not distinct from $5 and made is not distinct from $6`,
        [scope, key, bodyHash, presence, owner, made],
      );
      if (taken.rowCount === 1)
        return this.#handle(request, made === null ? { state: 'new' } : { state: 'made', id: made });
    }
  }

  async keep(request: AnswerKey, answer: KeptAnswer): Promise<void> {
    const { pool, presence } = this.#database;
    try {
      await write(pool, presence, request, answer);
    } finally {
      this.#handling.delete(nameOf(request));
    }
  }

  async forget(request: AnswerKey): Promise<void> {
    try {
      await this.#database.pool.query(
        'delete from answers where scope = $1 and key = $2 and status is null and made is null and owner = $3',
        [request.scope, request.key, this.#database.presence],
      );
    } finally {
      this.#handling.delete(nameOf(request));
    }
  }

  async unmake({ scope, key }: AnswerKey): Promise<void> {
    await this.#database.pool.query(
      'update answers set made = null where scope = $1 and key = $2 and status is null and owner = $3',
      [scope, key, this.#database.presence],
    );
  }

  #handle<T>(request: AnswerKey, begun: T): T {
    this.#handling.add(nameOf(request));
    return begun;
  }

  async #find({ scope, key }: AnswerKey): Promise<AnswerRow | undefined> {
    const { rows } = await this.#database.pool.query<AnswerRow>(
      `select body_hash as "bodyHash", owner, made, status, body, location,
        case when owner is null then created_at > now() - interval '${PENDING_MINUTES} minutes' else ${isPresent('owner')} end as "isHandled"
      from answers where scope = $1 and key = $2`,
      [scope, key],
    );
    return rows[0];
  }
}

interface AnswerRow {
  bodyHash: string;
  owner: string | null;
  made: string | null;
  status: number | null;
  body: Buffer | null;
  location: string | null;
  /** Whether the process that handles it is there. */
  isHandled: boolean;
}

const nameOf = ({ scope, key }: AnswerKey): string => `${scope}\n${key}`;
