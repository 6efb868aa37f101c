import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PackedDataset, Table } from '../../src/schemas/index.ts';
import type { DatasetContent, DatasetVersion, Store } from '../../src/store/store.ts';
import { describeStores } from '../support/database.ts';
import { storeOldDataset } from '../support/old-dataset.ts';
import { jobSpec, progressAt } from '../support/runs.ts';
import { datasetOf } from '../support/tables.ts';

const { table, recipe, counts, rowGroups } = datasetOf({
  columns: {
    a: { values: [1.5, 2, 3, 4, 5, 6, 7, 8, 9] },
    b: { values: ['x', 'y', 'x', 'y', 'x', 'y', 'x', 'y', 'x'], role: 'target', categories: ['x', 'y'] },
  },
  task: 'classification',
  rowsPerGroup: 4,
});
const content: DatasetContent = {
  table: { ...table, reading: { format: 'csv', notes: [] }, firstRows: [[1.5, 'x']] } satisfies Table,
  hash: 'abc',
};
const first: DatasetVersion = { hash: 'sha256:1', recipe, counts, warnings: [{ code: 'fewRows', message: 'few' }] };

async function put({ datasets }: Store, name: string | null): Promise<string> {
  const id = await datasets.begin(name);
  for (const [part, bytes] of rowGroups.entries()) await datasets.addRowGroup(id, part, bytes);
  assert.ok(await datasets.finish(id, content, first));
  return id;
}

