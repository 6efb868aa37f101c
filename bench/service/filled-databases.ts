/** Services with a long past. */
import { join } from 'node:path';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { ServiceProcess } from './service-process.ts';
import { withFolder } from './temporary-folder.ts';

/**
 * Fills an embedded database and measures a service on it; then the same on a Postgres server, where the URL of an empty
 * database is given. `measure` gets what `fill` returns.
 */
export async function onDatabases<T>(
  databaseUrl: string | undefined,
  {
    fill,
    measure,
  }: {
    fill: (store: Store) => Promise<T>;
    measure: (service: ServiceProcess, database: string, past: T) => Promise<void>;
  },
): Promise<void> {
  await withFolder(async (folder) => {
    for (const database of databaseUrl === undefined ? ['embedded'] : ['embedded', 'server']) {
      const url = database === 'server' ? databaseUrl! : null;
      const dataDir = join(folder, database);
      const store = await openStore({ databaseUrl: url, dataDir });
      let past: T;
      try {
        past = await fill(store);
        // A service does so by itself within five minutes.
        await store.pool.query('vacuum (analyze)');
      } finally {
        await store.close();
      }
      const service = await ServiceProcess.start({ dataDir, ...(url !== null && { env: { DATABASE_URL: url } }) });
      try {
        await measure(service, database, past);
      } finally {
        await service.stop();
      }
    }
  });
}
