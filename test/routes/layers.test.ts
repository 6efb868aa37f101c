/** What verdicts keep of the values in each layer. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, codeOf, ended, startService, type TestService } from '../support/service.ts';

describe('the layers of a run', () => {
  let service: TestService;
  let id: string;
  before(async () => {
    service = await startService({ trains: true });
    ({ id } = await service.client.submit({
      dataset: { name: 'moons', samples: 200 },
      model: { layers: [{ type: 'dense', units: 10 }] },
      training: { epochs: 3, batchSize: 40, seed: 1 },
    }));
    await ended(service, id);
  });
  after(() => service.remove());

  it('have histograms at the steps of the verdicts, of one layer and kind if asked', async () => {
    const all = await service.client.histograms(id);
    assert.deepEqual(all.steps, [0, 5, 10, 15]);
    assert.deepEqual(
      all.layers.map(({ name, kind }) => `${name} ${kind}`),
      ['dense_1 weights', 'dense_1 gradients', 'dense_1 activations', 'output weights', 'output gradients'],
    );
    for (const { histograms } of all.layers)
      for (const histogram of histograms) {
        assert.ok(histogram);
        const { counts, zeros, nonFinite, count } = histogram;
        assert.equal(counts.length, all.bins);
        assert.equal(
          counts.reduce((sum, n) => sum + n, zeros + nonFinite),
          count,
        );
      }
    const some = await service.client.histograms(id, { layer: 'dense_1', kind: 'weights', fromStep: 5, toStep: 10 });
    assert.deepEqual(some.steps, [5, 10]);
    assert.deepEqual(some.layers, [{ ...all.layers[0]!, histograms: all.layers[0]!.histograms.slice(1, 3) }]);
  });

  it('have norms and update-to-weight ratios, none for the step before the first one', async () => {
    const { steps, layers } = await service.client.layers(id);
    assert.deepEqual(steps, [0, 5, 10, 15]);
    assert.deepEqual(
      layers.map(({ name }) => name),
      ['dense_1', 'output'],
    );
    for (const { name, weightNorm, gradientNorm, updateRatio, meanAbsGradient } of layers) {
      for (const norms of [weightNorm, gradientNorm])
        assert.ok(
          norms.every((norm) => norm !== null && norm > 0),
          name,
        );
      assert.equal(updateRatio[0], null);
      assert.ok(updateRatio.slice(1).every((ratio) => ratio !== null && ratio > 0 && ratio < 1));
      assert.equal(
        meanAbsGradient.every((gradient) => gradient === null),
        name === 'output',
      );
    }
  });

  it('are refused by a clear word where there is no such layer or kind', async () => {
    const layer = await ask(`${service.url}/v1/runs/${id}/histograms?layer=dense_9`);
    assert.deepEqual([layer.status, codeOf(layer)], [400, 'INVALID_REQUEST']);
    assert.match(JSON.stringify(layer.body), /one of dense_1, output/);
    const kind = await ask(`${service.url}/v1/runs/${id}/histograms?kind=biases`);
    assert.deepEqual([kind.status, codeOf(kind)], [400, 'INVALID_REQUEST']);
    const run = await ask(`${service.url}/v1/runs/run_0/layers`);
    assert.deepEqual([run.status, codeOf(run)], [404, 'RUN_NOT_FOUND']);
  });

  it('have no histograms where an earlier version took the verdicts', async () => {
    await service.stations.store.pool.query('update verdicts set histograms = null where run_id = $1', [id]);
    const { steps, layers } = await service.client.histograms(id, { layer: 'dense_1' });
    assert.deepEqual([steps, layers], [[], []]);
  });
});
