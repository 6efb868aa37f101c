import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { Maintenance } from '../../src/store/embedded/maintenance.ts';
import { openStore } from '../../src/store/open-store.ts';
import { outageBehind } from '../../src/store/postgres/availability.ts';
import { prepared } from '../../src/store/postgres/prepared.ts';
import { StoreUnavailable } from '../../src/store/postgres/unavailable.ts';
import { withDatabase, withStore } from '../support/database.ts';
import { heldRun, jobSpec, progressAt } from '../support/runs.ts';
import { seededRandom } from '../support/seed.ts';
import { killWriter } from './kill-writer.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

test('a new data directory is private, becomes a database, and opens again with what was stored', async () => {
  const home = await mkdtemp(join(tmpdir(), 'relumine-new-'));
  const dataDir = join(home, 'a'.repeat(100), 'data'); // Longer than the path of a socket may be.
  try {
    const first = await openStore({ databaseUrl: null, dataDir });
    const run = await first.runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    await first.close();
    assert.equal((await stat(dataDir)).mode & 0o077, 0);
    const second = await openStore({ databaseUrl: null, dataDir });
    assert.deepEqual(await second.runs.get(run.id), { ...run, queuePosition: null });
    await second.close();
    assert.deepEqual(await readdir(join(dataDir, 'lock')), []);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

test('nobody else reads the files of the database, nor those that an earlier version left', () =>
  withDatabase('embedded', async ({ dataDir }) => {
    const database = join(dataDir, 'database');
    await chmod(dataDir, 0o755);
    await chmod(join(database, 'PG_VERSION'), 0o666);
    await chmod(join(database, 'base'), 0o777);
    const store = await openStore({ databaseUrl: null, dataDir });
    await store.pool.query('create table fresh (a int); insert into fresh select generate_series(1, 10000)');
    await store.pool.query('checkpoint');
    await store.close();
    const open = [dataDir, ...(await readdir(dataDir, { recursive: true })).map((name) => join(dataDir, name))];
    const modes = await Promise.all(open.map(async (path) => ({ path, mode: (await stat(path)).mode & 0o777 })));
    assert.deepEqual(
      modes.filter(({ mode }) => (mode & 0o077) !== 0),
      [],
    );
  }));

test('a second store on the same data is refused, here and in another process', () =>
  withStore('embedded', async (store, { dataDir }) => {
    await assert.rejects(
      openStore({ databaseUrl: null, dataDir }),
      (error: Error) => error instanceof StoreUnavailable && error.message.includes(dataDir),
    );
    const opener = fileURLToPath(new URL('store-process.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [opener, 'open', dataDir]);
    assert.equal(stdout.trim().split('\n').length, 1);
    assert.match(stdout, new RegExp(`StoreUnavailable: The data directory .* is in use by process ${process.pid}\\.`));
    await store.runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
  }));

test('a data directory that cannot be created is refused with a reason', async () => {
  await assert.rejects(
    openStore({ databaseUrl: null, dataDir: '/dev/null/data' }),
    (error: Error) => error instanceof StoreUnavailable && error.message.includes('/dev/null/data'),
  );
});

test('a database opens with what a kill leaves of the files that a start writes first', () =>
  withDatabase('embedded', async ({ dataDir }) => {
    const directory = join(dataDir, 'database');
    for (const left of ['', '4', `${process.pid}\n${directory}\n`]) {
      for (const name of ['postmaster.pid', 'postmaster.opts']) await writeFile(join(directory, name), left);
      const store = await openStore({ databaseUrl: null, dataDir });
      assert.deepEqual((await store.pool.query('select 1 as one')).rows, [{ one: 1 }], JSON.stringify(left));
      await store.close();
    }
  }));

test('concurrent connections do not mix their statements, and transactions stay isolated', () =>
  withStore('embedded', async ({ pool }) => {
    await pool.query('create table pairs (a int, b text)');
    await Promise.all([
      ...Array.from({ length: 500 }, async (_, i) => {
        const {
          rows: [row],
        } = await pool.query<{ a: number; b: string }>(
          i % 2 ? 'select $1::int as a, $2::text as b' : 'select $2::text as b, $1::int as a, 1 as c',
          [i, `text ${i}`],
        );
        assert.deepEqual([row?.a, row?.b], [i, `text ${i}`]);
      }),
      ...Array.from({ length: 40 }, async (_, i) => {
        const client = await pool.connect();
        await client.query('begin');
        await client.query('insert into pairs values ($1, $2)', [i, 'first']);
        await client.query('insert into pairs values ($1, $2)', [i, 'second']);
        await client.query(i % 4 === 0 ? 'rollback' : 'commit');
        client.release();
      }),
      ...Array.from({ length: 20 }, () => assert.rejects(pool.query('select 1 / $1::int', [0]), /division by zero/)),
    ]);
    const { rows } = await pool.query<{ a: number; count: number }>(
      'select a, count(*)::int as count from pairs group by a',
    );
    assert.equal(rows.length, 30);
    assert.ok(rows.every(({ count }) => count === 2));
  }));

test('connections share the statements that the session has prepared', () =>
  withStore('embedded', async ({ pool }) => {
    const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
    const { rows: before } = await first.query<{ count: number }>('select count(*)::int from pg_prepared_statements');
    const sum = prepared('select $1::int + 1 as sum');
    for (const client of [first, second, first])
      assert.deepEqual((await client.query({ ...sum, values: [1] })).rows, [{ sum: 2 }]);
    await assert.rejects(second.query({ ...sum, values: ['a word'] }), /invalid input syntax/);
    assert.deepEqual((await second.query({ ...sum, values: [2] })).rows, [{ sum: 3 }]);

    // One that cannot be read yet is read again.
    const late = prepared('select a from late');
    await assert.rejects(first.query({ ...late }), /does not exist/);
    await second.query('create table late (a int); insert into late values (7)');
    for (const client of [second, first]) assert.deepEqual((await client.query({ ...late })).rows, [{ a: 7 }]);
    const { rows: after } = await first.query<{ count: number }>('select count(*)::int from pg_prepared_statements');
    assert.equal(after[0]!.count - before[0]!.count, 2);
    first.release();
    second.release();
  }));

test('the plan of a prepared statement follows the size of its table', () =>
  withStore('embedded', async ({ pool }) => {
    const one = prepared('select pad from grown where id = $1');
    const plan = async (): Promise<string> => {
      const { rows } = await pool.query<Record<string, string>>(`explain execute "${one.name}" (1)`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    await pool.query('create table grown (id int primary key, pad text)');
    await pool.query(`insert into grown values (0, '')`);
    await pool.query('vacuum analyze grown');
    for (let id = 0; id < 10; id++) await pool.query({ ...one, values: [id] });
    assert.match(await plan(), /Seq Scan/);
    await pool.query(`insert into grown select id, repeat('x', 100) from generate_series(1, 50000) id`);
    for (let id = 0; id < 4500; id++) await pool.query('select');
    assert.match(await plan(), /Index Scan.*Index Cond: \(id = \$1\)/s);
  }));

test('a connection dropped in a transaction releases the session, rolled back', () =>
  withStore('embedded', async ({ pool }) => {
    await pool.query('create table dropped (a int)');
    const client = await pool.connect();
    await client.query('begin');
    await client.query('insert into dropped values (1)');
    const waiting = pool.query<{ count: number }>('select count(*)::int as count from dropped');
    client.release(true);
    assert.equal((await waiting).rows[0]?.count, 0);
  }));

test('a database thread that dies is restarted with everything that was committed', async () => {
  let thread: Worker | undefined;
  const catchThread = (message: unknown): void => {
    thread = (message as { worker: Worker }).worker;
  };
  subscribe('worker_threads', catchThread);
  await withStore('embedded', async (store) => {
    unsubscribe('worker_threads', catchThread);
    const { id } = await store.runs.create({ kind: 'trained', spec: jobSpec(), progress: progressAt(0) });
    const client = await store.pool.connect();
    await client.query('begin');
    await client.query(`update runs set name = 'never committed' where id = $1`, [id]);
    const lost = new Promise((resolve) => {
      client.once('error', resolve);
    });
    await thread?.terminate();
    await lost;
    client.release(true);
    const run = await store.runs.get(id);
    assert.equal(run?.name, 'a run');
    assert.ok(await store.runs.claim(id, 'worker'));
  });
});

test(
  'a database that cannot be opened again is given up after a few attempts, with the reason',
  { timeout: 60_000 },
  () =>
    withDatabase('embedded', async ({ dataDir }) => {
      let thread: Worker | undefined;
      const catchThread = (message: unknown): void => {
        thread = (message as { worker: Worker }).worker;
      };
      subscribe('worker_threads', catchThread);
      const ended = new EventEmitter();
      const store = await openStore({ databaseUrl: null, dataDir, onFatal: (reason) => ended.emit('fatal', reason) });
      unsubscribe('worker_threads', catchThread);
      const fatal = once(ended, 'fatal');
      await truncate(join(dataDir, 'database', 'global', 'pg_control'), 100);
      await thread?.terminate();
      await assert.rejects(store.runs.counts(), (error) => outageBehind(error)?.kind === 'away');
      // The database alone does not keep a process alive while it waits for the next attempt.
      const alive = setInterval(() => undefined, 1000);
      assert.match(String(await fatal), /cannot be opened any more: .*pg_control/s);
      clearInterval(alive);
      await store.close();
    }),
);

test('values of many MiB can be written and read', () =>
  withStore('embedded', async ({ pool }) => {
    const bytes = Buffer.alloc(20_000_000, 'relumine');
    const {
      rows: [row],
    } = await pool.query<{ echo: Buffer }>('select $1::bytea as echo', [bytes]);
    assert.equal(Buffer.compare(row?.echo ?? Buffer.alloc(0), bytes), 0);
  }));

test('the space of deleted runs is reused after a vacuum', () =>
  withStore('embedded', async (store) => {
    const size = async (): Promise<number> => {
      const {
        rows: [row],
      } = await store.pool.query<{ bytes: number }>(`select pg_total_relation_size('run_parts')::float8 as bytes`);
      return row?.bytes ?? 0;
    };
    const maintenance = new Maintenance(store.pool, silent);
    const fill = async (): Promise<void> => {
      const lease = await heldRun(store);
      await store.log.append(
        lease,
        [
          {
            type: 'checkpoint',
            step: 1,
            epoch: 0,
            isFinal: false,
            isBest: false,
            keep: 0,
            best: null,
            state: new Uint8Array(20_000_000),
          },
        ],
        {},
      );
      await store.runs.delete(lease.runId);
    };
    await fill();
    await maintenance.vacuumIfDue();
    const before = await size();
    for (let i = 0; i < 3; i += 1) {
      await fill();
      await maintenance.vacuumIfDue();
    }
    assert.ok((await size()) < before + 20_000_000, `${before} bytes grew to ${await size()}`);
    await maintenance.stop();
  }));

test('after kill -9, everything acknowledged is there, in order and complete', { timeout: 120_000 }, (t) =>
  withDatabase('embedded', async ({ dataDir }) => {
    const random = seededRandom(t);
    for (let round = 0; round < 3; round += 1) await killWriter({ databaseUrl: null, dataDir }, random);
  }),
);
