/** Upload a data set: files as they are, or rows as JSON. The body waits on disk, so its size does not matter. */
import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { RelumineError } from '../errors.ts';
import {
  DatasetRef,
  FILE_FORMATS,
  ProjectName,
  TEXT_ENCODINGS,
  UploadSchema,
  type ReadingOptions,
} from '../schemas/index.ts';
import type { SpooledUpload } from '../shelf/spool.ts';
import { TASKS, type DatasetInfo } from '../vocabulary/index.ts';
import { auditor, datasetFacts } from './audit.ts';
import { openDoor } from './door.ts';
import { datasetMaker } from './remade.ts';
import { answers, checkQuery, clientGone, leaveBody, whileConnected, type Routes } from './route.ts';
import type { Tag } from './tags.ts';

const tags: Tag[] = ['datasets'];

const MOST_FILES = 100;
const MOST_FIELDS = 50;

const Character = (description: string) => Type.Optional(Type.String({ maxLength: 1, description }));
const UploadQuery = Type.Object({
  project: Type.Optional(ProjectName),
  name: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'Files: a name for the data set. Default: that of the file.',
    }),
  ),
  task: Type.Optional(Type.Enum([...TASKS], { description: 'Files: guessed from the target if it is not given.' })),
  target: Type.Optional(
    Type.Array(Type.String({ maxLength: 1000 }), {
      description:
        'Files: the column to predict; several, separated by commas. Guessed from the names if it is not given.',
    }),
  ),
  format: Type.Optional(
    Type.Enum([...FILE_FORMATS], { description: 'Files: guessed from the content if it is not given.' }),
  ),
  delimiter: Character('CSV: between values.'),
  quote: Character('CSV: around values; empty for none.'),
  decimal: Type.Optional(Type.Enum(['.', ','], { description: 'CSV: before the decimals of a number.' })),
  thousands: Character('CSV: between groups of three digits; empty for none.'),
  header: Type.Optional(Type.Boolean({ description: 'CSV: whether the first row has the names of the columns.' })),
  missing: Type.Optional(
    Type.Array(Type.String({ maxLength: 100 }), {
      description: 'Words for a missing value, separated by commas, in place of the usual ones.',
    }),
  ),
  encoding: Type.Optional(Type.Enum([...TEXT_ENCODINGS], { description: 'CSV and JSON Lines.' })),
  width: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 4096, description: 'Images: all are resized to this many pixels.' }),
  ),
  height: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096, description: 'Images: as `width`.' })),
  channels: Type.Optional(
    Type.Union([Type.Literal(1), Type.Literal(3)], { description: 'Images: 1 for grey, 3 for colour.' }),
  ),
});

/** The media types that are documented. The content decides, so any other type is read too. */
const MEDIA_TYPES = [
  'text/csv',
  'text/tab-separated-values',
  'application/x-ndjson',
  'application/vnd.apache.parquet',
  'application/zip',
  'application/x-tar',
  'application/gzip',
  'application/octet-stream',
] as const;

export const uploads: Routes = async (app, { store, shelf, allowances, bodies }) => {
  const audit = auditor(store);
  const { originFor } = openDoor(store);
  await app.register(multipart, {
    limits: { files: MOST_FILES, fields: MOST_FIELDS, fieldSize: 10_000, fileSize: Infinity },
  });
  // Files of any type: their first bytes say what they are.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.decorateRequest('spooled', null);

  // Bytes of any kind.
  const file = Type.Unsafe<Uint8Array>({ description: 'A data file.' });
  app.post(
    '/v1/datasets',
    {
      config: { remade: datasetMaker(store), takesLargeBody: true },
      schema: {
        tags,
        summary: 'Upload a data set',
        description:
          'A file as the body, or several as `multipart/form-data`: CSV, TSV, JSON Lines, Parquet, NPY, NPZ, IDX, or a zip or tar of images in folders per class; gzip around any of them. Or rows as JSON. What the columns are, what is predicted and how values are encoded is guessed from the content; `PATCH /v1/datasets/{id}` changes it. A file that is damaged answers INVALID_FILE, with the line and column of each damage. A job trains on the data set by its id or name. An `Idempotency-Key` makes the upload safe to repeat.',
        querystring: UploadQuery,
        body: {
          content: {
            'application/json': { schema: { ...UploadSchema, examples: [EXAMPLE] } },
            'multipart/form-data': {
              schema: Type.Object({ file: Type.Array(file, { description: 'Files of one data set.' }) }),
            },
            ...Object.fromEntries(MEDIA_TYPES.map((type) => [type, { schema: file }])),
          },
        },
        response: answers(201, DatasetRef, 404, 507),
      },
      validatorCompiler: leaveBody(app),
      preValidation: async (request, reply) => {
        checkQuery(request);
        if (request.isMultipart()) await spool(request, reply, writeParts);
        else if (request.body instanceof Readable) {
          // Refused before gigabytes are read.
          await allowances.checkRoom(await originFor(request, request.query.project), 'data');
          await spool(request, reply, writeBody);
        }
      },
    },
    async (request, reply) => {
      const { spooled, query, body } = request;
      const signal = whileConnected(reply);
      const add = async (): Promise<DatasetInfo> => {
        const rows = spooled ? null : await bodies.read('upload', body, null, signal);
        const origin = await originFor(request, query.project ?? rows?.project);
        await allowances.checkRoom(origin, 'data');
        return spooled
          ? shelf.add({
              name: query.name ?? nameOf(spooled),
              origin,
              upload: spooled,
              reading: readingOptions(query),
              wishes: { task: query.task, targets: query.target },
              signal,
            })
          : shelf.addRows(rows!, signal, origin);
      };
      let info: DatasetInfo;
      try {
        info = await add();
      } finally {
        // Before the answer, so that a client that has it knows that nothing waits on disk any more.
        await spooled?.remove();
      }
      await audit(request, 'dataset.created', { ...info, id: info.id ?? '' }, { after: datasetFacts(info) });
      return reply.code(201).header('location', `/v1/datasets/${info.id}`).send(info);
    },
  );

  async function spool(
    request: FastifyRequest,
    reply: FastifyReply,
    write: (request: FastifyRequest, upload: SpooledUpload) => Promise<void>,
  ): Promise<void> {
    checkCoding(request);
    const upload = await shelf.spool.open();
    // However the request ends.
    reply.raw.once('close', () => void upload.remove());
    try {
      await write(request, upload);
    } catch (error) {
      await upload.remove();
      // What is still to come is not parsed any more, but read and dropped, so that the client gets the answer.
      request.raw.unpipe();
      throw request.raw.readableAborted ? clientGone(error) : (asFormProblem(error) ?? error);
    }
    request.spooled = upload;
    // The content as its hash: so the same content is the same request to the replay of answers.
    request.body = upload;
  }
};

