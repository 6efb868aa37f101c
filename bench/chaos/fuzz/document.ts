/** The operations of /openapi.json. */
import type { SchemaNode } from '../../../src/jobs/schema-node.ts';

/** What is used of JSON Schema, as TypeBox writes it: more than the reader of requests enforces. */
export interface Schema extends SchemaNode {
  $ref?: string;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  patternProperties?: Record<string, Schema>;
  items?: Schema;
  examples?: readonly unknown[];
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  method: string;
  path: string;
  parameters: readonly Parameter[];
  /** By media type; empty without a body. */
  bodies: Readonly<Record<string, { schema?: Schema }>>;
}

interface Document {
  paths: Record<string, Record<string, { parameters?: Parameter[]; requestBody?: { content: Operation['bodies'] } }>>;
  components?: { schemas?: Record<string, Schema> };
}

export class Api {
  readonly operations: readonly Operation[];
  readonly #components: Readonly<Record<string, Schema>>;

  constructor(text: string) {
    const { paths, components } = JSON.parse(text) as Document;
    this.#components = components?.schemas ?? {};
    this.operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        bodies: requestBody?.content ?? {},
      })),
    );
  }

  resolve(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1);
    return name === undefined ? schema : (this.#components[name] ?? {});
  }
}
