/** What may be used at most, how much is used, and what is deleted when it has become old. */
import { Type } from 'typebox';
import { notFound } from '../errors.ts';
import { planOf } from '../people/housekeeping.ts';
import { RetentionPlanSchema, UsageSchema } from '../schemas/index.ts';
import { RETAINED, type Retention } from '../vocabulary/index.ts';
import { openDoor } from './door.ts';
import { personOf } from './people-route.ts';
import { answers, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const Params = Type.Object({ id: Type.String({ description: 'An id, or a name.', examples: ['default'] }) });
const days = (what: string) =>
  Type.Optional(
    Type.Integer({ minimum: 1, maximum: 36_500, description: `Instead of the project's own rule for ${what}.` }),
  );

export const usage: Routes = async (app, { store, allowances }) => {
  const { findProject } = openDoor(store);

  app.get(
    '/v1/me/limits',
    {
      schema: {
        tags: ['people'] satisfies Tag[],
        summary: 'Get your own limits',
        description: 'What you may use at most in all projects, and how much of it you use; null: without a limit.',
        response: answers(200, UsageSchema, 409),
      },
    },
    async ({ caller }) => {
      const { id } = personOf(caller);
      const found = await allowances.usage('person', id);
      if (!found) throw notFound('PERSON_NOT_FOUND', id);
      return found;
    },
  );

  app.get(
    '/v1/projects/:id/usage',
    {
      schema: {
        tags: ['projects'] satisfies Tag[],
        summary: 'Get the limits of a project',
        description: 'What the project may use at most, and how much of it is used; null: without a limit.',
        params: Params,
        response: answers(200, UsageSchema, 404),
      },
    },
    async (request) => {
      const { id } = await findProject(request);
      const found = await allowances.usage('project', id);
      if (!found) throw notFound('PROJECT_NOT_FOUND', id);
      return found;
    },
  );

  app.get(
    '/v1/projects/:id/retention',
    {
      schema: {
        tags: ['projects'] satisfies Tag[],
        summary: 'See what the retention of a project would delete now',
        description:
          'Nothing is deleted by this request. A query tries other rules before they are saved with `PATCH /v1/projects/{id}`.',
        params: Params,
        querystring: Type.Object({
          snapshots: days('snapshots'),
          metrics: days('metrics'),
          checkpoints: days('checkpoints'),
          runs: days('runs'),
        }),
        response: answers(200, RetentionPlanSchema, 404),
      },
    },
    async (request) => {
      const { id, retention } = await findProject(request);
      return planOf(store, id, { ...retention, ...given(request.query) });
    },
  );
};

const given = (query: Retention): Retention =>
  Object.fromEntries(RETAINED.flatMap((what) => (typeof query[what] === 'number' ? [[what, query[what]]] : [])));
