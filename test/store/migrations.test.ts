import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import pg from 'pg';
import { migrate, readMigrations, type Migration } from '../../src/store/postgres/migrations.ts';
import { openStore } from '../../src/store/open-store.ts';
import { StoreUnavailable } from '../../src/store/postgres/unavailable.ts';
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
  test(`a broken migration leaves nothing of itself, and what came before it stays (${kind})`, () =>
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
        refusal(/^the migration 9_broken cannot be applied to this database: .*nonsense/),
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
        refusal(/is not the one that was applied/),
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

test('a database that cannot be used is refused with one line that says why', async () => {
  await withDatabase('server', async ({ databaseUrl, dataDir }) => {
    const url = databaseUrl ?? '';
    await assert.rejects(
      openStore({ databaseUrl: url.replace(/[^/]+$/, 'missing'), dataDir }),
      refusal(/^the database of DATABASE_URL cannot be used: database "missing" does not exist$/),
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
      refusal(/_init cannot be applied to this database: relation "runs" already exists/),
    );
  });
});
