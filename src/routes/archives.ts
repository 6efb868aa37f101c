/** Whole experiments as archives, out of this service and into another one. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import { archiveOf, importArchive } from '../exports/index.ts';
import { ErrorRef, ImportAnswerSchema, ListedProject, ProjectName } from '../schemas/index.ts';
import { auditor } from './audit.ts';
import { openDoor } from './door.ts';
import { answers, checkQuery, FILE, leaveBody, type Routes } from './route.ts';
import { sendFile } from './table-answer.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['archives'];
/** A request's body is a stream of bytes, which no keyword describes. */
const ARCHIVE = { schema: Type.Unsafe<Readable>({ description: 'An archive.' }) };

export const archives: Routes = async (app, { store, shelf, allowances }) => {
  const audit = auditor(store);
  const { originFor, sightFor } = openDoor(store);
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.decorateRequest('spooled', null);

  app.get(
    '/v1/experiments/:name/archive',
    {
      schema: {
        tags,
        summary: 'Download a whole experiment',
        description:
          'A gzipped tar of all its runs with their specs, logs, checkpoints, verdicts, evaluations and trials, which `POST /v1/archives` of any Relumine reads. With `data=true` also the uploaded data sets that the runs name.',
        params: Type.Object({ name: Type.String({ maxLength: 100 }) }),
        querystring: Type.Object({
          project: Type.Optional(ListedProject),
          data: Type.Optional(Type.Boolean({ default: false, description: 'With the uploaded data sets.' })),
        }),
        response: { ...answers(404, ErrorRef), 200: { content: { 'application/gzip': FILE } } },
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const { sight } = await sightFor(request, query.project);
      const head = await store.archives.head(params.name, query.data === true, sight);
      if (!head)
        throw new RelumineError('RUN_NOT_FOUND', `There is no run of an experiment ${JSON.stringify(params.name)}.`);
      return sendFile(reply, archiveOf(store.archives, head));
    },
  );

  app.post(
    '/v1/archives',
    {
      schema: {
        tags,
        summary: 'Import an experiment',
        description:
          'The body is an archive of `GET /v1/experiments/{name}/archive`. Runs keep their ids where those are free, and get new ones otherwise; the answer says which. A run that had not ended is cancelled. An archive that is damaged answers INVALID_FILE. Nothing is stored unless everything is.',
        querystring: Type.Object({ project: Type.Optional(ProjectName) }),
        body: { content: { 'application/gzip': ARCHIVE, 'application/octet-stream': ARCHIVE } },
        response: answers(201, ImportAnswerSchema, 404, 507),
      },
      validatorCompiler: leaveBody(app),
      preValidation: async (request, reply) => {
        // Refused before gigabytes are read.
        checkQuery(request);
        await allowances.checkRoom(await originFor(request, request.query.project), 'data');
        const body: unknown = request.body;
        if (!(body instanceof Readable))
          throw new RelumineError(
            'INVALID_REQUEST',
            'Send the archive as the body, with Content-Type: application/gzip.',
          );
        const upload = await shelf.spool.open();
        // However the request ends.
        reply.raw.once('close', () => void upload.remove());
        request.spooled = upload;
        await upload.write(body, { name: 'archive' }, Number(request.headers['content-length'] ?? 0));
        // The content as its hash: so the same content is the same request to the replay of answers.
        request.body = upload;
      },
    },
    async (request, reply) => {
      const into = await originFor(request, request.query.project);
      const { sight } = await sightFor(request);
      const upload = request.spooled!;
      try {
        const imported = await importArchive(store.archives, upload.files[0]!.path, { ...into, sight });
        const [runs, datasets] = [imported.runs, imported.datasets].map((ids) => ids.map(({ to }) => to));
        const { experiment: id } = imported;
        await audit(request, 'experiment.imported', { id, project: into.project }, { after: { runs, datasets } });
        return await reply.code(201).send(imported);
      } finally {
        await upload.remove();
      }
    },
  );
};
