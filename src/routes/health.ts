/** For whoever watches over the process: does it live, can it serve. */
import { setTimeout as delay } from 'node:timers/promises';
import { HealthSchema } from '../schemas/index.ts';
import type { Store } from '../store/store.ts';
import type { Routes } from './route.ts';

const tags = ['operations'];
/** A database that takes longer than this counts as gone. */
const PATIENCE_MS = 2000;

export const health: Routes = async (app, { store }) => {
  app.get(
    '/health/live',
    {
      schema: { tags, summary: 'The process lives', response: { 200: HealthSchema } },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/health/ready',
    {
      schema: { tags, summary: 'The service can take jobs', response: { 200: HealthSchema, 503: HealthSchema } },
    },
    async (_request, reply) => {
      const database = await askDatabase(store);
      return database === 'ok'
        ? reply.code(200).send({ status: 'ok', checks: { database } })
        : reply.code(503).send({ status: 'unavailable', checks: { database } });
    },
  );
};

/** What went wrong is for the log: the answer can be seen by anybody. */
async function askDatabase(store: Store): Promise<string> {
  const controller = new AbortController();
  try {
    const asked = store.pool.query('SELECT 1').then(
      () => 'ok',
      () => 'unreachable',
    );
    return await Promise.race([asked, delay(PATIENCE_MS, 'no answer', { signal: controller.signal })]);
  } finally {
    controller.abort();
  }
}
