/** Every error has the same form, whether a route, Fastify, the router or the HTTP parser refused the request. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RelumineError, RunFailure, toAnswer, type ErrorCode, type ErrorDetail } from '../errors.ts';
import { outageBehind } from '../store/postgres/availability.ts';
import { goneBehind } from '../store/postgres/gone.ts';

export interface ErrorAnswer {
  error: { code: string; message: string; details: ErrorDetail[] };
}

export const errorAnswer = ({ code, message, details }: RelumineError): ErrorAnswer => ({
  error: { code, message, details },
});

export function handleErrors(app: FastifyInstance): void {
  const paths = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = paths.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    paths.set(url, methods);
  });

  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply));

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.replace(/\?.*$/s, '');
    const known = [...paths].filter(([url]) => matches(url, path)).flatMap(([, methods]) => [...methods]);
    const error =
      known.length === 0
        ? new RelumineError('ROUTE_NOT_FOUND', `No route ${path.slice(0, 200)}. See /docs.`)
        : new RelumineError(
            'METHOD_NOT_ALLOWED',
            `Method ${request.method} is not allowed here. Use ${known.join(', ')}.`,
          );
    if (known.length > 0) void reply.header('allow', known.join(', '));
    return reply.code(error.status).send(errorAnswer(error));
  });
}

function answerError(fault: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = asRelumineError(fault);
  if (error.status >= 500 && error.code !== 'DATABASE_UNAVAILABLE')
    request.log.error({ err: fault }, 'the request failed');
  else request.log.debug({ err: fault }, 'the request was refused');
  if (error.retryAfter !== null) void reply.header('retry-after', String(error.retryAfter));
  return reply.code(error.status).type('application/json; charset=utf-8').send(errorAnswer(error));
}

const CODE_BY_STATUS: Partial<Record<number, ErrorCode>> = {
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  503: 'SHUTTING_DOWN',
};

/** The message of an unexpected error goes to the log only. */
function asRelumineError(fault: FastifyError): RelumineError {
  if (fault instanceof RelumineError) return fault;
  if (fault instanceof RunFailure) return toAnswer(fault);
  const known = outageBehind(fault) ?? goneBehind(fault);
  if (known) return known;
  const status = fault.statusCode ?? 500;
  // Raised too where a property would change the prototype of the object that is read.
  if (fault.code === 'FST_ERR_CTP_INVALID_JSON_BODY')
    return new RelumineError(
      'INVALID_REQUEST',
      'The body is not valid JSON, or has a property "__proto__" or "constructor", which is refused.',
      { cause: fault },
    );
  const code = CODE_BY_STATUS[status];
  if (code) return new RelumineError(code, explain(code, fault), { cause: fault });
  // The router's messages repeat the whole path.
  const message = fault.message.length > 300 ? `${fault.message.slice(0, 300)}...` : fault.message;
  if (status >= 400 && status < 500)
    return new RelumineError('INVALID_REQUEST', `${message.replace(/\.+$/, '')}.`, { cause: fault });
  return new RelumineError('INTERNAL_ERROR', 'Internal error. The log of the service has the details.', {
    cause: fault,
  });
}

function explain(code: ErrorCode, fault: FastifyError): string {
  if (code === 'UNSUPPORTED_MEDIA_TYPE')
    return 'Send the body as JSON, with the header Content-Type: application/json.';
  if (code === 'BODY_TOO_LARGE') return 'The body is too large. The limit is 64 MiB.';
  return fault.message;
}

/** Whether a path matches a route: `:name` stands for one segment, a final `*` for all that follow. */
function matches(route: string, path: string): boolean {
  const [wanted, given] = [route.split('/'), path.split('/')];
  if (wanted.at(-1) === '*') return given.length >= wanted.length;
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => segment.startsWith(':') || segment === given[index])
  );
}
