import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { deflateSync } from 'node:zlib';
import { migrate, readMigrations, type Migration } from '../../src/store/postgres/migrations.ts';
import { openStore } from '../../src/store/open-store.ts';
import { StoreUnavailable } from '../../src/store/postgres/unavailable.ts';
import { sharedServer } from '../support/shared-server.ts';
import { withPool } from '../support/bare-database.ts';
import { STORE_KINDS, withDatabase, withStore } from '../support/database.ts';

const migration = (name: string, sql: string): Migration => ({
  name,
  sql,
  checksum: createHash('sha256').update(sql).digest('hex'),
});

const refusal =
  (pattern: RegExp) =>
  (error: unknown): true => {
    assert.ok(error instanceof StoreUnavailable, String(error));
    assert.match(error.message, pattern);
    return true;
  };

test('stores that open at the same time apply each migration once', () =>
  withDatabase('server', async (database) => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(database)));
    const { rows } = (await stores[0]?.pool.query<{
      migration_name: string;
      checksum: string;
      finished_at: Date | null;
      applied_steps_count: number;
    }>('select * from _prisma_migrations')) ?? { rows: [] };
    const migrations = await readMigrations();
    assert.deepEqual(
      rows.map((row) => [row.migration_name, row.checksum, row.applied_steps_count]),
      migrations.map(({ name, checksum }) => [name, checksum, 1]),
    );
    assert.ok(rows.every(({ finished_at }) => finished_at !== null));
    await Promise.all(stores.map((store) => store.close()));
  }));

for (const kind of STORE_KINDS) {
  test(`a failed migration leaves nothing behind, and earlier ones stay (${kind})`, () =>
    withStore(kind, async ({ pool }) => {
      const all = [
        ...(await readMigrations()),
        migration(
          '8_good',
          `create table good (a int); create function f() returns int language sql as $$ select 1; $$;`,
        ),
        migration('9_broken', 'create table half (a int); select nonsense;'),
      ];
      await assert.rejects(
        migrate(pool, all),
        refusal(/^Cannot apply the migration 9_broken to this database: .*nonsense/),
      );
      const { rows } = await pool.query<{ good: boolean; half: boolean }>(
        `select to_regclass('good') is not null as good, to_regclass('half') is not null as half`,
      );
      assert.deepEqual(rows, [{ good: true, half: false }]);
      assert.deepEqual(
        await migrate(pool, [...all.slice(0, -1), migration('9_broken', 'create table half (a int)')]),
        ['9_broken'],
        'mended, it is applied',
      );
      assert.deepEqual(
        await migrate(pool, [...all.slice(0, -1), migration('9_broken', 'create table half (a int)')]),
        [],
      );
    }));

  test(`a changed migration, a newer database and a half-applied migration are refused (${kind})`, () =>
    withStore(kind, async ({ pool }, database) => {
      const migrations = await readMigrations();
      await assert.rejects(
        migrate(
          pool,
          migrations.map(({ name, sql }) => migration(name, `${sql}\n`)),
        ),
        refusal(/differs from the one that was applied/),
      );
      await assert.rejects(
        migrate(pool, []),
        refusal(/newer than this version of Relumine: it has the migration \d+_init/),
      );
      await pool.query(
        `insert into _prisma_migrations (id, checksum, migration_name) values ('x', 'x', '99990101000000_future')`,
      );
      if (kind === 'server') await assert.rejects(openStore(database), refusal(/99990101000000_future/));
      await pool.query(`update _prisma_migrations set migration_name = $1 where id = 'x'`, [migrations[0]?.name]);
      await assert.rejects(migrate(pool, migrations), refusal(/failed halfway/));
      await pool.query(`update _prisma_migrations set rolled_back_at = now() where id = 'x'`);
      assert.deepEqual(await migrate(pool, migrations), [], 'Prisma marks what was rolled back so');
    }));
}

