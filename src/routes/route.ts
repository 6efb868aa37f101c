/** What all routes share: the stations that they call, and the parts of their schemas. */
import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { Type, type TSchema } from 'typebox';
import { RelumineError } from '../errors.ts';
import type { Bodies } from '../bodies/bodies.ts';
import type { Allowances } from '../people/allowances.ts';
import type { RunQueue } from '../queue/queue.ts';
import { ErrorRef, type QuestionName, type Questions } from '../schemas/index.ts';
import type { List } from '../vocabulary/index.ts';
import type { Shelf } from '../shelf/shelf.ts';
import type { SpooledUpload } from '../shelf/spool.ts';
import type { Store } from '../store/store.ts';
import type { Broadcaster } from '../telemetry/broadcaster.ts';
import type { Counters } from '../telemetry/counters.ts';
import type { RunTrials } from '../trials/trials.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The files of the body, while they wait on disk. */
    spooled: SpooledUpload | null;
  }
}

/** The stations behind the routes. */
export interface Stations {
  store: Store;
  shelf: Pick<Shelf, 'spool' | 'add' | 'addRows' | 'preview' | 'change' | 'take' | 'namesInFolders' | 'packageReason'>;
  trials: RunTrials;
  queue: RunQueue & { readonly threads: { busy: number; total: number } };
  broadcaster: Broadcaster & { readonly subscriberCount: number };
  counters: Readonly<Counters>;
  allowances: Pick<Allowances, 'usage' | 'checkRoom'>;
  webhooks: Pick<Webhooks, 'create' | 'refusalOf' | 'test' | 'nudge'>;
  bodies: Pick<Bodies, 'read'>;
  questions: {
    ask<K extends QuestionName>(
      type: K,
      question: Questions[K]['ask'],
      given?: ArrayBuffer[],
      options?: { signal?: AbortSignal | undefined },
    ): Promise<Questions[K]['answer']>;
  };
}
export type Routes = FastifyPluginAsyncTypebox<Stations>;

export const RunParams = Type.Object({ id: Type.String({ examples: ['run_01jz6f5m7s'] }) });

/** A success with its schema, and the errors of this route. Errors that every route can return are added. */
export const answers = <N extends number, S extends TSchema>(status: N, success: S, ...errors: number[]) =>
  ({
    ...Object.fromEntries(errors.map((code) => [code, ErrorRef])),
    [status]: success,
  }) as Record<N, S>;

/** The content of an answer that is a file of bytes, sent as a stream. */
export const FILE = { schema: Type.Unsafe<Readable>({ type: 'string', format: 'binary' }) };

/** Leaves the body to the route, which knows more than its schema. Path, query and headers are validated as usual. */
export const leaveBody =
  (app: FastifyInstance): FastifySchemaCompiler<unknown> =>
  (part) =>
    part.httpPart === 'body' ? (value: unknown) => ({ value }) : app.validatorCompiler!(part);

/** Before a body of gigabytes is read. It is checked again with the rest of the request, and the fields of a form. */
export function checkQuery(request: FastifyRequest): void {
  const result: unknown = request.getValidationFunction('querystring')?.({ ...(request.query as object) });
  if (typeof result === 'object' && result !== null && 'error' in result) throw result.error as Error;
}

export const clientGone = (cause?: unknown): RelumineError =>
  new RelumineError('INVALID_REQUEST', 'The connection was closed before the answer. Nothing was kept.', { cause });

/** Aborted when the client closes the connection before it has its answer. */
export function whileConnected(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  if (reply.raw.destroyed) controller.abort(clientGone());
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(clientGone());
  });
  return controller.signal;
}

/** Throws INVALID_REQUEST for a name of blanks only. */
export function refuseBlank(path: string, name: string | undefined): void {
  if (name === undefined || name.trim() !== '') return;
  const details = [{ path, message: 'must not be blank', expected: 'at least one letter or digit' }];
  throw new RelumineError('INVALID_REQUEST', `The request is not valid: ${path} must not be blank.`, { details });
}

/** One page of a list, or the whole list if only `data` is given. */
export const page = <T>(data: T[], hasMore = false, nextCursor: string | null = null): List<T> => ({
  object: 'list',
  data,
  hasMore,
  nextCursor,
});
