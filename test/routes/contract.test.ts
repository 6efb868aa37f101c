/** The responses of every route against the OpenAPI document, and the document against the table of routes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Fastify from 'fastify';
import { RelumineClient } from '../../src/client/index.ts';
import { RelumineError } from '../../src/errors.ts';
import { describeRoutes } from '../../src/plugins/openapi.ts';
import { TAGS } from '../../src/routes/tags.ts';
import type { DatasetInfo, Run } from '../../src/vocabulary/index.ts';
import { clientOf, keyOf, PASSWORD, register, signIn } from '../support/people.ts';
import { ask, ended, startService, type TestService } from '../support/service.ts';

interface Operation {
  tags: string[];
  summary: string;
  description: string;
  responses: Record<string, unknown>;
}

describe('the contract', () => {
  let service: TestService;
  let operations: { name: string; operation: Operation }[];
  before(async () => {
    service = await startService({ trains: true });
    const document = (await ask(`${service.url}/openapi.json`)).body as {
      paths: Record<string, Record<string, Operation>>;
    };
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
    );
  });
  // Also fails if a response was not as described.
  after(() => service.remove());

  it('has every route in one section of the documentation, with a summary and a description', async () => {
    for (const { name, operation } of operations) {
      assert.ok(operation.tags.length === 1 && operation.tags.every((tag) => tag in TAGS), name);
      assert.ok(operation.summary.length > 5 && operation.description.length > 20, name);
    }
    assert.deepEqual(
      Object.keys(TAGS).filter((tag) => !operations.some(({ operation }) => operation.tags.includes(tag))),
      [],
      'every section has a route',
    );
    const page = await (await fetch(`${service.url}/docs`)).text();
    for (const { name } of operations) {
      const [method, path] = name.split(' ');
      assert.ok(page.includes(`${method}</b> <code>${path}</code>`), `${name} is on the page`);
    }
  });

  it('writes out once what many answers share, in the document and on the page', async () => {
    const text = await (await fetch(`${service.url}/openapi.json`)).text();
    const { components } = JSON.parse(text) as { components: { schemas: Record<string, object> } };
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
    assert.equal(references.length, text.split('"$ref"').length - 1, 'every reference is to a component');
    assert.deepEqual([...new Set(references)].toSorted(), Object.keys(components.schemas).toSorted());
    for (const [name, schema] of Object.entries(components.schemas))
      assert.equal(text.split(JSON.stringify(schema)).length - 1, 1, `${name} is written out once`);
    const page = await (await fetch(`${service.url}/docs`)).text();
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g))
      assert.ok(page.includes(`id="${target}"`), `the page has #${target}`);
  });

  it('refuses a route that would be missing from the documentation', async () => {
    const app = Fastify();
    await describeRoutes(app, '0');
    const [summary, description] = ['A summary', 'What this route is for.'];
    const add = (schema: object) => app.get('/v1/new', { schema }, async () => 'ok');
    for (const schema of [
      { tags: ['rnus'], summary, description },
      { tags: [], summary, description },
      { summary, description },
      { tags: ['runs', 'history'], summary, description },
      { tags: ['runs'], summary },
      { tags: ['runs'], description },
      {},
    ])
      assert.throws(() => add(schema), /GET \/v1\/new needs one tag of runs, .*, a summary and a description/);
    await app.close();
  });

  it('is kept by every route, with real responses', async () => {
    const call = async (method: string, path: string, json?: unknown) => {
      const answer = await ask(service.url + path, json === undefined ? { method } : { method, json });
      assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    };
    const uploaded = (await call('POST', '/v1/datasets', {
      name: 'and',
      inputs: [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      targets: [0, 0, 0, 1],
      task: 'classification',
    })) as DatasetInfo;
    const job = {
      name: 'whole',
      experiment: 'contract',
      tags: ['a'],
      metadata: { k: 'v' },
      dataset: { name: 'moons', samples: 200 },
      model: {
        layers: [
          { type: 'dense', units: 6, activation: 'relu', biasInitializer: { type: 'constant', value: -20 } },
          { type: 'dropout', rate: 0.1 },
          { type: 'dense', units: 6, activation: { type: 'leakyRelu', alpha: 0.1 } },
          { type: 'batchNormalization' },
          { type: 'dense', units: 4, activation: 'tanh' },
        ],
      },
      training: { epochs: 3, batchSize: 32, schedule: { type: 'cosine' }, optimizer: { type: 'sgd', momentum: 0.9 } },
    };
    await call('POST', '/v1/runs?validateOnly=true', job);
    const { id } = (await call('POST', '/v1/runs', job)) as Run;
    await ended(service, id);
    const run = `/v1/runs/${id}`;
    for (const path of [
      '',
      '/metrics',
      '/events',
      '/snapshots',
      '/checkpoints',
      '/neurons',
      '/diagnosis',
      '/evaluation',
      '/histograms',
      '/layers',
      '/confusion',
      '/samples',
    ])
      await fetch(`${service.url}${run}${path}`).then((response) => response.arrayBuffer());
    for (const path of ['?format=json', '?format=tfjs', '?format=onnx', '/tfjs/model.json', '/tfjs/weights.bin'])
      await fetch(`${service.url}${run}/model${path}`).then((response) => response.arrayBuffer());
    await call('POST', `${run}/predict`, { inputs: [[0.5, -0.5]] });
    await call('POST', `${run}/predict`, { rows: [{ x1: 0.5, x2: -0.5 }] });
    await call('POST', `${run}/trials`, { seeds: 2 });
    await call('GET', `${run}/trials`);
    await call('DELETE', `${run}/trials`);
    await call('POST', `${run}/fork`, { patch: { training: { epochs: 1 } } });
    await call('PATCH', run, { notes: 'seen' });
    const view = (await call('POST', '/v1/views', { name: 'mine', page: 'runs', state: '' })) as { id: string };
    await call('PATCH', `/v1/views/${view.id}`, { name: 'ours' });
    await call('GET', '/v1/views');
    await call('DELETE', `/v1/views/${view.id}`);
    const link = (await call('POST', '/v1/share-links', { kind: 'run', runs: [id] })) as { id: string; token: string };
    await call('GET', '/v1/share-links');
    await new RelumineClient(service.url, { shareToken: link.token }).shareLinks.current();
    await call('DELETE', `/v1/share-links/${link.id}`);
    const { comments } = service.client;
    const comment = await comments.add(id, { text: 'dead', layer: 'dense_1', neuron: 0 });
    await comments.edit(id, comment.id, 'dead from the start');
    await comments.list(id);
    await comments.delete(id, comment.id);
    await call('GET', '/v1/me/mentions');
    const project = (await call('POST', '/v1/projects', { name: 'vision' })) as { id: string };
    await call('PATCH', `/v1/projects/${project.id}`, { name: 'language' });
    await call('GET', `/v1/projects/${project.id}`);
    await call('GET', '/v1/projects');
    for (const path of ['usage', 'retention?snapshots=1']) await call('GET', `/v1/projects/default/${path}`);
    const hook = (await call('POST', '/v1/webhooks', {
      name: 'alerts',
      url: 'https://example.invalid/hook',
      events: ['run.failed'],
    })) as { id: string };
    const webhook = `/v1/webhooks/${hook.id}`;
    const sent = (await call('POST', `${webhook}/test`)) as { id: string };
    await call('POST', `${webhook}/deliveries/${sent.id}/replay`);
    await call('PATCH', webhook, { disabled: true });
    for (const path of ['/v1/webhooks', webhook, `${webhook}/deliveries`]) await call('GET', path);
    await call('DELETE', webhook);
    for (const path of [
      '/v1/runs',
      '/v1/runs/groups?by=status',
      '/v1/datasets',
      `/v1/datasets/${uploaded.id}`,
      '/v1/datasets/mnist',
      '/v1/engines',
      '/v1/audit',
    ])
      await call('GET', path);
    const { id: dataset } = uploaded;
    for (const path of ['/preview', '/versions']) await call('GET', `/v1/datasets/${dataset}${path}`);
    await call('PATCH', `/v1/datasets/${dataset}`, { name: 'or' });
    const archive = await fetch(`${service.url}/v1/experiments/contract/archive`).then((response) => response.blob());
    await service.client.importArchive(archive);
    for (const path of ['/health/live', '/health/ready']) await call('GET', path);
    await fetch(`${service.url}/metrics`).then((response) => response.text());

    const inline = { ...job, dataset: { inputs: [[0], [1]], targets: [[0.5], [1]], task: 'regression' } };
    const long = (await call('POST', '/v1/runs', { ...inline, training: { epochs: 1_000_000 } })) as Run;
    for (const order of ['pause', 'resume', 'cancel']) await call('POST', `/v1/runs/${long.id}/${order}`);
    await call('GET', `/v1/runs/${long.id}`);
    for (const path of [`/v1/runs/${long.id}`, `/v1/datasets/${uploaded.id}`]) await call('DELETE', path);
    await ask(`${service.url}${run}/stream`);

    // From the first person on, everything needs a session or a key.
    await register(service, 'Ada', { isOwner: true });
    await call('GET', '/v1/session');
    const { key } = await clientOf(
      service,
      await keyOf(service, (await service.stations.store.people.find('Ada'))!),
    ).keys.create({ name: 'contract', scopes: ['admin'] });
    for (const path of ['/v1/me', '/v1/keys', '/v1/sessions'])
      await ask(service.url + path, { headers: { authorization: `Bearer ${key}` } });
    for (const role of ['viewer', 'member'])
      await ask(`${service.url}/v1/projects/${project.id}/members`, {
        json: { person: 'ada', role },
        headers: { authorization: `Bearer ${key}` },
      });
    await ask(`${service.url}/v1/projects/${project.id}/members`, { headers: { authorization: `Bearer ${key}` } });
    await signIn(service, 'Ada');
    const ada = clientOf(service, await keyOf(service, (await service.stations.store.people.find('Ada'))!));
    await ada.people.list();
    const robot = await ada.people.createServiceAccount('robot');
    await ada.people.patch(robot.id, { name: 'machine', limits: { queuedRuns: 3 } });
    await ada.session.limits();
    await new Response(await ada.people.export(robot.id)).text();
    await ada.people.erase(robot.id);
    const { url } = await ada.invitations.create({ project: 'default' });
    await ada.invitations.list();
    const token = url.slice(url.indexOf('#') + 1);
    await ada.invitations.look(token);
    await ada.invitations.accept(token, 'Bob', PASSWORD);

    const seen = operations.flatMap(({ name, operation }) =>
      // The success of a stream is an upgrade, and a deletion has no body.
      Object.keys(operation.responses).flatMap((status) => (/^20[01]$/.test(status) ? [`${name} ${status}`] : [])),
    );
    assert.deepEqual(
      seen.filter((name) => !service.contract.checked.has(name)),
      [],
      'every described success was answered once',
    );
    assert.ok(service.contract.checked.has('GET /v1/runs/{id}/stream 426'));
    assert.deepEqual(service.contract.violations, []);
  });

  it('is checked closely: an undescribed status, type or body is found', async (t) => {
    const broken = await startService({ workers: 0 });
    const { runs, datasets } = broken.stations.store;
    const problemOf = async (path: string): Promise<string> => {
      const before = broken.contract.violations.length;
      await ask(broken.url + path);
      return broken.contract.violations.slice(before).join();
    };
    const found: string[] = [await problemOf('/v1/runs')];
    t.mock.method(runs, 'list', async () => ({ data: [], hasMore: false, nextCursor: 5 }));
    found.push(await problemOf('/v1/runs'));
    t.mock.method(runs, 'list', async () => ({ data: [{ secret: 1 }], hasMore: false, nextCursor: null }));
    found.push(await problemOf('/v1/runs'));
    t.mock.method(datasets, 'list', () => Promise.reject(new RelumineError('UPGRADE_REQUIRED', 'in the wrong place')));
    found.push(await problemOf('/v1/datasets'));
    await assert.rejects(broken.remove(), /answers against the OpenAPI document/);

    const [fine, wrongType, wrongProperties, wrongStatus] = found;
    assert.equal(fine, '');
    assert.match(String(wrongType), /^GET \/v1\/runs 200: \/nextCursor must be string/);
    assert.match(String(wrongProperties), /\/data\/0 must have required property 'id'/);
    assert.match(String(wrongStatus), /^GET \/v1\/datasets 426: the status is not described/);
  });
});
