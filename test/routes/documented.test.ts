import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ask, startService } from '../support/service.ts';

test('docs/api.md lists exactly the routes of the OpenAPI document, with their query parameters', async () => {
  const page = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  const listed = new Map(
    [...page.matchAll(/^\| `((?:GET|POST|PATCH|PUT|DELETE) [^`]+)` \|(.*)\|$/gm)].map(([, route = '', words = '']) => [
      route,
      words,
    ]),
  );
  const service = await startService({ workers: 0 });
  try {
    const { paths } = (await ask(`${service.url}/openapi.json`)).body as {
      paths: Record<string, Record<string, { parameters?: { in: string; name: string }[] }>>;
    };
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [] }]) => ({
        route: `${method.toUpperCase()} ${path}`,
        query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      })),
    );
    assert.deepEqual([...listed.keys()].toSorted(), operations.map(({ route }) => route).toSorted());
    for (const { route, query } of operations)
      for (const name of query)
        assert.match(listed.get(route) ?? '', new RegExp(`[\`?]${name}[\`=]`), `${route}?${name} is not documented`);
  } finally {
    await service.remove();
  }
});
