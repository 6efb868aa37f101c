/** What a request has made before its process died, for the request that repeats it. */
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import { visibleTo } from '../people/shared-run.ts';
import type { Store } from '../store/store.ts';

type Remade = NonNullable<FastifyContextConfig['remade']>;

export const runMaker =
  ({ runs }: Pick<Store, 'runs'>): Remade =>
  async ({ caller }: FastifyRequest, id) => {
    const run = await runs.get(id);
    if (!run) return null;
    const queuePosition = await runs.position(id);
    return { location: `/v1/runs/${id}`, body: visibleTo(caller, { ...run, queuePosition }) };
  };

export const datasetMaker =
  ({ datasets }: Pick<Store, 'datasets'>): Remade =>
  async (_request, id) => {
    const body = await datasets.info(id);
    return body && { location: `/v1/datasets/${id}`, body };
  };

export const viewMaker =
  ({ views }: Pick<Store, 'views'>): Remade =>
  async (_request, id) => {
    const body = await views.get(id);
    return body && { location: `/v1/views/${id}`, body };
  };
