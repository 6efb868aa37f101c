/** Data sets: built-in ones by name, uploaded ones by id. */
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { nameFirst, packInlineData, readUpload } from '../jobs/index.ts';
import { DatasetRef, listOf, UploadSchema } from '../schemas/index.ts';
import { BUILT_IN_DATASETS, type BuiltInDataset } from '../vocabulary/index.ts';
import { builtIn, datasetNotFound, openDoor } from './door.ts';
import { answers, leaveBody, page, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['datasets'];
const Params = Type.Object({
  id: Type.String({
    description: 'The name of a built-in data set, or the id of an uploaded one.',
    examples: ['mnist'],
  }),
});

export const datasets: Routes = async (app, { store }) => {
  const { findDataset } = openDoor(store);

  app.get(
    '/v1/datasets',
    {
      schema: {
        tags,
        summary: 'List data sets',
        description: 'Built-in data sets first, then uploaded ones, newest first.',
        response: answers(200, listOf(DatasetRef)),
      },
    },
    async () => {
      const names = Object.keys(BUILT_IN_DATASETS) as BuiltInDataset[];
      return page([...names.map(builtIn), ...(await store.datasets.list())]);
    },
  );

  app.post(
    '/v1/datasets',
    {
      schema: {
        tags,
        summary: 'Upload a data set',
        description: 'A job trains on it by its id. An `Idempotency-Key` makes the upload safe to repeat.',
        body: {
          ...UploadSchema,
          examples: [
            {
              name: 'and',
              inputs: [
                [0, 0],
                [0, 1],
                [1, 0],
                [1, 1],
              ],
              targets: [0, 0, 0, 1],
              task: 'classification',
            },
          ],
        },
        response: answers(201, DatasetRef),
      },
      validatorCompiler: leaveBody(app),
    },
    async (request, reply) => {
      const upload = readUpload(request.body);
      if ('details' in upload)
        throw new RelumineError('INVALID_REQUEST', `The data set is not valid: ${nameFirst(upload.details)}`, {
          details: upload.details,
        });
      const info = await store.datasets.create(upload.name, packInlineData(upload.data));
      return reply.code(201).header('location', `/v1/datasets/${info.id}`).send(info);
    },
  );

  app.get(
    '/v1/datasets/:id',
    {
      schema: {
        tags,
        summary: 'Get a data set',
        description: 'Its task, size and description, without the data.',
        params: Params,
        response: answers(200, DatasetRef, 404),
      },
    },
    async (request) => (await findDataset(request)).info,
  );

  app.delete(
    '/v1/datasets/:id',
    {
      schema: {
        tags,
        summary: 'Delete an uploaded data set',
        description:
          'Runs that were trained on it keep their models but cannot be repeated. Unfinished runs that use it fail with DATASET_UNAVAILABLE when they next start.',
        params: Params,
        response: answers(204, Type.Null(), 404, 409),
      },
    },
    async (request, reply) => {
      const found = await findDataset(request);
      if (found.kind === 'builtIn')
        throw new RelumineError('WRONG_STATE', `Data set "${found.name}" is built in and cannot be deleted.`);
      if (!(await store.datasets.delete(found.id))) throw datasetNotFound(found.id);
      return reply.code(204).send(null);
    },
  );
};
