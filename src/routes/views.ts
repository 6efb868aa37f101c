/** Saved views of the dashboard, shared by all members of a project. */
import { Type } from 'typebox';
import { notFound } from '../errors.ts';
import { ListedProject, listOf, NewViewSchema, ViewPatchSchema, ViewSchema } from '../schemas/index.ts';
import { VIEW_PAGES } from '../vocabulary/index.ts';
import { auditor, changeOf } from './audit.ts';
import { openDoor } from './door.ts';
import { viewMaker } from './remade.ts';
import { answers, page, refuseBlank, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['views'];
const Params = Type.Object({ id: Type.String({ examples: ['view_01jz6f5m7s'] }) });

export const views: Routes = async (app, { store }) => {
  const audit = auditor(store);
  const { findView, originFor, sightFor } = openDoor(store);

  app.get(
    '/v1/views',
    {
      schema: {
        tags,
        summary: 'List saved views',
        description: 'Oldest first, of one page or of all.',
        querystring: Type.Object({
          page: Type.Optional(Type.Enum(VIEW_PAGES, { description: 'The page of the dashboard.' })),
          project: Type.Optional(ListedProject),
        }),
        response: answers(200, listOf(ViewSchema), 404),
      },
    },
    async (request) => {
      const { page: of, project } = request.query;
      return page(await store.views.list(of, (await sightFor(request, project)).sight));
    },
  );

  app.post(
    '/v1/views',
    {
      config: { remade: viewMaker(store) },
      schema: {
        tags,
        summary: 'Save a view',
        description: 'What a page of the dashboard shows: the query of its address, under a name.',
        body: {
          ...NewViewSchema,
          examples: [{ name: 'best runs', page: 'runs', state: 'filter=summary.valLoss+%3C+0.1&orderBy=valLoss' }],
        },
        response: answers(201, ViewSchema, 404),
      },
    },
    async (request, reply) => {
      const { project, ...view } = request.body;
      refuseBlank('name', view.name);
      const created = await store.views.create(view, await originFor(request, project));
      await audit(request, 'view.created', created, { after: { name: created.name, page: created.page } });
      return reply.code(201).header('location', `/v1/views/${created.id}`).send(created);
    },
  );

  app.patch(
    '/v1/views/:id',
    {
      schema: {
        tags,
        summary: 'Rename a view, or save what is shown now in it',
        description: 'What is left out stays as it is.',
        params: Params,
        body: { ...ViewPatchSchema, examples: [{ name: 'best runs of May' }] },
        response: answers(200, ViewSchema, 404),
      },
    },
    async (request) => {
      const { project, ...patch } = request.body;
      refuseBlank('name', patch.name);
      const view = await findView(request);
      const to = project === undefined ? view.project : (await originFor(request, project)).project;
      const changed = await store.views.change(view.id, { ...patch, project: to });
      if (!changed) throw notFound('VIEW_NOT_FOUND', view.id);
      if (Object.keys(patch).length > 0) await audit(request, 'view.changed', changed, changeOf(patch, view, changed));
      if (to !== view.project) await audit(request, 'view.moved', changed, changeOf({ project: to }, view, changed));
      return changed;
    },
  );

  app.delete(
    '/v1/views/:id',
    {
      schema: {
        tags,
        summary: 'Delete a view',
        description: 'For all members of its project. The runs that it shows stay.',
        params: Params,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const view = await findView(request);
      if (!(await store.views.delete(view.id))) throw notFound('VIEW_NOT_FOUND', view.id);
      await audit(request, 'view.deleted', view, { before: { name: view.name, page: view.page } });
      return reply.code(204).send(null);
    },
  );
};
