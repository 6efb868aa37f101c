/** Bodies, paths and queries are read with the reader of jobs, so that messages are the same everywhere. */
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import { RelumineError } from '../errors.ts';
import { isObject, nameFirst, Problems, readValue } from '../jobs/index.ts';

interface QuerySchema {
  type?: string;
  properties?: Record<string, QuerySchema>;
  minItems?: number;
  anyOf?: readonly QuerySchema[];
}

export function validateRequests(app: FastifyInstance): void {
  app.setValidatorCompiler(readRequest);
  // Responses are serialised as they are. A serializer made from the schema would drop properties that it does not
  // name.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
}

const readRequest: FastifySchemaCompiler<unknown> =
  ({ schema, httpPart }) =>
  (value: unknown) => {
    const problems = new Problems(schema);
    const read = readValue(schema, httpPart === 'body' ? value : fromText(schema as QuerySchema, value), '', problems);
    return problems.count === 0 ? { value: read } : { error: invalidRequest(problems) };
  };

function invalidRequest({ details, count }: Problems): RelumineError {
  return new RelumineError('INVALID_REQUEST', `The request is not valid: ${nameFirst(details, count)}`, { details });
}

/** An empty list where a list has to have items, as in `?status=`: as if it was not there. */
const isLeftOut = ({ minItems = 0 }: QuerySchema, value: unknown): boolean =>
  Array.isArray(value) && value.length === 0 && minItems > 0;

/**
 * Queries and paths are text. It is converted to numbers, booleans and lists if the schema expects them. Other text is
 * left unchanged and then refused.
 */
function fromText(schema: QuerySchema, value: unknown): unknown {
  if (schema.anyOf) {
    const read = schema.anyOf.map((member) => fromText(member, value));
    return read.find((item) => item !== value) ?? value;
  }
  if (schema.type === 'object' && isObject(value)) {
    const read = Object.entries(value).map(([key, item]) => {
      const property = schema.properties?.[key] ?? {};
      return [key, fromText(property, item), property] as const;
    });
    return Object.fromEntries(read.filter(([, item, property]) => !isLeftOut(property, item)));
  }
  if (schema.type === 'array')
    return [value]
      .flat()
      .flatMap((item) => (typeof item === 'string' ? item.split(',').filter((part) => part !== '') : [item]));
  if (typeof value !== 'string') return value;
  if (schema.type === 'boolean')
    return value === 'true' || value === '1' || value === ''
      ? true
      : value === 'false' || value === '0'
        ? false
        : value;
  if (schema.type === 'integer' || schema.type === 'number')
    return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  return value;
}
