/** Runs that train on from the weights of another one. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ErrorAnswer, InitialWeights, Job, Run } from '../../src/vocabulary/index.ts';
import { ask, codeOf, ended, rehearsed, startService, type TestService } from '../support/service.ts';

interface JsonModel {
  step: number;
  layers: Record<string, unknown>[];
}

/** Without the running statistics, which training changes even where it changes no weight. */
const learned = ({ layers }: JsonModel) => layers.map(({ mean: _mean, variance: _variance, ...rest }) => rest);

describe('a fork', () => {
  let service: TestService;
  let parent: Run;
  const job: Job = {
    name: 'trained',
    dataset: { name: 'moons', samples: 200 },
    model: {
      layers: [
        { type: 'dense', units: 6, activation: 'linear' },
        { type: 'batchNormalization' },
        { type: 'activation', activation: 'prelu' },
        { type: 'dense', units: 4, activation: 'tanh' },
        { type: 'layerNormalization' },
      ],
    },
    training: { epochs: 5, seed: 2, optimizer: { type: 'adam', learningRate: 0.02 } },
  };
  before(async () => {
    service = await startService({ trains: true });
    const { id } = await service.client.submit(job);
    await ended(service, id);
    parent = await service.client.get(id);
  });
  after(() => service.remove());

  const modelOf = async (runId: string) =>
    JSON.parse(Buffer.from(await service.client.model(runId)).toString()) as JsonModel;
  const fork = (json: unknown) => ask(`${service.url}/v1/runs/${parent.id}/fork`, { json });

  it('starts from the weights of its parent, all layers included', async () => {
    const still = { training: { epochs: 1, optimizer: { learningRate: 1e-30 } } };
    const answer = await fork({ patch: still });
    assert.equal(answer.status, 201);
    const child = answer.body as Run;
    assert.equal(answer.headers.get('location'), `/v1/runs/${child.id}`);
    assert.equal(child.parentId, parent.id);
    const [weights, ...others] = child.change;
    assert.deepEqual([weights?.path, weights?.from], ['model.initialWeights', null]);
    assert.ok(JSON.stringify(weights?.to).length < 1000, 'weights are not written out');
    assert.deepEqual(others, [
      { path: 'training.epochs', from: 5, to: 1 },
      { path: 'training.optimizer.learningRate', from: 0.02, to: 1e-30 },
    ]);
    await ended(service, child.id);
    const [before, afterwards] = [await modelOf(parent.id), await modelOf(child.id)];
    assert.deepEqual(learned(afterwards), learned(before));
    const { normalizations } = child.spec.model.initialWeights as InitialWeights;
    const { mean, variance } = before.layers.find(({ type }) => type === 'batchNormalization')!;
    assert.deepEqual([normalizations?.[0]?.mean, normalizations?.[0]?.variance], [mean, variance]);
    assert.deepEqual(Object.keys(normalizations?.[1] ?? {}), ['gamma', 'beta']);
  });

  it('of a run with normalised targets predicts at first what its parent predicts', async () => {
    const inputs = Array.from({ length: 60 }, (_, i) => [i / 60]);
    const { id } = await service.client.submit({
      dataset: {
        inputs,
        targets: inputs.map(([x]) => 5000 + 70 * x! * x!),
        task: 'regression',
        normalizeTargets: 'minMax',
      },
      model: {
        layers: [{ type: 'dense', units: 6 }, { type: 'batchNormalization' }],
        output: { activation: 'sigmoid' },
      },
      training: { epochs: 20, seed: 2, optimizer: { type: 'adam', learningRate: 0.02 } },
    });
    await ended(service, id);
    const { outputs } = await service.client.predict(id, inputs);
    const patch = {
      model: {
        layers: [
          { type: 'dense', units: 6 },
          { type: 'batchNormalization', momentum: 1 },
        ],
      },
    };
    const still = { epochs: 1, optimizer: { learningRate: 1e-30 } };
    const child = await service.client.fork(id, { patch: { ...patch, training: still } });
    await ended(service, child.id);
    const again = await service.client.predict(child.id, inputs);
    again.outputs.forEach(([value], row) => assert.ok(Math.abs(value! - outputs[row]![0]!) < 0.01, `row ${row}`));
  });

  it('can be repeated by its spec', async () => {
    const { spec } = await service.client.fork(parent.id, { patch: { training: { epochs: 2 } } });
    const [first, second] = [await service.client.submit(spec), await service.client.submit(spec)];
    for (const { id } of [first, second]) await ended(service, id);
    assert.deepEqual(await modelOf(first.id), await modelOf(second.id));
  });

  it('takes the best checkpoint, by its name or its step', async () => {
    const { bestStep } = parent.summary;
    const best = (await ask(`${service.url}/v1/runs/${parent.id}/model?checkpoint=best`)).body as JsonModel;
    assert.equal(best.step, bestStep);
    for (const checkpoint of ['best', bestStep]) {
      const { spec } = (await fork({ checkpoint })).body as Run;
      assert.deepEqual((spec.model.initialWeights as InitialWeights).kernels[0], best.layers[0]!['kernel']);
    }
  });

  it('is refused where the patch changes the shape of a layer, with the name of the layer', async () => {
    const { layers } = parent.spec.model;
    const wider = layers.map((layer, index) => (index === 3 ? { ...layer, units: 5 } : layer));
    const answer = await fork({ patch: { model: { layers: wider } } });
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'INVALID_JOB']);
    const [detail] = (answer.body as ErrorAnswer).error.details;
    assert.deepEqual(detail, {
      path: 'patch',
      message:
        'does not fit the weights of the checkpoint: dense_2 has a kernel of shape [6, 5], and the checkpoint has a kernel of shape [6, 4]',
      expected: 'a patch that leaves the shapes of all layers as they are',
    });
    const without = await fork({ patch: { model: { layers: layers.slice(0, -1) } } });
    assert.match((without.body as ErrorAnswer).error.message, /the checkpoint has a gamma of shape \[4\]/);
    const other = await fork({ patch: { dataset: { name: 'iris', samples: null, noise: null } } });
    assert.match((other.body as ErrorAnswer).error.message, /dense_1 has a kernel of shape \[4, 6\]/);
  });

  it('is refused for a wrong patch, and for a checkpoint that is not there', async () => {
    const wrong = await fork({ patch: { training: { epochs: 0 } } });
    assert.equal((wrong.body as ErrorAnswer).error.details[0]?.path, 'patch.training.epochs');
    const missing = await fork({ checkpoint: 3 });
    assert.deepEqual([missing.status, codeOf(missing)], [404, 'CHECKPOINT_NOT_FOUND']);
    assert.match((missing.body as ErrorAnswer).error.message, /Those that are kept are of step \d+/);
    assert.equal((await fork({ checkpoint: parent.progress.step })).status, 201);
    assert.equal((await fork({ checkpoint: 'newest' })).status, 400);
    assert.equal((await fork({ weights: 'best' })).status, 400);
  });

  it('needs a checkpoint', async () => {
    const idle = await startService({ workers: 0 });
    try {
      const { id } = await idle.client.submit(rehearsed());
      const answer = await ask(`${idle.url}/v1/runs/${id}/fork`, { json: {} });
      assert.deepEqual([answer.status, codeOf(answer)], [409, 'MODEL_NOT_READY']);
    } finally {
      await idle.remove();
    }
  });
});
