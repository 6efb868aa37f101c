import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inTransaction } from '../../src/store/postgres/database.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Hint, Store } from '../../src/store/store.ts';
import { startServer, type TestServer } from '../support/postgres-server.ts';
import { heldRun, jobSpec, progressAt } from '../support/runs.ts';
import { seededRandom } from '../support/seed.ts';
import { killWriter } from './kill-writer.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const nextHint = (store: Store, isIt: (hint: Hint) => boolean): Promise<Hint> =>
  new Promise((resolve) => {
    const stop = store.subscribe((hint) => {
      if (!isIt(hint)) return;
      stop();
      resolve(hint);
    });
  });

const isCancel = (hint: Hint): boolean => hint.type === 'control' && hint.order === 'cancel';

async function untilItWorks<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
  }
}

test('hints reach every store on the same database, each once', { timeout: 60_000 }, async () => {
  const databaseUrl = await server.createDatabase();
  const [one, two] = [await openStore({ databaseUrl, dataDir: '' }), await openStore({ databaseUrl, dataDir: '' })];
  try {
    const heard: [string, Hint][] = [];
    one.subscribe((hint) => heard.push(['one', hint]));
    two.subscribe((hint) => heard.push(['two', hint]));
    const { id } = await one.runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    const arrived = Promise.all([nextHint(one, isCancel), nextHint(two, isCancel)]);
    await two.publish({ type: 'control', runId: id, order: 'cancel' });
    await arrived;
    await Promise.all([
      nextHint(one, (hint) => hint.type === 'queued'),
      nextHint(two, (hint) => hint.type === 'queued'),
      one.publish({ type: 'queued', runId: id }),
    ]);
    const control: Hint = { type: 'control', runId: id, order: 'cancel' };
    const appended: Hint = { type: 'appended', runId: id, seq: 1 };
    for (const name of ['one', 'two']) {
      const own = heard.filter(([who]) => who === name).map(([, hint]) => hint);
      assert.deepEqual(
        own.filter(({ type }) => type === 'control'),
        [control],
      );
      assert.deepEqual(
        own.filter(({ type }) => type === 'appended'),
        [appended],
      );
    }
  } finally {
    await one.close();
    await two.close();
  }
});

test('a server outage causes errors only while it lasts', { timeout: 60_000 }, async () => {
  const store = await openStore({ databaseUrl: await server.createDatabase(), dataDir: '' });
  try {
    const lease = await heldRun(store);
    await store.log.append(lease, [{ type: 'metrics', step: 1, steps: [1], values: { loss: [1] } }], {});
    const missed = nextHint(store, ({ type }) => type === 'missed');
    await server.kill();
    await assert.rejects(store.runs.get(lease.runId));
    await assert.rejects(store.log.append(lease, [], {}));
    await server.start();
    await untilItWorks(() => store.runs.get(lease.runId));
    assert.deepEqual(
      (await store.log.append(lease, [{ type: 'metrics', step: 2, steps: [2], values: { loss: [2] } }], {}))?.map(
        ({ seq }) => seq,
      ),
      [4],
    );
    await missed;
    const hint = nextHint(store, ({ type }) => type === 'queued');
    await store.publish({ type: 'queued', runId: lease.runId });
    await hint;
  } finally {
    await store.close();
  }
});

test('a store waits for a server that is still starting', { timeout: 60_000 }, async () => {
  const databaseUrl = await server.createDatabase();
  await server.kill();
  let opening: Promise<Store> | undefined;
  const warned = new Promise<void>((resolve) => {
    opening = openStore({
      databaseUrl,
      dataDir: '',
      logger: { info: () => undefined, warn: () => resolve(), error: () => undefined },
    });
  });
  await warned;
  await server.start();
  await (await opening)?.close();
});

test('a store can be closed while its server is gone', { timeout: 60_000 }, async () => {
  const store = await openStore({ databaseUrl: await server.createDatabase(), dataDir: '' });
  await server.kill();
  await store.close();
  await store.close();
  await server.start();
});

test('after kill -9 of a writer, everything acknowledged is there', { timeout: 120_000 }, async (t) => {
  const databaseUrl = await server.createDatabase();
  const random = seededRandom(t);
  for (let round = 0; round < 3; round += 1) await killWriter({ databaseUrl, dataDir: '' }, random);
});

test(
  'a connection lost in a transaction fails only that transaction; the server ends one that idles in a transaction',
  { timeout: 60_000 },
  async () => {
    const store = await openStore({ databaseUrl: await server.createDatabase(), dataDir: '' });
    try {
      await assert.rejects(
        inTransaction(store.pool, async (client) => {
          const {
            rows: [row],
          } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
          const isLost = new Promise((resolve) => {
            client.once('error', resolve);
          });
          await store.pool.query('select pg_terminate_backend($1)', [row?.pid]);
          await isLost;
          await client.query('select 1');
        }),
      );
      assert.equal((await store.pool.query('select 1 as one')).rows[0].one, 1);
      assert.equal(
        (
          await store.pool.query<{ idle_in_transaction_session_timeout: string }>(
            'show idle_in_transaction_session_timeout',
          )
        ).rows[0]?.idle_in_transaction_session_timeout,
        '10s',
      );
    } finally {
      await store.close();
    }
  },
);
