/**
 * The parser of JSON bodies. Long ones are allowed on routes that bring data only, and stay bytes, which the route gives to
 * a thread.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LARGE_BYTES, LargeBody } from '../bodies/large-body.ts';
import { parseJson, type UnreadableCode } from '../bodies/parse-json.ts';
import { RelumineError } from '../errors.ts';
import { LIMITS } from '../vocabulary/index.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body may be up to 64 MiB of JSON: it is a LargeBody if it is long. */
    takesLargeBody?: boolean;
    /** What a body answers that is nested too deeply, or that has too much in it. */
    unreadableAs?: UnreadableCode;
  }
}

export function readBodies(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: Readable) => {
    const { takesLargeBody: isLong = false, unreadableAs = 'INVALID_REQUEST' } = request.routeOptions.config;
    const body = await collect(request, payload, isLong ? LIMITS.bodyBytes : LIMITS.plainBodyBytes);
    return isLong && body.bytes > LARGE_BYTES
      ? new LargeBody(body.chunks, unreadableAs, body.hash)
      : parseJson(body.chunks, unreadableAs);
  });
}

/** Throws BODY_TOO_LARGE as soon as it is known. */
async function collect({ headers }: FastifyRequest, payload: Readable, most: number) {
  const announced = Number(headers['content-length']);
  const tooLarge = () => new RelumineError('BODY_TOO_LARGE', `The body is too large. The limit is ${inWords(most)}.`);
  if (announced > most) throw tooLarge();
  const hash = headers['idempotency-key'] === undefined ? null : createHash('sha256');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    // Ending early must not close the connection: the client would miss the answer.
    for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > most) throw tooLarge();
      chunks.push(chunk);
      hash?.update(chunk);
    }
  } catch (error) {
    if (error instanceof RelumineError) throw error;
    throw new RelumineError('INVALID_REQUEST', 'The connection was closed before the end of the body.', {
      cause: error,
    });
  }
  if (!Number.isNaN(announced) && bytes !== announced)
    throw new RelumineError('INVALID_REQUEST', 'Request body size did not match Content-Length.');
  return { chunks, bytes, hash };
}

const inWords = (bytes: number): string => (bytes < 1024 * 1024 ? `${bytes / 1024} KiB` : `${bytes / 1024 / 1024} MiB`);
