/**
 * A database of version 0.2.0 with every row as a service of that version left it: an uploaded data set in two versions,
 * runs that were trained, forked and tried, a saved view, a kept answer, and a run that was paused while it trained.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type pg from 'pg';
import { migrate, readMigrations } from '../../src/store/postgres/migrations.ts';
import { withPool } from '../support/bare-database.ts';
import { STORE_KINDS } from '../support/database.ts';
import { sharedServer } from '../support/shared-server.ts';
import { ask, ended, startService } from '../support/service.ts';

const LAST_MIGRATION = '20261128051000_dataset_sources';
const FIXTURE = new URL('../../../test/fixtures/database-0.2.0.json.gz', import.meta.url);

/** Rows as JSON, by table. */
type Rows = Record<string, string[]>;

const readFixture = async (): Promise<Rows> => {
  const { _prisma_migrations: _, ...rows } = JSON.parse(gunzipSync(await readFile(FIXTURE)).toString()) as Rows;
  return rows;
};

/** Runs and trials refer to each other, so references are not checked while rows are put back. */
async function putBack(pool: pg.Pool, rows: Rows): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`begin; set local session_replication_role = replica`);
    for (const [table, lines] of Object.entries(rows)) {
      const columns = Object.keys(JSON.parse(lines[0] ?? '{}') as object).map((name) => `"${name}"`);
      await client.query(
        `insert into ${table} (${columns.join()}) select ${columns.join()} from unnest($1::text[]) line, json_populate_record(null::${table}, line::json)`,
        [lines],
      );
    }
    await client.query('commit');
  } finally {
    client.release();
  }
}

/** The columns that version 0.2.0 had, as that version's rows had them. */
async function readBack(pool: pg.Pool, before: Rows): Promise<Rows> {
  const after: Rows = {};
  for (const [table, lines] of Object.entries(before)) {
    const columns = Object.keys(JSON.parse(lines[0] ?? '{}') as object).map((name) => `"${name}"`);
    const { rows } = await pool.query<{ line: string }>(
      `select row_to_json(kept)::text as line from (select ${columns.join()} from ${table}) kept order by 1`,
    );
    after[table] = rows.map(({ line }) => line);
  }
  return after;
}

for (const kind of STORE_KINDS)
  test(`a database of version 0.2.0 opens, keeps every row and goes on, in the project default (${kind})`, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'relumine-test-'));
    const remove = () => rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    const databaseUrl = kind === 'server' ? await (await sharedServer()).createDatabase() : null;
    const before = await readFixture();
    assert.ok(Object.values(before).every((lines) => lines.length > 0));
    const kept = await withPool(kind, { dataDir, databaseUrl }, async (pool) => {
      await migrate(
        pool,
        (await readMigrations()).filter(({ name }) => name <= LAST_MIGRATION),
      );
      await putBack(pool, before);
      return readBack(pool, before);
    });

    const service = await startService({ database: { dataDir, databaseUrl, remove }, trains: true, workers: 1 });
    try {
      assert.deepEqual(await readBack(service.stations.store.pool, before), kept, 'nothing was changed or lost');
      const { client, url } = service;
      const { data: runs } = await client.listPage({ trials: 'include', limit: 100 });
      assert.equal(runs.length, before['runs']?.length);
      assert.ok(runs.every(({ project, createdBy }) => project === 'default' && createdBy === null));
      const [dataset] = (await client.datasets()).filter(({ name }) => name === 'beetles');
      assert.deepEqual([dataset?.project, dataset?.createdBy, dataset?.version], ['default', null, 2]);
      const [view] = await client.views();
      assert.deepEqual([view?.name, view?.project, view?.createdBy], ['best', 'default', null]);

      const trained = runs.find(({ name, parentId }) => name === 'old' && parentId === null);
      assert.ok(trained);
      for (const part of ['diagnosis', 'metrics', 'neurons', 'evaluation', 'model?format=json'])
        assert.equal((await ask(`${url}/v1/runs/${trained.id}/${part}`)).status, 200, part);

      const paused = runs.find(({ status }) => status === 'paused');
      assert.ok(paused);
      await client.resume(paused.id);
      for await (const message of client.watch(paused.id, { snapshots: false }))
        if (message.type === 'metrics' && message.step > paused.progress.step) break;
      await client.cancel(paused.id);
      await ended(service, paused.id);
      assert.ok((await client.get(paused.id)).progress.step > paused.progress.step, 'it trained on');
    } finally {
      await service.remove();
      await remove();
    }
  });
