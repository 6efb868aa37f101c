/** Parts of a data set that do not depend on the job: by time and by file, over HTTP, in what a run trains on. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DatasetInfo } from '../../src/vocabulary/index.ts';
import { ask, ended, startService, type TestService } from '../support/service.ts';

const lines = (count: number, line: (row: number) => string): string =>
  Array.from({ length: count }, (_, row) => `${line(row)}\n`).join('');

const parts = ({ trainingSamples, validationSamples, testSamples }: DatasetInfo) => [
  trainingSamples,
  validationSamples,
  testSamples,
];

describe('fixed splits', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ trains: true });
  });
  after(() => service.remove());

  async function train(id: string): Promise<void> {
    const run = await service.client.submit({
      dataset: { id },
      model: { layers: [{ type: 'dense', units: 2 }] },
      training: { epochs: 1 },
    });
    await ended(service, run.id);
    assert.equal((await service.client.get(run.id)).status, 'succeeded');
  }

  it('by time: the last shares validate and test', async () => {
    const content = `day,x,y\n${lines(40, (row) => `2026-${row % 2 === 0 ? '01' : '02'}-${10 + (row % 19)},${row * 0.3},${row * 0.7}`)}`;
    const { body } = await ask(`${service.url}/v1/datasets?name=days&target=y`, {
      method: 'POST',
      body: content,
      headers: { 'content-type': 'text/csv' },
    });
    const { id = '' } = body as DatasetInfo;
    const split = { by: 'time', column: 'day', validation: 0.2, test: 0.1 } as const;
    const changed = await ask(`${service.url}/v1/datasets/${id}`, {
      method: 'PATCH',
      body: JSON.stringify({ split }),
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const info = changed.body as DatasetInfo;
    assert.deepEqual([info.split, parts(info)], [split, [28, 8, 4]]);
    await train(id);
    const wrong = await ask(`${service.url}/v1/datasets/${id}`, {
      method: 'PATCH',
      body: JSON.stringify({ split: { by: 'file' } }),
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(wrong.status, 400);
  });

  it('by file: the names of the files say the parts', async () => {
    const form = new FormData();
    for (const [name, count] of [
      ['test.csv', 5],
      ['train.csv', 30],
      ['validation.csv', 10],
    ] as const)
      form.append('file', new Blob([`x,y\n${lines(count, (row) => `${row * 0.3},${row * 0.7}`)}`]), name);
    const { status, body } = await ask(`${service.url}/v1/datasets`, { method: 'POST', body: form });
    assert.equal(status, 201, JSON.stringify(body));
    const info = body as DatasetInfo;
    assert.deepEqual([info.split, parts(info)], [{ by: 'file' }, [30, 10, 5]]);
    await train(info.id!);
  });
});
