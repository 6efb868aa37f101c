/**
 * Applies prisma/migrations at start and records them as `prisma migrate deploy` does, so both can be used on the same
 * database.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { setUpAlone } from './set-up.ts';
import { StoreUnavailable } from './unavailable.ts';

const DIRECTORY = new URL('../../../../prisma/migrations/', import.meta.url);

export interface Migration {
  name: string;
  sql: string;
  checksum: string;
}
interface Applied {
  name: string;
  checksum: string;
  isFinished: boolean;
}

export async function readMigrations(directory: URL = DIRECTORY): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, directory), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Returns the names of the migrations that it applied. If several processes start at once, one applies them and the
 * others wait.
 */
export const migrate = (pool: pg.Pool, migrations: readonly Migration[]): Promise<string[]> =>
  setUpAlone(pool, async (client) => {
    const pending = check(migrations, await readApplied(client));
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  });

async function readApplied(client: pg.PoolClient): Promise<Applied[]> {
  await client.query(`create table if not exists _prisma_migrations (
    id varchar(36) primary key not null, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
    logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`);
  const { rows } = await client.query<Applied>(
    `select migration_name as name, checksum, finished_at is not null as "isFinished" from _prisma_migrations where rolled_back_at is null order by started_at`,
  );
  return rows;
}

function check(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum, isFinished } of applied) {
    const migration = known.get(name);
    if (!migration)
      throw new StoreUnavailable(
        `The database is newer than this version of Relumine: it has the migration ${name}. Start the newer version.`,
      );
    if (!isFinished)
      throw new StoreUnavailable(
        `The migration ${name} failed halfway in this database. Repair it, then mark it with "prisma migrate resolve".`,
      );
    if (checksum !== migration.checksum)
      throw new StoreUnavailable(
        `The migration ${name} differs from the one that was applied to this database. Restore the file prisma/migrations/${name}/migration.sql.`,
      );
  }
  const names = new Set(applied.map(({ name }) => name));
  return migrations.filter(({ name }) => !names.has(name));
}

async function apply(client: pg.PoolClient, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query(sql);
    await client.query(
      'insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) values ($1, $2, $3, clock_timestamp(), 1)',
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
  } catch (cause) {
    throw new StoreUnavailable(`Cannot apply the migration ${name} to this database: ${(cause as Error).message}`, {
      cause,
    });
  }
}
