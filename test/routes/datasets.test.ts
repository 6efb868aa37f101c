import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DatasetInfo, List } from '../../src/vocabulary/index.ts';
import { ask, codeOf, startService, type TestService } from '../support/service.ts';

describe('data sets', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ workers: 0 });
  });
  after(() => service.remove());

  const and = {
    name: 'and',
    inputs: [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    targets: [0, 0, 0, 1],
    task: 'classification' as const,
  };

  /** The paths in the error for a data set. */
  const wrong = async (json: unknown) => {
    const answer = await ask(`${service.url}/v1/datasets`, { json });
    assert.equal(codeOf(answer), 'INVALID_REQUEST');
    return (answer.body as { error: { details: { path: string }[] } }).error.details.map(({ path }) => path);
  };

  it('are listed, built-in ones first', async () => {
    const { body } = await ask(`${service.url}/v1/datasets`);
    const { object, data } = body as List<DatasetInfo>;
    assert.equal(object, 'list');
    assert.deepEqual(
      data.find(({ name }) => name === 'mnist'),
      {
        object: 'dataset',
        name: 'mnist',
        kind: 'real',
        task: 'classification',
        samples: 70_000,
        features: 784,
        outputs: 10,
        description: data[0]!.description,
        available: true,
      },
    );
  });

  it('are uploaded, used by a job and deleted', async () => {
    const answer = await ask(`${service.url}/v1/datasets`, { json: and });
    const info = answer.body as DatasetInfo;
    assert.deepEqual(
      [answer.status, info.kind, info.samples, info.features, info.outputs, info.name],
      [201, 'uploaded', 4, 2, 2, 'and'],
    );
    assert.deepEqual((await ask(`${service.url}/v1/datasets/${info.id}`)).body, info);
    assert.ok((await service.client.datasets()).some(({ id }) => id === info.id));
    const job = { dataset: { id: info.id! }, model: { layers: [{ type: 'dense' as const, units: 4 }] } };
    const run = await service.client.submit(job);
    assert.deepEqual([run.spec.dataset.id, run.name], [info.id, 'and 4 relu']);
    await assert.rejects(service.client.deleteDataset(info.id!), {
      code: 'DATASET_IN_USE',
      message: /^1 run uses data set "and"/,
    });
    await service.client.deleteDataset(info.id!, { force: true });
    assert.equal((await ask(`${service.url}/v1/datasets/${info.id}`)).status, 404);
    await assert.rejects(service.client.submit(job), { code: 'INVALID_JOB' });
  });

  it('are refused with the path of what is wrong', async () => {
    assert.deepEqual(await wrong({ ...and, inputs: [[0, 0], [0, 1], [1, 0], [1]] }), ['inputs[3]']);
    assert.deepEqual(await wrong({ ...and, targets: [0, 0, 1, 1.5] }), ['targets[3]']);
    assert.deepEqual(await wrong({ ...and, task: 'ranking', nmae: 1 }), ['nmae', 'task']);
    assert.deepEqual(await wrong([]), ['']);
  });
});