const EXAMPLE = {
  name: 'and',
  inputs: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  targets: [0, 0, 0, 1],
  task: 'classification',
};

/** gzip is seen by its first bytes, with the header or without. */
function checkCoding({ headers }: FastifyRequest): void {
  const coding = headers['content-encoding']?.trim().toLowerCase();
  if (coding !== undefined && coding !== 'gzip' && coding !== 'x-gzip' && coding !== 'identity')
    throw new RelumineError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Content-Encoding ${JSON.stringify(coding.slice(0, 50))} is not known here. Use gzip, or send the file as it is.`,
    );
}

async function writeBody(request: FastifyRequest, upload: SpooledUpload): Promise<void> {
  const { headers } = request;
  await upload.write(
    withoutEnd(request.body as Readable),
    { name: fileNameIn(headers['content-disposition']) ?? 'upload', mediaType: headers['content-type'] },
    Number(headers['content-length'] ?? 0),
  );
}

async function writeParts(request: FastifyRequest, upload: SpooledUpload): Promise<void> {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for await (const part of request.parts()) {
    if (part.type === 'file')
      await upload.write(withoutEnd(part.file), { name: part.filename || 'upload', mediaType: part.mimetype });
    else fields[part.fieldname] = String(part.value);
  }
  if (upload.files.length === 0)
    throw new RelumineError('INVALID_REQUEST', 'The form has no file. Send it as a part with a file name.');
  // A form may have the parameters as fields.
  Object.assign(request.query as object, fields);
  upload.fields = fields;
}

/** What the parser of forms says of a form that is no form, that ends too early, or that has too many parts. */
function asFormProblem(error: unknown): RelumineError | null {
  const { code, message } = error as Error & { code?: string };
  if (/^FST_(FILES|FIELDS|PARTS)_LIMIT$/.test(code ?? ''))
    return new RelumineError(
      'BODY_TOO_LARGE',
      `The form has too many parts. It may have ${MOST_FILES} files and ${MOST_FIELDS} other fields.`,
      { cause: error },
    );
  if (code !== undefined || !/^Multipart: |end of multipart data$/.test(message)) return null;
  return new RelumineError(
    'INVALID_REQUEST',
    'The form cannot be read: it has no boundary, or ends before its last part does.',
    { cause: error },
  );
}

/** Ending early, such as at the limit, must not close the connection: the client would miss the answer. */
const withoutEnd = (stream: Readable): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>,
});

function fileNameIn(disposition: string | undefined): string | undefined {
  const [, quoted, bare] = /filename="?(?:([^"]+)"|([^";\s]+))/i.exec(disposition ?? '') ?? [];
  return quoted ?? bare;
}

/** The first file's name without its folders and its extensions. Null where it has none. */
function nameOf({ files: [first] }: SpooledUpload): string | null {
  const name = first?.name.replace(/^.*[/\\]/s, '').replace(/(\.[a-z][a-z0-9]{0,9}){1,2}$/i, '');
  return name && name !== 'upload' ? name.slice(0, 200) : null;
}

function readingOptions(query: ReadingOptions): ReadingOptions {
  const { format, delimiter, quote, decimal, thousands, header, missing, encoding, width, height, channels } = query;
  const options = { format, delimiter, quote, decimal, thousands, header, missing, encoding, width, height, channels };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
