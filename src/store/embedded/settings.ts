/** Settings of the embedded database: small, for one machine and one process. */
import { PGlite } from '@electric-sql/pglite';

const SETTINGS: Record<string, string> = {
  // The operating system caches the files anyway, and every MiB more here is resident memory.
  shared_buffers: '16MB',
  wal_buffers: '1MB',
  work_mem: '8MB',
  maintenance_work_mem: '16MB',
  // Pages are read from the cache of the operating system, in any order.
  random_page_cost: '1.1',
  temp_buffers: '1MB',
  min_wal_size: '32MB',
  max_wal_size: '128MB',
  jit: 'off',
};

export const START_PARAMETERS: string[] = [
  ...PGlite.defaultStartParams,
  ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
];
