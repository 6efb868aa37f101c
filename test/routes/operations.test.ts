import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { EXAMPLE_JOB } from '../../src/routes/examples.ts';
import { readJob } from '../../src/jobs/index.ts';
import { ask, ended, rehearsed, startService, type TestService } from '../support/service.ts';

interface Content {
  content?: Record<string, { schema: unknown }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, { requestBody?: Content; responses: Record<string, Content> }>>;
}

describe('the service', () => {
  let service: TestService;
  let document: Document;
  before(async () => {
    service = await startService();
    document = (await ask(`${service.url}/openapi.json`)).body as Document;
  });
  after(() => service.remove());

  it('describes itself by an OpenAPI 3.1 document that is valid', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
    assert.ok(valid, JSON.stringify(errors, null, 1)?.slice(0, 3000));
    assert.match(document.openapi, /^3\.1\./);
  });

  it('describes every route of its contract', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    for (const route of [
      'POST /v1/runs',
      'GET /v1/runs',
      'GET /v1/runs/{id}',
      'PATCH /v1/runs/{id}',
      'DELETE /v1/runs/{id}',
      'POST /v1/runs/{id}/cancel',
      'POST /v1/runs/{id}/pause',
      'POST /v1/runs/{id}/resume',
      'GET /v1/runs/{id}/metrics',
      'GET /v1/runs/{id}/events',
      'GET /v1/runs/{id}/neurons',
      'GET /v1/runs/{id}/diagnosis',
      'GET /v1/runs/{id}/snapshots',
      'GET /v1/runs/{id}/checkpoints',
      'GET /v1/runs/{id}/stream',
      'GET /v1/runs/{id}/model',
      'GET /v1/runs/{id}/model/tfjs/model.json',
      'GET /v1/runs/{id}/model/tfjs/weights.bin',
      'GET /v1/datasets',
      'POST /v1/datasets',
      'GET /v1/engines',
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
    ])
      assert.ok(described.includes(route), route);
  });

  it('describes the initial weights that a job may set for its output layer', () => {
    const schema = document.paths['/v1/runs']!['post']!.requestBody!.content!['application/json']!.schema as TSchema;
    const described = (output: object) =>
      Value.Check(schema, { ...EXAMPLE_JOB, model: { ...EXAMPLE_JOB.model, output } });
    assert.deepEqual(
      [
        described({ kernelInitializer: 'randomizedAsymmetric', biasInitializer: { type: 'constant', value: 0.1 } }),
        described({ kernelInitializer: 'asymmetric' }),
        described({ units: 3 }),
      ],
      [true, false, false],
    );
  });

  it('has valid jobs as examples', () => {
    assert.ok('spec' in readJob(EXAMPLE_JOB));
  });

  it('is live and ready', async () => {
    assert.deepEqual((await ask(`${service.url}/health/live`)).body, { status: 'ok' });
    assert.deepEqual((await ask(`${service.url}/health/ready`)).body, { status: 'ok', checks: { database: 'ok' } });
  });

  it('is live, but not ready, while the database is unavailable', async (t) => {
    t.mock.method(service.stations.store.pool, 'query', () => Promise.reject(new Error('connection refused')));
    const answer = await ask(`${service.url}/health/ready`);
    assert.deepEqual(
      [answer.status, answer.body],
      [503, { status: 'unavailable', checks: { database: 'unreachable' } }],
    );
    assert.equal((await ask(`${service.url}/health/live`)).status, 200);
  });

  it('has metrics for Prometheus', async () => {
    await ended(service, (await service.client.submit(rehearsed({ chunks: 3 }))).id);
    await service.client.listPage();
    const response = await fetch(`${service.url}/metrics`);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
    const text = await response.text();
    for (const line of [
      /^relumine_runs\{status="succeeded"\} [1-9]/m,
      /^relumine_threads 1$/m,
      /^relumine_messages_appended_total [1-9]/m,
      /^process_cpu_seconds_total/m,
      /^relumine_http_request_seconds_count\{.*route="\/v1\/runs"/m,
    ]) {
      assert.match(text, line);
    }
  });
});
