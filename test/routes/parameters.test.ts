/**
 * Every parameter of every route of the OpenAPI document, and every field of its bodies, with values that are wrong, too
 * large or merely strange: none of them is a 5xx, and each is answered soon.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, ended, startService, type TestService } from '../support/service.ts';

const VALUES = [
  '',
  ' ',
  '0',
  '-0',
  '-1',
  '1',
  '1.5',
  '007',
  '2147483647',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '1e400',
  '1e-400',
  '-1e308',
  'NaN',
  'Infinity',
  'true',
  'null',
  'a,b',
  ',',
  '\u{0}',
  '\uFFFD',
  '\u{1F600}',
  '%',
  '%zz',
  "'; drop table runs; --",
  '{}',
  '[]',
  '__proto__',
  'x'.repeat(201),
  'x'.repeat(3000),
  '('.repeat(500),
  '2001-02-31',
  '0000-01-01',
  '9999-12-31T23:59:59-23:59',
  '+275760-09-13T00:00:00.000Z',
  'run_00000000000000000000000000',
];
/** Of these, what an id or a name may be taken for. */
const STRANGE = VALUES.filter((value) => !/^[\d.-]+$/.test(value) && value.length !== 1);
/** Cursors of lists of runs, as the service would write them. */
const cursor = (order: string, value: unknown, id: unknown = 'run_x') =>
  Buffer.from(JSON.stringify([order, [value], id])).toString('base64url');
