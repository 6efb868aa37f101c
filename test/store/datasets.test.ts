import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PackedDataset } from '../../src/schemas/index.ts';
import { describeStores } from '../support/database.ts';

const dataset = (samples: number, features: number): PackedDataset => ({
  task: 'regression',
  samples,
  features,
  outputs: 2,
  inputs: Float32Array.from({ length: samples * features }, (_, i) => i / 3),
  targets: Float32Array.from({ length: samples * 2 }, (_, i) => -i),
});

describeStores((store) => {
  test('an uploaded data set comes back as it was, until it is deleted', async () => {
    const data = dataset(100_000, 12);
    const info = await store().datasets.create('my\0 data', data);
    assert.match(info.id ?? '', /^dataset_[0-9a-z]{26}$/);
    assert.deepEqual(
      { ...info, createdAt: '' },
      {
        object: 'dataset',
        id: info.id,
        name: 'my\uFFFD data',
        kind: 'uploaded',
        task: 'regression',
        samples: 100_000,
        features: 12,
        outputs: 2,
        description: 'Uploaded.',
        createdAt: '',
      },
    );
    const found = await store().datasets.get(info.id ?? '');
    assert.deepEqual(found?.info, info);
    assert.deepEqual(found?.data, data);
    assert.deepEqual(await store().datasets.info(info.id ?? ''), info);

    const unnamed = await store().datasets.create(null, dataset(1, 1));
    assert.ok(!('name' in unnamed));
    assert.deepEqual((await store().datasets.list()).slice(0, 2), [unnamed, info], 'newest first');

    assert.equal(await store().datasets.delete(info.id ?? ''), true);
    assert.equal(await store().datasets.delete(info.id ?? ''), false);
    assert.equal(await store().datasets.get(info.id ?? ''), null);
    assert.equal(await store().datasets.info('dataset_\0'), null);
    const { rows } = await store().pool.query('select 1 from dataset_parts where dataset_id = $1', [info.id]);
    assert.deepEqual(rows, []);
  });
});
