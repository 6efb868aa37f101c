/** One Postgres server per test file, started on first use. */
import { after } from 'node:test';
import { startServer, type TestServer } from './postgres-server.ts';

let shared: Promise<TestServer> | null = null;
after(async () => {
  await (await shared)?.stop();
});

/** The server of this test file. */
export const sharedServer = (): Promise<TestServer> => (shared ??= startServer());