const TIMES = [
  '2001-02-31T00:00:00.000Z',
  '0',
  '0000-01-01T00:00:00.000Z',
  '+275760-09-13T00:00:00.000Z',
  '-000001-01-01T00:00:00.000Z',
  '2001-01-01T24:00:00.001Z',
  '9999-12-31T23:59:59.999-23:59',
  'infinity',
  'now',
  2 ** 53,
  null,
];
const LONG_MS = 5000;

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const deepObject = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const part = (head: string, body = 'abc') => `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;

interface Parameter {
  name: string;
  in: 'query' | 'path' | 'header';
  schema: { type?: string };
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown; examples?: unknown }> };
}
interface Schema {
  examples?: unknown[];
  properties?: Record<string, Schema>;
}

describe('what a client can send', () => {
  let service: TestService;
  let operations: { method: string; path: string; operation: Operation }[];
  /** By the path up to a parameter: something that is there. */
  const places: Record<string, string> = {};

  before(async () => {
    service = await startService({ workers: 1, trains: true });
    const { client } = service;
    const run = await client.submit({
      dataset: { name: 'xor' },
      model: { layers: [{ type: 'dense', units: 2 }] },
      experiment: 'first',
    });
    await ended(service, run.id);
    const dataset = await client.uploadDataset({
      name: 'd',
      inputs: [[0], [1]],
      targets: [0, 1],
      task: 'classification',
    });
    const create = async (path: string, json: unknown) => {
      const { status, body } = await ask(service.url + path, { json });
      assert.equal(status, 201, JSON.stringify(body));
      return body as { id: string };
    };
    const comment = await create(`/v1/runs/${run.id}/comments`, { text: 'dead' });
    const view = await create('/v1/views', { name: 'v', page: 'runs', state: '' });
    const hook = { name: 'h', url: 'https://example.invalid/', events: ['run.failed'] };
    const webhook = await create('/v1/webhooks', hook);
    const link = await create('/v1/share-links', { kind: 'run', runs: [run.id] });
    const delivery = (await ask(`${service.url}/v1/webhooks/${webhook.id}/test`, { method: 'POST' })).body as {
      id: string;
    };
    Object.assign(places, {
      '/v1/runs/': run.id,
      '/v1/runs/{id}/comments/': comment.id,
      '/v1/datasets/': dataset.id,
      '/v1/views/': view.id,
      '/v1/projects/': 'default',
      '/v1/webhooks/': webhook.id,
      '/v1/webhooks/{id}/deliveries/': delivery.id,
      '/v1/share-links/': link.id,
      '/v1/experiments/': 'first',
    });
    const document = (await ask(`${service.url}/openapi.json`)).body as {
      paths: Record<string, Record<string, Operation>>;
    };
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    );
  });
  after(() => service.remove());

  const fill = (path: string): string =>
    path.replace(/\{\w+\}/g, (_name, offset: number) => places[path.slice(0, offset)] ?? 'x');

  interface Request {
    method: string;
    url: string;
    headers?: Record<string, string>;
    payload?: string;
  }
  /** Returns the ones that failed. */
  async function failures(requests: Request[]): Promise<string[]> {
    const failed: string[] = [];
    for (let from = 0; from < requests.length; from += 20)
      await Promise.all(
        requests.slice(from, from + 20).map(async ({ method, ...request }) => {
          const startedAt = performance.now();
          const { statusCode, body } = await service.app.inject({ method: method as 'GET', ...request });
          const ms = performance.now() - startedAt;
          if (statusCode >= 500 || ms > LONG_MS)
            failed.push(
              `${statusCode} in ${Math.round(ms)} ms: ${method} ${request.url.slice(0, 300)} ${JSON.stringify(request.headers)} ${request.payload?.slice(0, 200)}: ${body.slice(0, 200)}`,
            );
        }),
      );
    return failed;
  }

  it('in a query or a path is answered without a 5xx, whatever it is', async (t) => {
    const requests = operations
      .filter(({ method }) => method === 'GET')
      .flatMap(({ method, path, operation: { parameters = [] } }) =>
        parameters.flatMap((parameter): Request[] => {
          if (parameter.in === 'path')
            return STRANGE.map((value) => ({
              method,
              url: fill(path.replace(`{${parameter.name}}`, encodeURIComponent(value) || '%20')),
            }));
          const { name } = parameter;
          return [
            ...VALUES.map((value) => `${name}=${encodeURIComponent(value)}`),
            // Halves of surrogates and broken escapes as they are, several of one name, and what others read as objects.
            `${name}=%ED%A0%80`,
            `${name}=%zz`,
            `${name}=%00`,
            name,
            `${name}=1&${name}=2`,
            `${name}[]=1`,
            `${name}[x]=1`,
            `${name}=${'&'.repeat(2000)}`,
          ].map((query) => ({ method, url: `${fill(path)}?${query}` }));
        }),
      );
    assert.ok(requests.length > 2000, `${requests.length} requests`);
    t.diagnostic(`${requests.length} requests`);
    assert.deepEqual(await failures(requests), []);
  });

  it('as a cursor is checked when it is decoded', async () => {
    const lists = operations.filter(
      ({ method, operation: { parameters = [] } }) =>
        method === 'GET' && parameters.some(({ name }) => name === 'after'),
    );
    assert.ok(lists.length >= 6);
    const cursors = [
      ...TIMES.map((time) => cursor('-createdAt', time)),
      ...TIMES.map(String),
      ...[[], {}, 5, 'é', '\ud800', '\0', null].map((id) => cursor('-createdAt', '2001-01-01T00:00:00.000Z', id)),
      Buffer.from('[[[[[[').toString('base64url'),
      Buffer.from('['.repeat(700)).toString('base64url'),
      'comment_00000000000000000000000000',
      'audit_00000000000000000000000000',
      '2147483648',
    ];
    const requests = lists.flatMap(({ path }) =>
      cursors.map((after) => ({ method: 'GET', url: `${fill(path)}?after=${encodeURIComponent(after)}` })),
    );
    for (const order of ['startedAt', '-finishedAt', 'valLoss', 'name', 'metadata.k', 'spec.training.epochs'])
      for (const value of [...TIMES, 1e308, -0, '\ud800', '\0', [], {}, true])
        requests.push({
          method: 'GET',
          url: `/v1/runs?orderBy=${order}&after=${cursor(order, value)}`,
        });
    requests.push({
      method: 'GET',
      url: `/v1/runs?orderBy=valLoss&after=${Buffer.from('["summary.valLoss",[1e400],"x"]').toString('base64url')}`,
    });
    assert.deepEqual(await failures(requests), []);
    for (const time of TIMES.slice(0, -1)) {
      const { statusCode } = await service.app.inject(`/v1/runs?after=${cursor('-createdAt', time)}`);
      assert.equal(statusCode, 400, String(time));
    }
  });

  it('as a step, a number of a message, a version or a limit fits its column, or is refused with what is expected', async () => {
    const run = places['/v1/runs/'] ?? '';
    const dataset = places['/v1/datasets/'] ?? '';
    const paths = [
      ...['neurons?step', 'neurons?diedAfter', 'metrics?fromStep', 'metrics?toStep', 'snapshots?fromStep'].map(
        (rest) => `/v1/runs/${run}/${rest}`,
      ),
      ...['snapshots?toStep', 'histograms?fromStep', 'histograms?toStep', 'events?after', 'model?checkpoint'].map(
        (rest) => `/v1/runs/${run}/${rest}`,
      ),
      ...['confusion?checkpoint', 'stream?since', 'comments?neuron', 'model/tfjs/model.json?checkpoint'].map(
        (rest) => `/v1/runs/${run}/${rest}`,
      ),
      `/v1/datasets/${dataset}?version`,
      `/v1/datasets/${dataset}/preview?version`,
    ];
    for (const path of paths)
      for (const value of [2 ** 31, 2 ** 32, 2 ** 53 - 1]) {
        const { statusCode, body } = await service.app.inject(`${path}=${value}`);
        assert.equal(statusCode, 400, `${path}=${value}: ${body}`);
        assert.match(body, /2147483647/, path);
      }
    for (const path of paths) assert.notEqual((await service.app.inject(`${path}=2147483647`)).statusCode, 500, path);
  });

  it('as an empty list of names means the same as nothing', async () => {
    const run = places['/v1/runs/'];
    for (const path of ['runs?status', 'runs/groups?by=status&keys', 'audit?action', `runs/${run}/metrics?keys`]) {
      const [base, name] = [path.replace(/[?&]\w+$/, ''), path];
      const [empty, absent] = await Promise.all([
        service.app.inject(`/v1/${name}=`),
        service.app.inject(`/v1/${base}`),
      ]);
      assert.deepEqual([empty.statusCode, empty.json<object>()], [200, absent.json<object>()], path);
    }
    const { statusCode, body } = await service.app.inject('/v1/runs/groups?by=');
    assert.equal(statusCode, 400);
    assert.match(body, /"path":"by"/);
  });

  it('in a body is answered without a 5xx: deep, with a key for repetition and without', async () => {
    const requests = operations
      .filter(({ method }) => ['POST', 'PATCH', 'DELETE'].includes(method))
      // Signing in is slow, as it has to be.
      .filter(({ method, path }) => method !== 'DELETE' && !/session|password|accept/.test(path))
      .flatMap(({ method, path, operation }) => {
        const [{ schema } = { schema: {} }] = Object.values(operation.requestBody?.content ?? {});
        const fields = [...Object.keys(schema.properties ?? {}), 'spec', 'patch', 'rows', 'dataset'];
        const bodies = [
          deep(20_000),
          deepObject(20_000),
          ...fields.map((field, index) => `{"${field}":${index % 2 === 0 ? deep(20_000) : deepObject(5000)}}`),
        ];
        return bodies.map((payload, index): Request => {
          const headers: Record<string, string> = { 'content-type': 'application/json' };
          if (index !== 1) headers['idempotency-key'] = `deep ${path} ${index}`;
          return { method, url: fill(path), headers, payload };
        });
      });
    assert.ok(requests.length > 150, `${requests.length} requests`);
    assert.deepEqual(await failures(requests), []);
  });

  it('in a field of a body is answered without a 5xx, whatever it is', async () => {
    const values: unknown[] = [
      null,
      true,
      '',
      '\0',
      '\ud800',
      'x'.repeat(100_000),
      -1,
      -0,
      1.5,
      2 ** 31,
      2 ** 53 + 2,
      1e308,
      [],
      [[]],
      [null],
      {},
      { type: {} },
      '2001-02-31',
      '+275760-09-13',
    ];
    const requests = operations
      .filter(({ method, path }) => /POST|PATCH/.test(method) && !/session|password|accept|\/test$|replay/.test(path))
      .flatMap(({ method, path, operation }): Request[] => {
        const [{ schema } = { schema: {} as Schema }] = Object.values(operation.requestBody?.content ?? {});
        const example = (schema.examples?.[0] ?? {}) as Record<string, unknown>;
        const fields = Object.keys({ ...schema.properties, ...example });
        return fields.flatMap((field) =>
          values.map((value) => ({
            method,
            url: fill(path) + (path === '/v1/runs' ? '?validateOnly=true' : ''),
            headers: { 'content-type': 'application/json' },
            payload: JSON.stringify({ ...example, [field]: value }),
          })),
        );
      });
    assert.ok(requests.length > 500, `${requests.length} requests`);
    assert.deepEqual(await failures(requests), []);
  });

  it('in headers is answered without a 5xx', async () => {
    const names = ['idempotency-key', 'accept', 'cookie', 'authorization', 'if-none-match', 'range', 'x-forwarded-for'];
    const values = ['', ' ', 'x'.repeat(8000), '\u00ff', 'a, b', 'Bearer ', 'relumine_session=%zz', '0'];
    const requests = names.flatMap((name) =>
      values.flatMap((value) =>
        ['/v1/runs', '/v1/me', '/docs'].map((url) => ({ method: 'GET', url, headers: { [name]: value } })),
      ),
    );
    for (const type of ['application/json; charset=utf-7', 'application/json;;;', '/', ';', 'multipart/form-data', 'a'])
      for (const url of ['/v1/runs', '/v1/datasets', '/v1/archives'])
        requests.push({ method: 'POST', url, headers: { 'content-type': type } });
    assert.deepEqual(await failures(requests), []);
  });

  it('as a form that is none is answered without a 5xx', async () => {
    const forms = [
      '',
      'zzz',
      '--x',
      '--x\r\n',
      part('name="file"; filename="a.csv"'),
      part('name="file"; filename="a.csv"').slice(0, 60),
      `${part('name="__proto__"')}--x--\r\n`,
      `${part(`name="${'n'.repeat(5000)}"`)}--x--\r\n`,
      `${part('filename="\ud800\0"')}--x--\r\n`,
      `${Array.from({ length: 60 }, (_, index) => part(`name="f${index}"`)).join('')}--x--\r\n`,
      `${Array.from({ length: 130 }, () => part('name="f"; filename="a"')).join('')}--x--\r\n`,
      `--x\r\n${'A: b\r\n'.repeat(5000)}\r\nabc\r\n--x--\r\n`,
    ];
    const requests = forms.flatMap((payload) =>
      ['multipart/form-data', 'multipart/form-data; boundary=x', 'multipart/form-data; boundary=""'].map((type) => ({
        method: 'POST',
        url: '/v1/datasets',
        headers: { 'content-type': type },
        payload,
      })),
    );
    assert.deepEqual(await failures(requests), []);
    const cut = await service.app.inject(requests[13]!);
    assert.deepEqual([cut.statusCode, cut.json<{ error: { code: string } }>().error.code], [400, 'INVALID_REQUEST']);
  });
});
