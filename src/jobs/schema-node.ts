/** The part of JSON Schema that our schemas use. */

export interface SchemaNode {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly SchemaNode[];
  default?: unknown;
  properties?: Record<string, SchemaNode>;
  required?: readonly string[];
  additionalProperties?: unknown;
  patternProperties?: Record<string, SchemaNode>;
  propertyNames?: SchemaNode;
  maxProperties?: number;
  items?: SchemaNode;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
}

/**
 * The keywords that the reader of requests enforces. A schema with any other keyword would be enforced only in part.
 */
export const KEYWORDS = namesOf<SchemaNode>({
  type: true,
  const: true,
  enum: true,
  anyOf: true,
  default: true,
  properties: true,
  required: true,
  additionalProperties: true,
  patternProperties: true,
  propertyNames: true,
  maxProperties: true,
  items: true,
  minItems: true,
  maxItems: true,
  minimum: true,
  maximum: true,
  exclusiveMinimum: true,
  exclusiveMaximum: true,
  minLength: true,
  maxLength: true,
});

/** Accepts any value: a part of a request that has its own reader. */
export const ANYTHING: SchemaNode = {};

export { isObject } from '../vocabulary/index.ts';

export const joinPath = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function namesOf<T>(names: Record<keyof T, true>): readonly string[] {
  return Object.keys(names);
}
