/**
 * What every part of the store works with: Prisma for rows, and the pool itself for what Prisma does slowly or cannot
 * do.
 */
import { promisify } from 'node:util';
import { deflate, deflateSync, inflate } from 'node:zlib';
import type pg from 'pg';
import type { PrismaClient } from '../generated/client.ts';
import type { Hint } from '../store.ts';
import { outageBehind } from './availability.ts';
import { repeated } from './conflicts.ts';
import type { Folding } from './folding.ts';

/** The part of a pino logger that the store uses. */
export interface StoreLogger {
  info(context: object, sentence: string): void;
  warn(context: object, sentence: string): void;
  error(context: object, sentence: string): void;
}

export interface Database {
  /** An embedded one is used by this process only. */
  readonly kind: 'embedded' | 'server';
  /** The name of this process. */
  readonly presence: string;
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly logger: StoreLogger;
  readonly folding: Folding;
  /** Publishes a hint about a committed change. */
  tell(hint: Hint): void;
}

type Work<T> = (client: pg.PoolClient) => Promise<T>;

/** The work is done again if another transaction was in the way, so it keeps nothing outside of the database. */
export const inTransaction = <T>(pool: pg.Pool, work: Work<T>): Promise<T> => repeated(() => transaction(pool, work));

/** For work that cannot be done again, such as reading what a client sends. Throws OVERLOADED. */
export const inTransactionOnce = <T>(pool: pg.Pool, work: Work<T>): Promise<T> =>
  repeated(() => transaction(pool, work), 1);

async function transaction<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection that cannot roll back is broken and does not return to the pool, nor one to a server that takes no
    // changes any more.
    failure = outageBehind(error) ?? undefined;
    await client.query('rollback').catch((broken: Error) => {
      failure = broken;
    });
    throw error;
  } finally {
    client.release(failure);
  }
}

const fastDeflate = promisify<Uint8Array | string, { level: number }, Buffer>(deflate);
const inflateBytes = promisify<Uint8Array, Buffer>(inflate);
const FAST = { level: 1 };
/** Up to this length to deflate a text takes less time than to hand it to another thread. */
const SHORT_TEXT = 16 * 1024;

export async function packJson(value: unknown): Promise<Buffer> {
  const text = JSON.stringify(value);
  return text.length <= SHORT_TEXT ? deflateSync(text, FAST) : fastDeflate(text, FAST);
}
export const unpackJson = async <T>(bytes: Uint8Array): Promise<T> =>
  JSON.parse((await inflateBytes(bytes)).toString()) as T;
