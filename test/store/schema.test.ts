import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { migrate, readMigrations } from '../../src/store/postgres/migrations.ts';
import { sharedServer } from '../support/shared-server.ts';

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));

// The library of types for Node 20 does not know it.
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, unknown>,
  ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

/**
 * Prisma's schema engine in WebAssembly. Its entry point imports the .wasm file as a module, which Node does not
 * support yet.
 */
async function openSchemaEngine(schema: string, pool: pg.Pool): Promise<SchemaEngine> {
  const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as {
    SchemaEngine: typeof SchemaEngine;
    __wbg_set_wasm(exports: unknown): void;
  };
  const bytes = await readFile(
    new URL(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/js$/, 'wasm')),
  );
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue.SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool)),
  );
}

/** Prisma cannot describe indexes over a part of the rows, or over expressions. */
const BEYOND_PRISMA = [
  'run_messages_run_id_kind_seq_idx',
  'run_specs_%_idx',
  'runs_name_idx',
  'runs_experiment_idx',
  'runs_error_code_idx',
];

/** A description of everything in the schema that Prisma knows. */
async function describeSchema(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(
    `
    select format('column %s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' end, ' default ' || pg_get_expr(d.adbin, d.adrelid)) as line
      from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and c.relname <> '_prisma_migrations'
    union all select indexdef from pg_indexes where schemaname = 'public' and tablename <> '_prisma_migrations' and indexname not like all($1)
    union all select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
      where connamespace = 'public'::regnamespace and contype <> 'n' and conrelid::regclass::text <> '_prisma_migrations'
    union all select format('enum %s: %s', t.typname, string_agg(e.enumlabel, ', ' order by e.enumsortorder)) from pg_type t join pg_enum e on e.enumtypid = t.oid group by t.typname
    order by 1`,
    [BEYOND_PRISMA],
  );
  return rows.map(({ line }) => line);
}

test('the migrations create exactly the tables of schema.prisma', async () => {
  const server = await sharedServer();
  const schema = await readFile(`${PACKAGE}prisma/schema.prisma`, 'utf8');
  const byPrisma = new pg.Pool({ connectionString: await server.createDatabase() });
  const byMigrations = new pg.Pool({ connectionString: await server.createDatabase() });
  try {
    const engine = await openSchemaEngine(schema, byPrisma);
    const { stdout } = await engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    await byPrisma.query(stdout ?? '');
    await migrate(byMigrations, await readMigrations());
    const expected = await describeSchema(byPrisma);
    assert.ok(expected.length > 60, `${expected.length} columns, indexes and constraints`);
    assert.deepEqual(await describeSchema(byMigrations), expected);
  } finally {
    await byPrisma.end();
    await byMigrations.end();
  }
});
