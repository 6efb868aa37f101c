/** Probes for an orchestrator: whether the process is alive and can serve requests. */
import { setTimeout as delay } from 'node:timers/promises';
import { Type } from 'typebox';
import { ErrorRef, HealthSchema } from '../schemas/index.ts';
import type { OutageKind } from '../store/postgres/availability.ts';
import type { Store } from '../store/store.ts';
import { answers, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['operations'];
/** A database that takes longer than this counts as unavailable. */
const PATIENCE_MS = 2000;
const NAMES: Record<OutageKind, string> = { away: 'unreachable', readOnly: 'read-only', full: 'disk full' };

export const health: Routes = async (app, { store }) => {
  app.get(
    '/health/live',
    {
      schema: {
        tags,
        summary: 'Check that the process is alive',
        description: 'Needs neither the database nor an engine. Returns 200 even while the service starts.',
        response: answers(200, HealthSchema),
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/health/ready',
    {
      schema: {
        tags,
        summary: 'Check that the service can take jobs',
        description:
          'Returns 503 while the service starts, and while the database does not respond or accepts no changes.',
        response: { ...answers(200, HealthSchema), 503: Type.Union([HealthSchema, ErrorRef]) },
      },
    },
    async (_request, reply) => {
      const database = await askDatabase(store);
      return database === 'ok'
        ? reply.code(200).send({ status: 'ok', checks: { database } })
        : reply.code(503).send({ status: 'unavailable', checks: { database } });
    },
  );
};

/** One word, because the response is public and details belong in the log. */
async function askDatabase(store: Store): Promise<string> {
  const { outage } = store.availability;
  if (outage) return NAMES[outage.kind];
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
