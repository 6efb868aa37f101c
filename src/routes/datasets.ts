/** Data sets: look at them, change what their columns mean, delete them. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { RelumineError, notFound } from '../errors.ts';
import {
  DatasetPatchSchema,
  DatasetPreviewSchema,
  DatasetRef,
  DatasetVersion,
  FIRST_ROWS,
  ListedProject,
  listOf,
  UnreadDatasetRef,
} from '../schemas/index.ts';
import type { DatasetUse } from '../store/store.ts';
import {
  BUILT_IN_DATASETS,
  isBuiltInDataset,
  PACKAGED_DATASETS,
  type BuiltInDataset,
  type DatasetInfo,
} from '../vocabulary/index.ts';
import { auditor, changeOf, datasetFacts } from './audit.ts';
import { builtIn, notRead, openDoor } from './door.ts';
import { projectOf } from '../jobs/index.ts';
import { answers, leaveBody, page, whileConnected, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['datasets'];
const Params = Type.Object({
  id: Type.String({
    description: 'The id of an uploaded data set, or a name; of several with that name the newest is meant.',
    examples: ['mnist'],
  }),
});

const VersionQuery = Type.Optional({
  ...DatasetVersion,
  description: 'Of an uploaded data set; the newest version by default.',
});

export const datasets: Routes = async (app, { store, shelf }) => {
  const { findDataset, originFor, sightFor } = openDoor(store, shelf);
  const audit = auditor(store);

  app.get(
    '/v1/datasets',
    {
      schema: {
        tags,
        summary: 'List data sets',
        description:
          'Built-in data sets first, then those that are there as files in DATASETS_DIR and are read when they are first named (until then `status` is `unread`, and task and sizes are null), then the newest version of uploaded ones, newest first. `columns` are left out; `GET /v1/datasets/{id}` has them.',
        querystring: Type.Object({ project: Type.Optional(ListedProject) }),
        response: answers(200, listOf(Type.Union([DatasetRef, UnreadDatasetRef])), 404),
      },
    },
    async (request) => {
      const { sight } = await sightFor(request, request.query.project);
      const names = Object.keys(BUILT_IN_DATASETS) as BuiltInDataset[];
      const [inFolders, stored] = await Promise.all([shelf.namesInFolders(), store.datasets.list(sight)]);
      const readNames = new Set(stored.map(({ name }) => name));
      const unread = [...new Set([...Object.keys(PACKAGED_DATASETS), ...inFolders])].filter(
        (name) => !readNames.has(name) && !isBuiltInDataset(name),
      );
      return page([
        ...names.map((name) => builtIn(name, shelf.packageReason(name))),
        ...unread.map((name) => notRead(name, inFolders.includes(name))),
        ...stored.map(withoutColumns),
      ]);
    },
  );

  app.get(
    '/v1/datasets/:id',
    {
      schema: {
        tags,
        summary: 'Get a data set',
        description: 'Its task, size, columns and warnings, without the data.',
        params: Params,
        querystring: Type.Object({ version: VersionQuery }),
        response: answers(200, DatasetRef, 404),
      },
    },
    async (request) => (await findDataset(request, request.query.version)).info,
  );

  app.get(
    '/v1/datasets/:id/preview',
    {
      schema: {
        tags,
        summary: 'Look at an uploaded data set',
        description:
          'The first rows as they were read; of each column its missing share, histogram or most frequent values; the classes with their rows; and how the files were read.',
        params: Params,
        querystring: Type.Object({
          rows: Type.Optional(
            Type.Integer({ minimum: 0, maximum: FIRST_ROWS, default: 20, description: 'How many of the first rows.' }),
          ),
          version: VersionQuery,
        }),
        response: answers(200, DatasetPreviewSchema, 404, 409),
      },
    },
    async (request) => {
      const found = await findDataset(request, request.query.version);
      if (found.kind === 'builtIn') throw builtInOnly(found.name, 'has no preview');
      return shelf.preview(found.info, request.query.rows ?? 20);
    },
  );

  app.get(
    '/v1/datasets/:id/versions',
    {
      schema: {
        tags,
        summary: 'List the versions of an uploaded data set',
        description: 'Newest first. `runs` counts the runs that name the version. `columns` are left out.',
        params: Params,
        response: answers(200, listOf(DatasetRef), 404, 409),
      },
    },
    async (request) => {
      const found = await findDataset(request);
      if (found.kind === 'builtIn') throw builtInOnly(found.name, 'has no versions');
      const { sight } = await sightFor(request);
      return page((await store.datasets.versions(found.id, sight)).map(withoutColumns));
    },
  );

  app.patch(
    '/v1/datasets/:id',
    {
      schema: {
        tags,
        summary: 'Change what the columns of a data set mean',
        description:
          'Kind, role, categories, encoding and fill of columns; task; split; name; the project to which it belongs. A new version where runs have used the newest one, which stays as it was for them; otherwise it is changed in place. Without a `task`, another target may change it.',
        params: Params,
        body: DatasetPatchSchema,
        response: answers(200, DatasetRef, 404, 409),
      },
      validatorCompiler: leaveBody(app),
    },
    async (request, reply) => {
      const found = await findDataset(request);
      if (found.kind === 'builtIn') throw builtInOnly(found.name, 'cannot be changed');
      const { id, info } = found;
      const wanted = projectOf(request.body);
      const to = wanted === undefined ? null : await originFor(request, wanted);
      if (changesMore(request.body)) {
        const changed = await shelf.change(info, request.body, whileConnected(reply));
        const after = { ...datasetFacts(changed), change: request.body };
        await audit(
          request,
          'dataset.changed',
          { id, project: info.project ?? null },
          { before: datasetFacts(info), after },
        );
      }
      if (to) await move(request, info, to.project);
      const moved = await store.datasets.info(id, null, (await sightFor(request)).sight);
      if (!moved) throw notFound('DATASET_NOT_FOUND', id);
      return moved;
    },
  );

  app.delete(
    '/v1/datasets/:id',
    {
      schema: {
        tags,
        summary: 'Delete an uploaded data set',
        description:
          'With all of its versions. If runs use it, the answer is 409 DATASET_IN_USE and says how many, unless `force` is true: finished runs then keep their models but cannot be repeated, and unfinished ones fail with DATASET_UNAVAILABLE when they next start.',
        params: Params,
        querystring: Type.Object({
          force: Type.Optional(Type.Boolean({ default: false, description: 'Delete it even if runs use it.' })),
        }),
        response: answers(204, Type.Null(), 404, 409),
      },
    },
    async (request, reply) => {
      const found = await findDataset(request);
      if (found.kind === 'builtIn') throw builtInOnly(found.name, 'cannot be deleted');
      if (!request.query.force) refuseIfUsed(found.info, await store.datasets.use(found.id));
      if (!(await store.datasets.delete(found.id))) throw notFound('DATASET_NOT_FOUND', found.id);
      await audit(
        request,
        'dataset.deleted',
        { id: found.id, project: found.info.project ?? null },
        { before: datasetFacts(found.info) },
      );
      return reply.code(204).send(null);
    },
  );

  async function move(request: FastifyRequest, info: DatasetInfo, to: string): Promise<void> {
    const { id = '', name, project } = info;
    if (typeof project !== 'string')
      throw new RelumineError(
        'WRONG_STATE',
        `Data set "${name}" is read from files, for all projects. It cannot be moved.`,
      );
    if (project === to) return;
    const moved = await store.datasets.move(id, to);
    if (!moved) throw notFound('DATASET_NOT_FOUND', id);
    await audit(request, 'dataset.moved', { id, project: to }, changeOf({ project: to }, info, moved));
  }
};

/** Whether a change says anything besides the project to move to. */
const changesMore = (body: unknown): boolean =>
  projectOf(body) === undefined || Object.keys(body as object).some((key) => key !== 'project');

/** There may be thousands of them; those of one data set come with it. */
function withoutColumns({ columns: _columns, ...info }: DatasetInfo): DatasetInfo {
  return info;
}

const builtInOnly = (name: string, what: string) =>
  new RelumineError('WRONG_STATE', `Data set "${name}" is built in and ${what}.`);

function refuseIfUsed({ name, id }: DatasetInfo, { runs, unfinished }: DatasetUse): void {
  if (runs === 0) return;
  const named = name === undefined ? (id ?? '') : JSON.stringify(name);
  const waiting =
    unfinished === 0 ? '' : ` ${unfinished} of them ${unfinished === 1 ? 'has' : 'have'} not ended and will fail.`;
  throw new RelumineError(
    'DATASET_IN_USE',
    `${runs} ${runs === 1 ? 'run uses' : 'runs use'} data set ${named}.${waiting} Without it they cannot be repeated. Delete it with force=true if you want that.`,
  );
}
