import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Run } from '../../src/vocabulary/index.ts';
import { EXAMPLE_JOB } from '../../src/routes/examples.ts';
import { STORE_KINDS } from '../support/database.ts';
import { ask, codeOf, ended, rehearsed, startService, type TestService } from '../support/service.ts';

for (const kind of STORE_KINDS) {
  describe(`runs (${kind})`, () => {
    let service: TestService;
    before(async () => {
      service = await startService({ kind });
    });
    after(() => service.remove());

    const sortedSteps = async (orderBy: string) =>
      (await service.client.listPage({ experiment: 'sorted', orderBy })).data.map(({ progress }) => progress.step);

    it('are submitted, trained and kept across a restart', async () => {
      const answer = await ask(`${service.url}/v1/runs`, {
        json: rehearsed(
          { chunks: 5 },
          { name: 'für immer 💡', experiment: 'e1', tags: ['a', 'b'], notes: "'; drop table runs; --" },
        ),
      });
      assert.equal(answer.status, 201);
      const run = answer.body as Run;
      assert.equal(answer.headers.get('location'), `/v1/runs/${run.id}`);
      assert.match(run.id, /^run_/);
      assert.deepEqual(
        [run.object, run.status, run.name, run.notes],
        ['run', 'queued', 'für immer 💡', "'; drop table runs; --"],
      );
      assert.equal(run.spec.training.optimizer.learningRate, 0.001);
      await ended(service, run.id);
      const before = await service.client.get(run.id);
      assert.deepEqual([before.status, before.progress.step, before.attempt], ['succeeded', 50, 1]);
      const metrics = await service.client.metrics(run.id, { points: 'all' });

      await service.restart();
      assert.deepEqual(await service.client.get(run.id), before);
      assert.deepEqual(await service.client.metrics(run.id, { points: 'all' }), metrics);
      assert.deepEqual(
        (await service.client.listPage({ experiment: 'e1' })).data.map(({ id }) => id),
        [run.id],
      );
    });

    it('are repeated exactly by their spec', async () => {
      const { spec } = await service.client.submit(rehearsed());
      assert.deepEqual((await service.client.submit(spec)).spec, spec);
    });

    it('know the run that they were made from, and what they change', async () => {
      const rows = { inputs: [...Array(30).keys()].map((n) => [n]), targets: Array(30).fill(1), task: 'regression' };
      const first = await service.client.submit(rehearsed({}, { name: 'first', dataset: rows }));
      assert.deepEqual([first.parentId, first.change], [null, []]);
      const answer = await ask(`${service.url}/v1/runs`, {
        json: {
          ...first.spec,
          name: 'second',
          dataset: { ...first.spec.dataset, targets: Array(30).fill(2) },
          training: { ...first.spec.training, optimizer: { ...first.spec.training.optimizer, learningRate: 0.1 } },
          parentId: first.id,
        },
      });
      assert.equal(answer.status, 201);
      const second = answer.body as Run;
      assert.equal(second.parentId, first.id);
      assert.deepEqual(second.change, [
        { path: 'dataset.targets', from: '30 values', to: '30 values' },
        { path: 'training.optimizer.learningRate', from: 0.001, to: 0.1 },
      ]);
      assert.ok(!('parentId' in second.spec), 'the spec can be submitted again without it');
      const children = async (parent: string) => (await service.client.listPage({ parent })).data.map(({ id }) => id);
      assert.deepEqual(await children(first.id), [second.id]);
      assert.deepEqual(await children('run_of_nobody'), []);
      await service.client.delete(first.id);
      const orphan = await service.client.get(second.id);
      assert.deepEqual([orphan.parentId, orphan.change], [null, second.change]);

      const refused = await ask(`${service.url}/v1/runs`, { json: rehearsed({}, { parentId: first.id }) });
      assert.deepEqual([refused.status, codeOf(refused)], [400, 'INVALID_JOB']);
      assert.equal((refused.body as { error: { details: { path: string }[] } }).error.details[0]?.path, 'parentId');
    });

    it('are validated without being submitted', async () => {
      const before = await service.client.listPage();
      const answer = await ask(`${service.url}/v1/runs?validateOnly=true`, { json: EXAMPLE_JOB });
      assert.equal(answer.status, 200);
      const { object, spec } = answer.body as { object: string; spec: Run['spec'] };
      assert.deepEqual([object, spec.dataset.name, spec.training.loss], ['validation', 'mnist', 'softmaxCrossEntropy']);
      assert.deepEqual(spec.model.output, {
        activation: 'linear',
        kernelInitializer: { type: 'glorotUniform' },
        biasInitializer: { type: 'zeros' },
      });
      assert.equal(
        codeOf(await ask(`${service.url}/v1/runs?validateOnly=true`, { json: { dataset: {} } })),
        'INVALID_JOB',
      );
      const refused = await ask(`${service.url}/v1/runs?validateOnly=true`, {
        json: { ...EXAMPLE_JOB, model: { ...EXAMPLE_JOB.model, output: { units: 3 } } },
      });
      assert.deepEqual(
        (refused.body as { error: { details: { path: string }[] } }).error.details.map(({ path }) => path),
        ['model.output.units'],
      );
      assert.deepEqual((await service.client.listPage()).data.length, before.data.length);
    });

    it('carry inline data in their spec', async () => {
      const dataset = {
        inputs: [
          [0, 1],
          [1, 0],
          [0.25, 3e38],
        ],
        targets: [0, 1, 1],
        task: 'classification' as const,
      };
      const run = await service.client.submit({ ...rehearsed(), dataset });
      const { inputs, targets, task } = (await service.client.get(run.id)).spec.dataset;
      assert.deepEqual({ inputs, targets, task }, dataset);
    });

    it('are listed newest first, page by page, each once', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++)
        ids.push((await service.client.submit(rehearsed({ chunks: 1 }, { experiment: 'pages', name: `run ${i}` }))).id);
      const first = await service.client.listPage({ experiment: 'pages', limit: 2 });
      assert.deepEqual(
        [first.object, first.data.length, first.hasMore, typeof first.nextCursor],
        ['list', 2, true, 'string'],
      );
      const listed: string[] = [];
      for await (const run of service.client.list({ experiment: 'pages', limit: 2 })) listed.push(run.id);
      assert.deepEqual(listed, ids.toReversed());
    });

    it('are found by status, tag and text', async () => {
      const run = await service.client.submit(rehearsed({ chunks: 1 }, { name: '100 % Größe_1', tags: ['needle'] }));
      await ended(service, run.id);
      const found = async (query: object) => (await service.client.listPage(query)).data.map(({ id }) => id);
      assert.deepEqual(await found({ tag: 'needle' }), [run.id]);
      assert.deepEqual(await found({ q: '100 % gröSSe_1'.replace('SS', 'ß') }), [run.id]);
      assert.deepEqual(await found({ tag: 'needle', status: ['failed', 'succeeded'] }), [run.id]);
      assert.deepEqual(await found({ tag: 'needle', status: 'failed' }), []);
      assert.deepEqual(await found({ q: "%' or true --" }), []);
    });

    it('are sorted by a metric', async () => {
      for (const chunks of [3, 1, 2])
        await ended(service, (await service.client.submit(rehearsed({ chunks }, { experiment: 'sorted' }))).id);
      assert.deepEqual(await sortedSteps('loss'), [30, 20, 10]);
      assert.deepEqual(await sortedSteps('-loss'), [10, 20, 30]);
    });

    it('are renamed, and nothing else about them changes', async () => {
      const run = await service.client.submit(rehearsed({ chunks: 1 }));
      await ended(service, run.id);
      const before = await service.client.get(run.id);
      const patched = await service.client.patch(run.id, { name: 'better', tags: [], metadata: { a: 'b' } });
      assert.deepEqual(patched, { ...before, name: 'better', tags: [], metadata: { a: 'b' } });
      const refused = await ask(`${service.url}/v1/runs/${run.id}`, { method: 'PATCH', json: { status: 'failed' } });
      assert.equal(codeOf(refused), 'INVALID_REQUEST');
      assert.equal(
        (await ask(`${service.url}/v1/runs/run_nothing`, { method: 'PATCH', json: { name: 'x' } })).status,
        404,
      );
    });

    it('are paused, resumed and cancelled, in that order only', async () => {
      const { id } = await service.client.submit(rehearsed({ chunks: 100_000, chunkMs: 2 }));
      for await (const message of service.client.watch(id)) if (message.type === 'metrics') break;
      const startedAt = performance.now();
      assert.equal((await service.client.pause(id)).status, 'paused');
      assert.ok(performance.now() - startedAt < 5000);
      await assert.rejects(service.client.pause(id), { code: 'WRONG_STATE', status: 409 });
      assert.match((await service.client.resume(id)).status, /queued|running/);
      assert.equal((await service.client.cancel(id)).status, 'cancelled');
      for (const action of ['pause', 'resume', 'cancel'] as const)
        await assert.rejects(service.client[action](id), { code: 'WRONG_STATE' });
    });

    it('wait for their turn, and report how many are ahead', async () => {
      const blocking = await service.client.submit(rehearsed({ chunks: 100_000, chunkMs: 2 }));
      for await (const message of service.client.watch(blocking.id)) if (message.type === 'metrics') break;
      const [low, high] = [
        await service.client.submit(rehearsed()),
        await service.client.submit(rehearsed({}, { priority: 5 })),
      ];
      assert.deepEqual(
        [(await service.client.get(high.id)).queuePosition, (await service.client.get(low.id)).queuePosition],
        [0, 1],
      );
      const listed = new Map(
        (await service.client.listPage({ status: 'queued' })).data.map((run) => [run.id, run.queuePosition]),
      );
      assert.deepEqual([listed.get(high.id), listed.get(low.id)], [0, 1]);
      for (const { id } of [low, high, blocking]) await service.client.cancel(id);
    });

    it('are deleted with everything stored for them, even while they run', async () => {
      const { id } = await service.client.submit(rehearsed({ chunks: 100_000, chunkMs: 2 }));
      for await (const message of service.client.watch(id)) if (message.type === 'snapshot') break;
      const answer = await ask(`${service.url}/v1/runs/${id}`, { method: 'DELETE' });
      assert.deepEqual([answer.status, answer.body], [204, null]);
      for (const path of ['', '/metrics', '/events', '/snapshots', '/checkpoints', '/neurons', '/diagnosis'])
        assert.equal((await ask(`${service.url}/v1/runs/${id}${path}`)).status, 404, path);
      await assert.rejects(service.client.delete(id), { status: 404 });
    });
  });
}
