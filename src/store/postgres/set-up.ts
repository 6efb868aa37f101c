/** What creates tables, so that several processes that start at once on a new database do it one after the other. */
import type pg from 'pg';

/** The lock that Prisma takes for the same purpose. */
const ADVISORY_LOCK = 72707369;

/** Runs `work` while no other process is setting up. Its queries may use `client` or any other connection. */
export async function setUpAlone<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK]);
    const result = await work(client);
    await client.query('select pg_advisory_unlock($1)', [ADVISORY_LOCK]);
    return result;
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // Closing the connection of what failed also releases its lock.
    client.release(failure);
  }
}