for (const kind of STORE_KINDS) {
  test(`a database of the first version opens and keeps all its data (${kind})`, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'relumine-test-'));
    const databaseUrl = kind === 'server' ? await (await sharedServer()).createDatabase() : null;
    try {
      const [first] = await readMigrations();
      assert.ok(first);
      const before = await withPool(kind, { dataDir, databaseUrl }, async (pool) => {
        assert.deepEqual(await migrate(pool, [first]), [first.name]);
        await pool.query(FIRST_VERSION_ROWS);
        await pool.query('insert into answers values ($1, $2, $3, $4, now())', [
          'kept',
          'hash',
          201,
          deflateSync('{"id":"run_1"}'),
        ]);
        return readTables(pool);
      });
      assert.ok(
        TABLES.every((table) => before[table]?.length),
        'every table holds something',
      );

      const store = await openStore({ databaseUrl, dataDir });
      try {
        const after = await readTables(store.pool);
        for (const table of TABLES) {
          const columns = Object.keys(before[table]?.[0] ?? {});
          const kept = after[table]?.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
          // A response of the first version is kept for every route that may have sent it.
          if (table === 'answers') assert.deepEqual(kept, [...(before[table] ?? []), ...(before[table] ?? [])]);
          else assert.deepEqual(kept, before[table], table);
        }
        const key = { scope: 'open POST /v1/runs', key: 'kept' };
        assert.deepEqual(await store.answers.begin(key, 'hash'), {
          state: 'kept',
          status: 201,
          body: '{"id":"run_1"}',
          location: null,
        });
        assert.deepEqual(await store.answers.begin(key, 'another'), { state: 'conflict' });
        assert.equal((await store.runs.get(RUN_ID))?.name, 'old');
        for (const query of [
          { filter: 'spec.dataset.name = "iris" and spec.dataset.normalizeTargets = "none" and spec.priority = 3' },
          { q: 'iris' },
        ])
          assert.deepEqual(
            (await store.runs.list({ limit: 5, ...query })).data.map(({ id }) => id),
            [RUN_ID],
            'what it trains is searched',
          );
        assert.equal((await store.runs.claim(null, 'worker'))?.id, RUN_ID, 'it waits');
      } finally {
        await store.close();
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
}

const TABLES = ['answers', 'checkpoints', 'dataset_parts', 'datasets', 'run_messages', 'run_parts', 'runs', 'verdicts'];
const RUN_ID = `run_${'0'.repeat(26)}`;
const FIRST_VERSION_ROWS = `
  insert into runs (id, name, experiment, tags, notes, metadata, spec, priority, progress, last_seq, created_at)
    values ('${RUN_ID}', 'old', 'e', '{a,b}', 'n', '{}', '{"name": "\\u0000 \\ud800", "priority": 3, "dataset": {"name": "iris"}, "model": {}, "training": {}, "telemetry": {}}', 3, '{"step": 0}', 1, '2026-11-24T10:00:00Z');
  insert into run_messages values ('${RUN_ID}', 1, 'status', 0, '2026-11-24T10:00:00Z', '{"status": "queued"}', null);
  insert into run_parts values ('${RUN_ID}', 'bulk', 0, 'bytes');
  insert into checkpoints values ('${RUN_ID}', 5, 0, 5, false, 'state_1', '2026-11-24T10:00:00Z');
  insert into verdicts values ('${RUN_ID}', 5, 'bytes', '2026-11-24T10:00:00Z');
  insert into datasets values ('dataset_${'0'.repeat(26)}', 'old', 'regression', 1, 1, 1, 1, '2026-11-24T10:00:00Z');
  insert into dataset_parts values ('dataset_${'0'.repeat(26)}', 0, 'bytes')`;

async function readTables(pool: pg.Pool): Promise<Record<string, Record<string, unknown>[]>> {
  const tables: Record<string, Record<string, unknown>[]> = {};
  for (const table of TABLES)
    tables[table] = (await pool.query<Record<string, unknown>>(`select * from ${table} order by 1, 2`)).rows;
  return tables;
}

test('a database that cannot be used is refused with one line that says why', async () => {
  await withDatabase('server', async ({ databaseUrl, dataDir }) => {
    const url = databaseUrl ?? '';
    await assert.rejects(
      openStore({ databaseUrl: url.replace(/[^/]+$/, 'missing'), dataDir }),
      refusal(/^Cannot use the database of DATABASE_URL: database "missing" does not exist$/),
    );
    await assert.rejects(
      openStore({ databaseUrl: url.replace('postgres@', 'nobody@'), dataDir }),
      refusal(/role "nobody" does not exist/),
    );
    const pool = new pg.Pool({ connectionString: url });
    await pool.query('create table runs (a int)');
    await pool.end();
    await assert.rejects(
      openStore({ databaseUrl: url, dataDir }),
      refusal(/^Cannot apply the migration \d+_init to this database: relation "runs" already exists/),
    );
  });
});
