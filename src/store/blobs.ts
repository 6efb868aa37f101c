/** Long lists of numbers that came with jobs, each kept once, in parts of its own. */
import type { Blob, BlobInfo } from '../schemas/index.ts';
import type { Database } from './postgres/database.ts';
import { isStillReferred } from './postgres/sql-state.ts';
import { toJson } from './postgres/text.ts';
import type { BlobStore, Sight } from './store.ts';

/** A job is stored soon after its blobs; until then no run refers to them. */
const IDLE_MS = 10 * 60 * 1000;
const SWEEP_EVERY_MS = 10 * 60 * 1000;

const isUsed = (column: string, more = '') => `exists (select from runs where ${column} = blobs.hash${more})`;
/** $2: the projects in sight. */
const SEEN = ' and project_id = any($2)';

export class Blobs implements BlobStore {
  readonly #database: Database;
  #sweeping: NodeJS.Timeout | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `isOnly`: no other process uses the database, so nobody is about to store a job. */
  async start(isOnly: boolean): Promise<void> {
    await this.sweep(isOnly ? 0 : IDLE_MS);
    this.#sweeping = setInterval(() => {
      this.sweep().catch((error: unknown) => {
        this.#database.logger.warn({ err: error }, 'could not remove the data of deleted runs; retrying later');
      });
    }, SWEEP_EVERY_MS);
    this.#sweeping.unref();
  }

  stop(): void {
    if (this.#sweeping) clearInterval(this.#sweeping);
  }

  async find(hashes: readonly string[], sight: Sight = null): Promise<Map<string, BlobInfo>> {
    if (hashes.length === 0) return new Map();
    const { rows } = await this.#database.pool.query<BlobInfo>(
      `select hash, content from blobs where hash = any($1) and is_whole
        and ($2::text[] is null or ${isUsed('data_hash', SEEN)} or ${isUsed('weights_hash', SEEN)})`,
      [hashes, sight],
    );
    return new Map(rows.map((blob) => [blob.hash, blob]));
  }

  async keep(blobs: readonly Blob[]): Promise<void> {
    const { pool } = this.#database;
    for (const { hash, content, parts } of blobs) {
      if ((await this.touch([hash])) === 1) continue;
      const bytes = parts.reduce((sum, { length }) => sum + length, 0);
      await pool.query(
        'insert into blobs (hash, content, bytes) values ($1, $2, $3) on conflict (hash) do update set touched_at = now()',
        [hash, toJson(content), bytes],
      );
      // One by one, so that other queries run in between. Whoever stores the same stores the same parts.
      for (const [part, data] of parts.entries())
        await pool.query('insert into blob_parts (hash, part, data) values ($1, $2, $3) on conflict do nothing', [
          hash,
          part,
          Buffer.from(data.buffer, data.byteOffset, data.byteLength),
        ]);
      await pool.query('update blobs set is_whole = true, touched_at = now() where hash = $1', [hash]);
    }
  }

  async touch(hashes: readonly string[]): Promise<number> {
    const { rowCount } = await this.#database.pool.query(
      'update blobs set touched_at = now() where hash = any($1) and is_whole',
      [hashes],
    );
    return rowCount ?? 0;
  }

  async get(hash: string): Promise<Blob | null> {
    const info = (await this.find([hash])).get(hash);
    if (!info) return null;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for await (const part of this.parts(hash)) parts.push(part);
    return { ...info, parts };
  }

  async *parts(hash: string): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    for (let part = 0; ; part += 1) {
      const {
        rows: [row],
      } = await this.#database.pool.query<{ data: Buffer }>(
        'select data from blob_parts where hash = $1 and part = $2',
        [hash, part],
      );
      if (!row) return;
      // In memory of its own, which can be given to a thread.
      yield new Uint8Array(row.data);
    }
  }

  async sweep(idleMs = IDLE_MS): Promise<number> {
    try {
      const { rowCount } = await this.#database.pool.query(
        `delete from blobs where ($1::float8 = 0 or touched_at < now() - $1::float8 * interval '1 millisecond')
          and not ${isUsed('data_hash')} and not ${isUsed('weights_hash')}`,
        [idleMs],
      );
      return rowCount ?? 0;
    } catch (error) {
      // A job that names one of them was stored at this moment. The next sweep finds what is left.
      if (isStillReferred(error)) return 0;
      throw error;
    }
  }
}
