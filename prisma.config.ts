/** Configuration of the Prisma command line. The service itself never reads it. */
import { defineConfig } from 'prisma/config';

// `generate`, `validate` and `format` run in WebAssembly. Even so, the command line first downloads the native schema
// engine, which fails where only the npm registry is reachable. Any existing file satisfies it. The commands that need the
// engine (`migrate`, `db`) still download it.
const needsSchemaEngine = ['migrate', 'db'].includes(process.argv[2] ?? '');
if (!needsSchemaEngine) process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(process.env['DATABASE_URL'] ? { datasource: { url: process.env['DATABASE_URL'] } } : {}),
});
