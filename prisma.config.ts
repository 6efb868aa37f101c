/** Configuration of the Prisma command line. The service itself never reads it. */
import { defineConfig } from 'prisma/config';

// `generate`, `validate` and `format` run in WebAssembly, yet the command line first insists on downloading the native schema
// engine, and fails where only the npm registry is in reach. Any existing file satisfies it. Commands that do need the engine
// (`migrate`, `db`) are left to download it.
const needsSchemaEngine = ['migrate', 'db'].includes(process.argv[2] ?? '');
if (!needsSchemaEngine) process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(process.env['DATABASE_URL'] ? { datasource: { url: process.env['DATABASE_URL'] } } : {}),
});
