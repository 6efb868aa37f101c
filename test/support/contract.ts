/**
 * Checks every HTTP response of a service under test against its OpenAPI document: status, content type, and the schema
 * of the body. An undescribed response is a violation, and so is an undescribed property.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';

type Schema = Record<string, unknown>;
interface Described {
  content?: Record<string, { schema?: Schema }>;
}
type Operation = { responses: Record<string, Described> };
type Document = { paths: Record<string, Record<string, Operation>>; components: Schema };

/** Responses of the router, which are not part of an operation. */
const UNROUTED = new Set([404, 405]);
/** Pages and files for browsers. */
const PAGES =
  /^\/(?:docs|openapi\.json|assets\/.*|new|compare|sign-in|invitation|account|people|audit|(?:runs|datasets|projects|shared|embed)(?:\/[^/]*)?|[^/]*\.\w+)?$/;

export interface Contract {
  /** The violations so far. */
  readonly violations: readonly string[];
  /** Responses whose body was checked, by operation, such as `GET /v1/runs 200`. */
  readonly checked: ReadonlySet<string>;
}

/** Starts checking. The app must be ready, and may listen before or after. */
export function watchAnswers(app: FastifyInstance): Contract {
  const document = JSON.parse(JSON.stringify(app.swagger())) as Document;
  const check = checker(document);
  const violations: string[] = [];
  const checked = new Set<string>();
  // Before Fastify's own listener, which starts to respond at once.
  app.server.prependListener('request', (request, response) => {
    onEnd(response, (headers, body) => {
      const path = String(request.url).replace(/\?.*$/s, '');
      const type = String(headers['content-type'] ?? '').replace(/;.*$/s, '');
      const problem = check({ request, response, path, type, body, checked });
      if (problem) violations.push(`${request.method} ${path} ${response.statusCode}: ${problem}`);
    });
  });
  return { violations, checked };
}

/** Calls back with the response just before its last byte is sent, so before any client has it. */
function onEnd(response: ServerResponse, take: (headers: OutgoingHttpHeaders, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let headers: OutgoingHttpHeaders = {};
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
  };
  type Method<R> = (...args: unknown[]) => R;
  const writeHead = response.writeHead.bind(response) as Method<ServerResponse>;
  const write = response.write.bind(response) as Method<boolean>;
  const end = response.end.bind(response) as Method<ServerResponse>;
  Object.assign(response, {
    writeHead: (...args: unknown[]) => {
      headers = { ...response.getHeaders(), ...(args.at(-1) as OutgoingHttpHeaders) };
      return writeHead(...args);
    },
    write: (...args: unknown[]) => {
      keep(args[0]);
      return write(...args);
    },
    end: (...args: unknown[]) => {
      keep(args[0]);
      take(response.headersSent ? headers : response.getHeaders(), Buffer.concat(chunks));
      return end(...args);
    },
  });
}

interface Answer {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  type: string;
  body: Buffer;
  checked: Set<string>;
}

/** What is wrong with a response; null if nothing is. */
function checker({ paths, components }: Document): (answer: Answer) => string | null {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  // Schemas refer to the components by their place in the document. Each is compiled once, for all that refer to it.
  ajv.addSchema(withReferences(closed({ components })), DOCUMENT);
  const compiled = new Map<Schema, ValidateFunction>();
  const compile = (schema: Schema): ValidateFunction => {
    const known = compiled.get(schema) ?? ajv.compile(withReferences(closed(schema)));
    compiled.set(schema, known);
    return known;
  };
  const errorSchema = paths['/v1/runs']?.['get']?.responses['400']?.content?.['application/json']?.schema ?? {};

  return ({ request: { method = '' }, response, path, type, body, checked }) => {
    const { statusCode: status } = response;
    if (method === 'HEAD' || method === 'OPTIONS' || status === 304) return null;
    const template = findPath(paths, path);
    const operation = template ? paths[template]?.[method.toLowerCase()] : undefined;
    if (!template || !operation) {
      if (status < 400) return PAGES.test(path) ? null : 'is not described at all';
      if (!UNROUTED.has(status) && status !== 400 && status !== 403) return 'is not an answer of the router';
      return type === 'application/json' ? problemsOf(compile(errorSchema), body) : `is ${type}, not an error in JSON`;
    }

    const described = operation.responses[String(status)];
    if (!described) return `the status is not described; ${Object.keys(operation.responses).join(', ')} are`;
    if (status === 204 || status === 302) return body.length === 0 ? null : 'has a body';
    const content = described.content?.[type];
    if (!content) return `"${type}" is not described; ${Object.keys(described.content ?? {}).join(', ')} are`;
    checked.add(`${method} ${template} ${status}`);
    if (type !== 'application/json' || !content.schema) return null;
    return problemsOf(compile(content.schema), body);
  };
}

const DOCUMENT = 'document:';
const withReferences = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', `"${DOCUMENT}#/components/`)) as Schema;

function problemsOf(validate: ValidateFunction, body: Buffer): string | null {
  if (validate(JSON.parse(body.toString()))) return null;
  return (validate.errors ?? [])
    .slice(0, 5)
    .map(({ instancePath, message, params }) => `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`)
    .join('; ');
}

/** The matching described path with the fewest parameters. */
function findPath(paths: Document['paths'], path: string): string | undefined {
  return Object.keys(paths)
    .filter((template) => new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path))
    .toSorted((a, b) => a.split('{').length - b.split('{').length)[0];
}

/** The same schema, but objects with described properties may have no others, unless the schema describes them too. */
function closed(schema: Schema): Schema {
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'allOf' ? value : closedValue(value)]),
  );
  return copy['properties'] !== undefined && copy['additionalProperties'] === undefined && schema['allOf'] === undefined
    ? { ...copy, additionalProperties: false }
    : copy;
}

const closedValue = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(closedValue)
    : typeof value === 'object' && value !== null
      ? closed(value as Schema)
      : value;
