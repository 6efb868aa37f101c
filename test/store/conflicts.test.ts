/** Transactions that wait for each other, on a server: it ends one of them, and that is done again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { RelumineError } from '../../src/errors.ts';
import { repeated } from '../../src/store/postgres/conflicts.ts';
import { inTransaction, inTransactionOnce } from '../../src/store/postgres/database.ts';
import { withDatabase, withStore } from '../support/database.ts';
import { jobSpec, progressAt } from '../support/runs.ts';

const LIMIT = { timeout: 60_000 };

/** Until a statement waits for a lock. */
async function untilOneWaits(pool: pg.Pool, text: string): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike $1`;
  while ((await pool.query(waiting, [`%${text}%`])).rows.length === 0) await delay(10);
}

test('a run is deleted although its deletion and another change wait for each other', LIMIT, () =>
  withStore('server', async (store, { databaseUrl }) => {
    const create = (parent?: string) =>
      store.runs.create({
        kind: 'trained',
        spec: jobSpec(),
        progress: progressAt(0),
        ...(parent !== undefined && { parent: { id: parent, change: [] } }),
      });
    const parent = await create();
    const child = await create(parent.id);
    const pool = new pg.Pool({ connectionString: databaseUrl! });
    const other = await pool.connect();
    try {
      await other.query('begin');
      await other.query('select from runs where id = $1 for update', [child.id]);
      const deleted = store.runs.delete(parent.id); // It has its run, and waits for the child of it.
      await untilOneWaits(pool, 'delete from');
      // The server ends the one that has waited longer.
      await other.query('select from runs where id = $1 for update', [parent.id]);
      await other.query('commit');
      assert.equal(await deleted, true);
      assert.equal(await store.runs.get(parent.id), null);
      assert.equal((await store.runs.get(child.id))?.parentId, null);
    } finally {
      other.release();
      await pool.end();
    }
  }),
);

test('two transactions that wait for each other are both done, each once', LIMIT, () =>
  withDatabase('server', async ({ databaseUrl }) => {
    const pool = new pg.Pool({ connectionString: databaseUrl! });
    try {
      await pool.query('create table counts (name text primary key, count integer not null)');
      await pool.query(`insert into counts values ('a', 0), ('b', 0)`);
      const add = 'update counts set count = count + 1 where name = $1';
      const begun: string[] = [];
      const inOrder = (first: string, second: string) => async (client: pg.PoolClient) => {
        await client.query(add, [first]);
        begun.push(first);
        // At first each has one row before it asks for the other.
        while (begun.length < 2) await delay(5);
        await client.query(add, [second]);
      };
      await Promise.all([inTransaction(pool, inOrder('a', 'b')), inTransaction(pool, inOrder('b', 'a'))]);
      assert.ok(begun.length > 2, begun.join());
      const { rows } = await pool.query('select count from counts');
      assert.deepEqual(rows, [{ count: 2 }, { count: 2 }]);

      begun.length = 0;
      const once = await Promise.allSettled([
        inTransactionOnce(pool, inOrder('a', 'b')),
        inTransactionOnce(pool, inOrder('b', 'a')),
      ]);
      const failed = once.flatMap((each) => (each.status === 'rejected' ? [each.reason as RelumineError] : []));
      assert.deepEqual(
        [begun.length, failed.map(({ code, retryAfter }) => [code, retryAfter])],
        [2, [['OVERLOADED', 1]]],
      );
    } finally {
      await pool.end();
    }
  }),
);

test('work that others are always in the way of is given up, and other failures are not repeated', LIMIT, async () => {
  let tries = 0;
  const failing = (code: string) => () => {
    tries += 1;
    return Promise.reject(Object.assign(new Error('no'), { code }));
  };
  for (const code of ['40P01', '40001'])
    await assert.rejects(repeated(failing(code)), (error) => error instanceof RelumineError && error.status === 503);
  assert.equal(tries, 10);
  await assert.rejects(repeated(failing('23505')), { code: '23505' });
  assert.equal(tries, 11);
});
