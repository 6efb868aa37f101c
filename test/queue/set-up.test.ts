/** A service and workers that are started at the same time on a new Postgres server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.ts';
import { play } from '../support/rehearsal.ts';
import { startServer } from '../support/postgres-server.ts';

const ROUNDS = 8;
const PROCESSES = 3;

test('processes that start at once on a new database all start, every time', { timeout: 120_000 }, async () => {
  const server = await startServer();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const databaseUrl = await server.createDatabase();
      const started = await Promise.allSettled(
        Array.from({ length: PROCESSES }, async () => {
          const store = await openStore({ databaseUrl, dataDir: '' });
          const { close } = await play(store, { workers: 0 });
          return async () => {
            await close();
            await store.close();
          };
        }),
      );
      for (const each of started) if (each.status === 'fulfilled') await each.value();
      assert.deepEqual(
        started.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : [])),
        [],
        `round ${round}`,
      );
    }
  } finally {
    await server.stop();
  }
});
