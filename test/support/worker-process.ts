/**
 * A worker process whose threads rehearse training. It prints `ready` once it waits for runs, and reads DATABASE_URL
 * and SILENT_MS from the environment.
 */
import { openStore } from '../../src/store/open-store.ts';
import { play } from './rehearsal.ts';

const store = await openStore({ databaseUrl: process.env['DATABASE_URL'] ?? '', dataDir: '' });
await play(store, {
  workers: Number(process.env['WORKERS'] ?? 1),
  heartbeatMs: 200,
  silentMs: Number(process.env['SILENT_MS'] ?? 1500),
});
process.stdout.write('ready\n');
// Nothing else keeps the process alive while there is no run.
setInterval(() => {}, 60_000);
