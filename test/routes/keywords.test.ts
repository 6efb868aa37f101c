/** Requests are checked by our own reader. A keyword that it ignores would be promised in OpenAPI but not enforced. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { KEYWORDS } from '../../src/jobs/schema-node.ts';
import { ask, startService, type TestService } from '../support/service.ts';

/** Keywords without a constraint. */
const ANNOTATIONS = ['description', 'examples', 'title'];

interface Operation {
  parameters?: { schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
}

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.remove());

it('every keyword in the schema of a request is enforced by the reader', async () => {
  const { paths } = (await ask(`${service.url}/openapi.json`)).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  const used = new Set<string>();
  for (const { parameters = [], requestBody } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    for (const { schema } of parameters) collect(schema, used);
    for (const { schema } of Object.values(requestBody?.content ?? {})) collect(schema, used);
  }
  assert.ok(used.has('exclusiveMaximum'), 'the schemas were read to their ends');
  assert.deepEqual(
    [...used].filter((keyword) => !KEYWORDS.includes(keyword) && !ANNOTATIONS.includes(keyword)),
    [],
  );
});

function collect(schema: unknown, used: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    used.add(keyword);
    const isMap = keyword === 'properties' || keyword === 'patternProperties';
    const isSchema = ['anyOf', 'items', 'propertyNames', 'additionalProperties'].includes(keyword);
    const inner = isMap ? Object.values(value as object) : isSchema ? [value as unknown].flat() : [];
    for (const member of inner) collect(member, used);
  }
}