describeStores((store) => {
  test('row groups of any size come back as they were, each in memory of its own', async () => {
    const { datasets } = store();
    const id = await datasets.begin('large');
    const stored = [1, 64 * 1024, 64 * 1024 + 1, 1_100_003].map((length, part) =>
      Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + part) & 0xff),
    );
    for (const [part, bytes] of stored.entries()) await datasets.addRowGroup(id, part, bytes);
    const found: Uint8Array<ArrayBuffer>[] = [];
    for await (const group of datasets.rowGroups(id)) found.push(group);
    assert.deepEqual(
      found.map(({ length, buffer }) => [length, buffer.byteLength]),
      stored.map(({ length }) => [length, length]),
    );
    for (const [part, bytes] of stored.entries()) assert.ok(Buffer.from(bytes).equals(found[part]!), `part ${part}`);
    await datasets.delete(id);
  });

  test('a data set is shown when it is finished, and comes back as it was until it is deleted', async () => {
    const { datasets, pool } = store();
    const id = await datasets.begin('my\0 data');
    assert.match(id, /^dataset_[0-9a-z]{26}$/);
    for (const [part, bytes] of rowGroups.entries()) await datasets.addRowGroup(id, part, bytes);
    assert.deepEqual(
      [await datasets.info(id), await datasets.get(id), await datasets.content(id), await datasets.named('my\0 data')],
      [null, null, null, null],
    );
    assert.ok(!(await datasets.list()).some((one) => one.id === id));

    const info = await datasets.finish(id, content, first);
    assert.deepEqual(
      { ...info, createdAt: '' },
      {
        object: 'dataset',
        project: 'default',
        createdBy: null,
        id,
        name: 'my\uFFFD data',
        kind: 'uploaded',
        version: 1,
        hash: 'sha256:1',
        task: 'classification',
        samples: 9,
        features: 1,
        outputs: 2,
        columns: recipe.columns,
        classes: ['x', 'y'],
        split: { by: 'share' },
        warnings: first.warnings,
        description: 'Uploaded.',
        createdAt: '',
        runs: 0,
      },
    );
    assert.equal(await datasets.finish(id, content, first), null, 'only once');
    assert.deepEqual(await datasets.content(id), content);
    assert.deepEqual(await datasets.version(id, 1), first);
    const found = await datasets.get(id);
    assert.deepEqual(found?.info, info);
    assert.deepEqual(found?.data, { table: content.table, recipe, counts, rowGroups });

    const unnamed = await put(store(), null);
    assert.deepEqual(
      (await datasets.list()).slice(0, 2).map((one) => [one.id, 'name' in one]),
      [
        [unnamed, false],
        [id, true],
      ],
    );
    assert.equal(await datasets.delete(id), true);
    assert.equal(await datasets.delete(id), false);
    assert.equal(await datasets.get(id), null);
    assert.equal(await datasets.info('dataset_\0'), null);
    for (const rows of ['dataset_parts', 'dataset_versions'])
      assert.deepEqual((await pool.query(`select 1 from ${rows} where dataset_id = $1`, [id])).rows, []);
  });

  test('of several with one name the newest is meant', async () => {
    const older = await put(store(), 'twins');
    const newer = await put(store(), 'twins');
    assert.equal((await store().datasets.named('twins'))?.id, newer);
    await store().datasets.delete(newer);
    assert.equal((await store().datasets.named('twins'))?.id, older);
  });

  test('what was begun is swept once it is not touched any more, and nothing else is', async () => {
    const { datasets, pool } = store();
    const whole = await put(store(), 'whole');
    const [silent, touched] = [await datasets.begin('silent'), await datasets.begin('touched')];
    await datasets.addRowGroup(silent, 0, rowGroups[0]!);
    await pool.query(`update datasets set touched_at = now() - interval '1 hour' where id = any($1)`, [
      [silent, touched],
    ]);
    await datasets.touch([touched]);
    assert.equal(await datasets.sweep(60_000), 1);
    assert.equal(await datasets.finish(silent, content, first), null);
    assert.deepEqual((await pool.query('select 1 from dataset_parts where dataset_id = $1', [silent])).rows, []);
    assert.equal(await datasets.sweep(0), 1);
    assert.ok(await datasets.info(whole));
  });

  test('a change is made in place until a run names the version, and then makes another one', async () => {
    const { datasets } = store();
    const id = await put(store(), 'changing');
    const second = { ...first, hash: 'sha256:2' };
    const changed = await datasets.change(id, 1, { version: second, name: 'changed' });
    assert.deepEqual([changed?.version, changed?.hash, changed?.name], [1, 'sha256:2', 'changed']);

    const dataset = {
      id,
      version: 1,
      seed: 1,
      limit: null,
      validationSplit: 0.1,
      normalize: 'none',
      normalizeTargets: 'none',
    } as const;
    await store().runs.create({ kind: 'trained', spec: jobSpec({ dataset }), progress: progressAt(0) });
    const third = await datasets.change(id, 1, { version: { ...first, hash: 'sha256:3' } });
    assert.deepEqual([third?.version, third?.hash, third?.runs], [2, 'sha256:3', 1]);
    assert.equal((await datasets.info(id, 1))?.hash, 'sha256:2');
    assert.equal((await datasets.get(id, 1))?.info.hash, 'sha256:2');
    assert.equal(await datasets.info(id, 3), null);
    assert.deepEqual(
      (await datasets.versions(id)).map(({ version, runs }) => [version, runs]),
      [
        [2, 0],
        [1, 1],
      ],
    );
    assert.equal(await datasets.change(id, 1, { version: first }), null, 'only the newest version changes');
    assert.deepEqual(await datasets.use(id), { runs: 1, unfinished: 1 });
  });

  test('a data set of an earlier release is version 1 with generated names', async () => {
    const data: PackedDataset = {
      task: 'classification',
      samples: 3,
      features: 2,
      outputs: 3,
      inputs: Float32Array.of(1, 2, 3, 4, 5, 6.5),
      targets: Float32Array.of(0, 2, 1),
    };
    const id = await storeOldDataset(store(), 'old', data);
    const found = await store().datasets.get(id);
    assert.deepEqual(found?.data, data);
    const { version, hash = '', columns, classes, samples, features, outputs } = found?.info ?? {};
    assert.match(hash, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(
      [version, columns?.map(({ name, kind, role }) => [name, kind, role]), classes, samples, features, outputs],
      [
        1,
        [
          ['x1', 'numeric', 'input'],
          ['x2', 'numeric', 'input'],
          ['y', 'categorical', 'target'],
        ],
        ['0', '1', '2'],
        3,
        2,
        3,
      ],
    );
    assert.equal(await store().datasets.content(id), null);
    const wide = await storeOldDataset(store(), 'wide', {
      task: 'regression',
      samples: 1,
      features: 300,
      outputs: 2,
      inputs: new Float32Array(300),
      targets: Float32Array.of(1, 2),
    });
    assert.deepEqual(
      (await store().datasets.info(wide))?.columns?.map(({ name, width }) => [name, width]),
      [
        ['x', 300],
        ['y1', 1],
        ['y2', 1],
      ],
    );
  });
});
