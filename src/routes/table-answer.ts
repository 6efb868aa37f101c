/** Answers that are tables: as files for spreadsheets and data frames, beside JSON. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type, type TSchema } from 'typebox';
import { RelumineError } from '../errors.ts';
import type { ExportFile } from '../exports/index.ts';
import { TABLE_FORMATS, type TableFormat } from '../vocabulary/index.ts';
import { FILE } from './route.ts';

export const tableFormat = (formats: readonly TableFormat[] = TABLE_FORMATS) =>
  Type.Optional(
    Type.Enum(['json', ...formats], {
      default: 'json',
      description: `\`${formats.join('`, `')}\`: the answer is a table, as a file.`,
    }),
  );

/** The same answer in JSON, or as a table. */
export const orTable = <S extends TSchema>(json: S) => ({
  content: {
    'application/json': { schema: json },
    'text/csv': FILE,
    'application/x-ndjson': FILE,
    'application/vnd.apache.parquet': FILE,
  },
});

/** Sends the file as it is made: its size is not known at the beginning. */
export const sendFile = (reply: FastifyReply, { mediaType, name, bytes }: ExportFile): FastifyReply =>
  reply
    .type(mediaType)
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(Readable.from(bytes, { objectMode: false }));

/** Sends JSON that is too long to be made at once. The client takes it at its own pace. */
export const sendJson = (reply: FastifyReply, json: AsyncIterable<string>): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(Readable.from(json, { objectMode: false }));

/** Sends JSON that a thread has written. */
export const sendWrittenJson = (reply: FastifyReply, { buffer, byteOffset, length }: Uint8Array): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(Buffer.from(buffer, byteOffset, length));

/** Refuses parameters that say nothing about a table. */
export function refuseForTables(query: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const path = names.find((name) => Boolean(query[name]));
  if (path === undefined) return;
  const details = [{ path, message: 'is not for tables', expected: `no ${path}, or format=json` }];
  throw new RelumineError('INVALID_REQUEST', `The parameter "${path}" is only for format=json.`, { details });
}
