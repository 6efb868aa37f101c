/** What a request has made before its process died, for the request that repeats it. */
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import { visibleTo } from '../people/shared-run.ts';
import type { Store } from '../store/store.ts';
import type { RunTrials } from '../trials/trials.ts';
import type { Door, Named } from './door.ts';

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

/** Nothing has the address of one person: they are listed. */
export const personMaker =
  ({ people }: Pick<Store, 'people'>): Remade =>
  async (_request, id) => {
    const body = await people.get(id);
    return body && { location: null, body };
  };

export const projectMaker =
  ({ projects }: Pick<Store, 'projects'>): Remade =>
  async (_request, id) => {
    const project = await projects.find(id, null);
    return project && { location: `/v1/projects/${id}`, body: { ...project, role: 'admin' } };
  };

/** On the run that the request names. */
export const commentMaker =
  ({ comments }: Pick<Store, 'comments'>, findRun: Door['findRun']): Remade =>
  async (request, id) => {
    const run = await findRun(request as Named);
    const body = await comments.get(run.id, id);
    return body && { location: `/v1/runs/${run.id}/comments/${id}`, body };
  };

/** A run has one set of trials: it is gone if later ones took its place. */
export const trialsMaker =
  ({ trials }: Pick<Store, 'trials'>, runner: RunTrials, findRun: Door['findRun']): Remade =>
  async (request, id) => {
    const run = await findRun(request as Named);
    const stored = await trials.get(run.id);
    const body = stored?.id === id ? await runner.get(run.id) : null;
    return body && { location: `/v1/runs/${run.id}/trials`, body };
  };
