/** Responses of a real service against its OpenAPI document: every field is described, and none is lost. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Schema from 'typebox/schema';
import type { Job } from '../../src/vocabulary/index.ts';
import { ask, ended, startService, type TestService } from '../support/service.ts';

interface Document {
  components: object;
  paths: Record<string, Record<string, { responses: Record<string, { content: Record<string, { schema: object }> }> }>>;
}

const JOBS: Record<string, Job> = {
  'inline data and every kind of layer': {
    dataset: { inputs: rows(40), targets: rows(40).map(([x = 0]) => Number(x > 0.5)), task: 'classification' },
    model: {
      layers: [
        { type: 'dense', units: 4, activation: 'prelu' },
        { type: 'dropout', rate: 0.2 },
        { type: 'dense', units: 4, activation: 'linear', kernelInitializer: { type: 'randomUniform' } },
        { type: 'batchNormalization' },
        { type: 'activation', activation: 'selu' },
        { type: 'alphaDropout', rate: 0.1 },
        { type: 'layerNormalization' },
      ],
      output: { biasInitializer: { type: 'constant', value: 0.1 } },
    },
    training: { epochs: 2, seed: 1, optimizer: 'rmsprop', schedule: { type: 'step', stepSize: 5 }, clipNorm: 1 },
    telemetry: { metricsEverySteps: 1 },
  },
  'neurons that are born dead': {
    name: 'dead',
    experiment: 'answers',
    tags: ['a'],
    notes: 'ü',
    metadata: { key: 'value' },
    dataset: { name: 'sine', samples: 100 },
    model: { layers: [{ type: 'dense', units: 6, biasInitializer: { type: 'constant', value: -100 } }] },
    training: { epochs: 2, seed: 1 },
  },
  'numbers that are no longer finite': {
    dataset: { name: 'iris', limit: 60 },
    model: { layers: [{ type: 'dense', units: 4 }] },
    training: { epochs: 20, seed: 1, optimizer: { type: 'sgd', learningRate: 1e6 } },
  },
};

function rows(count: number): number[][] {
  return Array.from({ length: count }, (_, i) => [(i % 10) / 10, (i % 7) / 7]);
}

describe('every answer', () => {
  let service: TestService;
  let document: Document;
  const runs: string[] = [];
  before(async () => {
    service = await startService({ trains: true });
    document = (await ask(`${service.url}/openapi.json`)).body as Document;
    for (const job of Object.values(JOBS)) {
      const { id } = await service.client.submit(job);
      await ended(service, id);
      runs.push(id);
    }
  });
  after(() => service.remove());

  const describesAll = (method: string, route: string, status: number, body: unknown): void => {
    const schema = document.paths[route]?.[method]?.responses[String(status)]?.content['application/json']?.schema;
    assert.ok(schema, `${method} ${route} is not described`);
    // Beside the components, to which schemas refer by their place in the document.
    const [, errors] = Schema.Errors(closed({ ...schema, components: document.components }), body);
    assert.deepEqual(errors, [], `${method} ${route}`);
  };

  for (const [index, [name, job]] of Object.entries(JOBS).entries()) {
    it(`is described in full: ${name}`, async () => {
      const id = runs[index] ?? '';
      for (const part of ['', '/neurons', '/diagnosis', '/metrics', '/events', '/checkpoints']) {
        const answer = await ask(`${service.url}/v1/runs/${id}${part}`);
        assert.equal(answer.status, 200);
        describesAll('get', `/v1/runs/{id}${part}`, 200, answer.body);
      }
      const checked = await ask(`${service.url}/v1/runs?validateOnly=true`, { json: job });
      assert.ok('risk' in (checked.body as object));
      describesAll('post', '/v1/runs', 200, checked.body);
    });
  }

  it('is described in full: lists, data sets, engines, errors', async () => {
    const inputs = rows(20);
    const upload = await ask(`${service.url}/v1/datasets`, {
      json: { inputs, targets: inputs.map(() => 1), task: 'regression' },
    });
    describesAll('post', '/v1/datasets', 201, upload.body);
    const { id } = upload.body as { id: string };
    const submitted = await ask(`${service.url}/v1/runs`, {
      json: { dataset: { id }, model: { layers: [] }, training: { epochs: 1 } },
    });
    describesAll('post', '/v1/runs', 201, submitted.body);
    for (const route of ['/v1/runs', '/v1/datasets', '/v1/engines']) {
      describesAll('get', route, 200, (await ask(`${service.url}${route}`)).body);
    }
    describesAll('get', '/v1/runs/{id}', 404, (await ask(`${service.url}/v1/runs/none`)).body);
    describesAll('post', '/v1/runs', 400, (await ask(`${service.url}/v1/runs`, { json: {} })).body);
  });

  it('of the neurons has every stored field', async () => {
    for (const id of runs) {
      const stored = await service.stations.store.verdicts.at(id);
      const answer = await ask(`${service.url}/v1/runs/${id}/neurons`);
      const page = { hasMore: false, nextCursor: null };
      assert.deepEqual(answer.body, { ...JSON.parse(JSON.stringify(stored?.neurons)), ...page });
    }
  });

  it('of a run has its resolved spec, rows included', async () => {
    const [id = ''] = runs;
    const { spec } = await service.client.validate(JOBS['inline data and every kind of layer']);
    assert.deepEqual((await service.client.get(id)).spec, spec);
  });

  it('writes numbers that are not finite as null', async () => {
    const id = runs[2] ?? '';
    const run = await service.client.get(id);
    assert.equal(run.error?.code, 'DIVERGED');
    assert.ok(Object.values(run.summary).includes(null));
  });
});

/** The same schema with every object closed, so that unknown properties are errors. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map((item: unknown) => closed(item)) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value as unknown)] as const);
  return {
    ...(Object.fromEntries(entries) as T),
    ...('properties' in schema ? { additionalProperties: false } : {}),
  };
}
