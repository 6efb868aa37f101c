/** Saved views of the dashboard, shared by all who use the service. */
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { listOf, NewViewSchema, ViewPatchSchema, ViewSchema } from '../schemas/index.ts';
import { VIEW_PAGES } from '../vocabulary/index.ts';
import { auditor } from './audit.ts';
import { answers, page, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['views'];
const Params = Type.Object({ id: Type.String({ examples: ['view_01jz6f5m7s'] }) });

export const views: Routes = async (app, { store }) => {
  const audit = auditor(store);

  app.get(
    '/v1/views',
    {
      schema: {
        tags,
        summary: 'List saved views',
        description: 'Oldest first, of one page or of all.',
        querystring: Type.Object({
          page: Type.Optional(Type.Enum(VIEW_PAGES, { description: 'The page of the dashboard.' })),
        }),
        response: answers(200, listOf(ViewSchema)),
      },
    },
    async ({ query }) => page(await store.views.list(query.page)),
  );

  app.post(
    '/v1/views',
    {
      schema: {
        tags,
        summary: 'Save a view',
        description: 'What a page of the dashboard shows: the query of its address, under a name.',
        body: {
          ...NewViewSchema,
          examples: [{ name: 'best runs', page: 'runs', state: 'filter=summary.valLoss+%3C+0.1&orderBy=valLoss' }],
        },
        response: answers(201, ViewSchema),
      },
    },
    async (request, reply) => {
      refuseBlank(request.body.name);
      const view = await store.views.create(request.body);
      await audit(request, 'view.created', view, { after: { name: view.name, page: view.page } });
      return reply.code(201).header('location', `/v1/views/${view.id}`).send(view);
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
      const { params, body } = request;
      refuseBlank(body.name);
      const view = await store.views.change(params.id, body);
      if (!view) throw viewNotFound(params.id);
      await audit(request, 'view.changed', view, { after: body });
      return view;
    },
  );

  app.delete(
    '/v1/views/:id',
    {
      schema: {
        tags,
        summary: 'Delete a view',
        description: 'For all who use the service. The runs that it shows stay.',
        params: Params,
        response: answers(204, Type.Null(), 404),
      },
    },
    async (request, reply) => {
      const { params } = request;
      if (!(await store.views.delete(params.id))) throw viewNotFound(params.id);
      await audit(request, 'view.deleted', params);
      return reply.code(204).send(null);
    },
  );
};

function refuseBlank(name: string | undefined): void {
  if (name === undefined || name.trim() !== '') return;
  const details = [{ path: 'name', message: 'must not be blank', expected: 'at least one letter or digit' }];
  throw new RelumineError('INVALID_REQUEST', 'The request is not valid: name must not be blank.', { details });
}

const viewNotFound = (id: string) =>
  new RelumineError('VIEW_NOT_FOUND', `View ${JSON.stringify(id.slice(0, 100))} not found.`);
