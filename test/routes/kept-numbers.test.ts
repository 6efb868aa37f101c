/** Jobs with many numbers: their runs name them by a hash. */
import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { Job, Run } from '../../src/vocabulary/index.ts';
import { ask, codeOf, ended, startService, type TestService } from '../support/service.ts';

interface JsonModel {
  layers: { kernel?: number[][] }[];
}

describe('a run with many numbers', () => {
  let service: TestService;
  let run: Run;
  const inputs = Array.from({ length: 6000 }, (_, i) => [Math.sin(i) / 3, i % 7]);
  const targets = inputs.map(([x, y]) => Number(x! * y! > 0.3));
  const job: Job = {
    experiment: 'many numbers',
    dataset: { inputs, targets, task: 'classification' },
    model: {
      layers: [
        { type: 'dense', units: 128 },
        { type: 'dense', units: 96, activation: 'tanh' },
      ],
    },
    training: { epochs: 1, batchSize: 500, seed: 4 },
    telemetry: { snapshotsPerSecond: 0 },
  };
  before(async () => {
    service = await startService({ trains: true });
    run = await service.client.submit(job);
    await ended(service, run.id);
  });
  after(() => service.remove());

  const whole = async (id: string) => {
    const { status, body } = await ask(`${service.url}/v1/runs/${id}?include=data`);
    assert.equal(status, 200);
    return body as Run;
  };
  const modelOf = async (id: string) => (await ask(`${service.url}/v1/runs/${id}/model`)).body as JsonModel;
  const repeat = async (spec: Job) => {
    const { id } = await service.client.submit(spec);
    await ended(service, id);
    return id;
  };

  it('says what they are, and not what is in them, wherever it is shown', async () => {
    const { dataset } = run.spec;
    const { hash, seed, ...rest } = dataset;
    assert.match(String(hash), /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      inline: true,
      task: 'classification',
      samples: 6000,
      features: 2,
      outputs: 2,
      limit: null,
      validationSplit: 0.1,
      normalize: 'standard',
      normalizeTargets: 'none',
    });
    assert.equal(seed, 4);
    const listed = (await service.client.listPage()).data.find(({ id }) => id === run.id);
    assert.deepEqual([(await service.client.get(run.id)).spec.dataset, listed?.spec.dataset], [dataset, dataset]);
  });

  it('returns them as they were sent when they are asked for', async () => {
    const { spec, ...rest } = await whole(run.id);
    assert.deepEqual([spec.dataset.inputs, spec.dataset.targets], [inputs, targets]);
    assert.deepEqual(Object.keys(spec.dataset).slice(0, 3), ['task', 'inputs', 'targets']);
    assert.deepEqual({ ...spec, dataset: run.spec.dataset }, run.spec);
    const { spec: _spec, ...known } = await service.client.get(run.id);
    assert.deepEqual(rest, known);
  });

  it('is repeated to the bit by its spec, with the numbers or with their hash', async () => {
    const model = await modelOf(run.id);
    const { spec } = await whole(run.id);
    for (const again of [spec, run.spec]) {
      const id = await repeat(again);
      assert.deepEqual(await modelOf(id), model);
      assert.equal((await service.client.get(id)).spec.dataset.hash, run.spec.dataset.hash);
    }
    const { rows } = await service.stations.store.pool.query('select from blobs where hash = $1', [
      run.spec.dataset.hash,
    ]);
    assert.equal(rows.length, 1);
  });

  it('is forked from its weights, which are kept apart too, and the fork is repeated', async () => {
    const child = await service.client.fork(run.id, { patch: { training: { epochs: 1 } } });
    await ended(service, child.id);
    assert.deepEqual(child.spec.dataset, run.spec.dataset);
    const weights = child.spec.model.initialWeights;
    assert.ok(weights && 'hash' in weights);
    assert.equal(weights.values, 2 * 128 + 128 + 128 * 96 + 96 + 96 * 2 + 2);
    const { spec } = await whole(child.id);
    const given = spec.model.initialWeights;
    assert.ok(given && 'kernels' in given);
    const exported = (await modelOf(run.id)).layers.flatMap(({ kernel }) => (kernel ? [kernel] : []));
    assert.deepEqual(given.kernels.map(toSingles), exported.map(toSingles));
    const model = await modelOf(child.id);
    for (const again of [spec, child.spec]) assert.deepEqual(await modelOf(await repeat(again)), model);
  });

  it('may be forked onto other data by their name alone', async () => {
    const { spec } = await service.client.fork(run.id, { patch: { dataset: { name: 'moons', samples: 100 } } });
    assert.deepEqual([spec.dataset.name, spec.dataset.hash, spec.dataset.samples], ['moons', undefined, 100]);
  });

  it('refuses a hash of nothing, and what does not fit to it', async () => {
    const submit = (changes: object, model: object = {}) =>
      ask(`${service.url}/v1/runs?validateOnly=true`, {
        json: { ...run.spec, dataset: { ...run.spec.dataset, ...changes }, model: { ...run.spec.model, ...model } },
      });
    const cases: [object, object, string][] = [
      [{ hash: `sha256:${'0'.repeat(64)}` }, {}, 'dataset.hash'],
      [{ samples: 5 }, {}, 'dataset.samples'],
      [{ name: 'mnist' }, {}, 'dataset'],
      [{ task: 'regression' }, {}, 'dataset.task'],
      [{}, { initialWeights: { hash: run.spec.dataset.hash } }, 'model.initialWeights.hash'],
    ];
    for (const [changes, model, path] of cases) {
      const answer = await submit(changes, model);
      assert.equal(codeOf(answer), 'INVALID_JOB', JSON.stringify(changes));
      const { error } = answer.body as { error: { details: { path: string }[] } };
      assert.ok(
        error.details.some((detail) => detail.path === path),
        JSON.stringify(error.details),
      );
    }
    assert.equal((await submit({})).status, 200);
  });

  it('has its samples and its confusion matrix', async () => {
    const { features } = await service.client.samples(run.id, { limit: 10 });
    assert.equal(features.length, 10);
    assert.equal((await ask(`${service.url}/v1/runs/${run.id}/confusion`)).status, 200);
  });

  it('goes with an archive to another service, where it is repeated', async () => {
    const other = await startService({ workers: 0 });
    try {
      const file = await fetch(`${service.url}/v1/experiments/${encodeURIComponent('many numbers')}/archive`);
      const archive = await buffer(file.body as never);
      const answer = await fetch(`${other.url}/v1/archives`, {
        method: 'POST',
        body: new Uint8Array(archive),
        headers: { 'content-type': 'application/gzip' },
      });
      assert.equal(answer.status, 201, await answer.clone().text());
      const { runs } = (await answer.json()) as { runs: { from: string; to: string }[] };
      const id = runs.find(({ from }) => from === run.id)!.to;
      const there = (await ask(`${other.url}/v1/runs/${id}?include=data`)).body as Run;
      assert.deepEqual([there.spec.dataset.inputs, there.spec.dataset.targets], [inputs, targets]);
      const { spec } = await other.client.get(id);
      assert.equal((await other.client.submit(spec)).spec.dataset.hash, run.spec.dataset.hash);
    } finally {
      await other.remove();
    }
  });

  it('lets its numbers go with the last run that has them', async () => {
    const { store } = service.stations;
    const named = (await service.client.listPage({ limit: 500 })).data;
    const hash = String(run.spec.dataset.hash);
    assert.equal(await store.blobs.sweep(0), 0);
    for (const { id } of named.filter(({ id }) => id !== run.id)) await service.client.delete(id);
    await store.blobs.sweep(0);
    assert.deepEqual([...(await store.blobs.find([hash])).keys()], [hash]);
    await service.client.delete(run.id);
    assert.equal(await store.blobs.sweep(), 0, 'a job that is about to be stored may name them');
    assert.equal(await store.blobs.sweep(0), 1);
    const answer = await ask(`${service.url}/v1/runs`, { json: run.spec });
    assert.equal(codeOf(answer), 'INVALID_JOB');
  });
});

const toSingles = (kernel: number[][]) => kernel.map((row) => [...Float32Array.from(row)]);
