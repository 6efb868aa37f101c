import pg from 'pg';
import { EmbeddedDatabase } from '../../src/store/embedded/embedded-database.ts';
import { Availability } from '../../src/store/postgres/availability.ts';
import type { StoreKind } from './database.ts';

/** A database as it is, without the store, which would apply migrations first. */
export async function withPool<T>(
  kind: StoreKind,
  { dataDir, databaseUrl }: { dataDir: string; databaseUrl: string | null },
  body: (pool: pg.Pool) => Promise<T>,
): Promise<T> {
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const availability = new Availability(logger);
  const embedded =
    kind === 'embedded' ? await EmbeddedDatabase.open(dataDir, { logger, availability, onFatal: logger.info }) : null;
  const pool = new pg.Pool(
    embedded
      ? { stream: embedded.socket, user: 'postgres', database: 'postgres' }
      : { connectionString: databaseUrl ?? '' },
  );
  try {
    return await body(pool);
  } finally {
    await pool.end();
    await embedded?.close();
  }
}
