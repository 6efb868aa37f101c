/** Files on their way into a data set: every form of body, every way to end early, and what is left behind. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { DatasetInfo, DatasetPreview, ErrorAnswer } from '../../src/vocabulary/index.ts';
import { ask, codeOf, ended, startService, type Answer, type TestService } from '../support/service.ts';
import { STORE_KINDS } from '../support/database.ts';

const PENGUINS = `id,species,island,bill,mass,sex
1,Adelie,Torgersen,39.1,3750,male
2,Adelie,Torgersen,39.5,3800,female
3,Gentoo,Biscoe,46.1,4500,female
4,Gentoo,Biscoe,50.0,5700,NA
5,Adelie,Dream,NA,3450,female
6,Gentoo,Biscoe,48.7,5350,male
7,Adelie,Dream,36.5,3500,male
8,Gentoo,Biscoe,47.3,5000,female
`;

const errorOf = ({ body }: Answer) => (body as ErrorAnswer).error;

function form(files: Record<string, string>, fields: Record<string, string> = {}): FormData {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  for (const [name, content] of Object.entries(files))
    body.append('file', new Blob([content], { type: 'text/csv' }), name);
  return body;
}

/** Rows that differ by their seed. */
const manyRows = (seed: number) =>
  `x,y\n${Array.from({ length: 5000 }, (_, row) => `${(row * seed) % 97},${((row * seed) % 97) * 2.5}\n`).join('')}`;

for (const kind of STORE_KINDS) {
  describe(`uploads (${kind})`, () => {
    let service: TestService;
    before(async () => {
      service = await startService({ kind, trains: true, datasetLimits: { bytes: 2_000_000, values: 200_000 } });
    });
    after(() => service.remove());

    const upload = (
      body: RequestInit['body'],
      query = '',
      headers: Record<string, string> = { 'content-type': 'text/csv' },
    ) => ask(`${service.url}/v1/datasets${query}`, { method: 'POST', body, headers });
    const listed = async () => (await service.client.datasets()).filter((one) => one.kind === 'uploaded');
    /** Files that wait on disk, and rows of data sets that are not finished. */
    async function leftovers(): Promise<unknown[]> {
      const folder = join(service.dataDir, 'uploads');
      const files = (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) =>
        /\/upload-/.test(name),
      );
      const { rows } = await service.stations.store.pool.query('select id from datasets where not is_whole');
      return [...files, ...rows];
    }
    /** A connection that is closed is noticed a moment later. */
    async function untilNothingIsLeft(): Promise<void> {
      const deadline = Date.now() + 20_000;
      for (let left = await leftovers(); left.length > 0; left = await leftovers()) {
        assert.ok(Date.now() < deadline, `left behind: ${JSON.stringify(left)}`);
        await delay(20);
      }
    }

    it('of a CSV file become columns with roles, kinds, fills and warnings, and are trained on', async () => {
      const answer = await upload(PENGUINS, '?name=penguins&target=species');
      const info = answer.body as DatasetInfo;
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      assert.equal(answer.headers.get('location'), `/v1/datasets/${info.id}`);
      assert.deepEqual(
        [info.name, info.version, info.task, info.samples, info.outputs, info.classes],
        ['penguins', 1, 'classification', 8, 2, ['Adelie', 'Gentoo']],
      );
      assert.match(info.hash ?? '', /^sha256:[0-9a-f]{64}$/);
      assert.deepEqual(
        info.columns?.map(({ name, kind, role, fill, encoding, missing }) => [
          name,
          kind,
          role,
          fill,
          encoding,
          missing,
        ]),
        [
          ['id', 'numeric', 'ignored', undefined, undefined, 0],
          ['species', 'categorical', 'target', undefined, undefined, 0],
          ['island', 'categorical', 'input', undefined, 'oneHot', 0],
          ['bill', 'numeric', 'input', 'mean', undefined, 1],
          ['mass', 'numeric', 'input', undefined, undefined, 0],
          ['sex', 'categorical', 'input', 'indicator', 'oneHot', 1],
        ],
      );
      // Three islands, bill, mass, two sexes and whether it is missing.
      assert.equal(info.features, 8);
      assert.ok(info.warnings?.some(({ code, column }) => code === 'leakingId' && column === 'id'));

      const preview = (await ask(`${service.url}/v1/datasets/${info.id}/preview?rows=2`)).body as DatasetPreview;
      assert.deepEqual(preview.rows, [
        [1, 'Adelie', 'Torgersen', 39.1, 3750, 'male'],
        [2, 'Adelie', 'Torgersen', 39.5, 3800, 'female'],
      ]);
      assert.deepEqual(preview.classes, [
        { name: 'Adelie', count: 4 },
        { name: 'Gentoo', count: 4 },
      ]);
      assert.deepEqual([preview.totalRows, preview.reading['format'], preview.reading['delimiter']], [8, 'csv', ',']);
      assert.equal(preview.columns[3]?.missingShare, 1 / 8);

      const run = await service.client.submit({
        dataset: { id: info.id!, validationSplit: 0 },
        model: { layers: [{ type: 'dense', units: 8 }] },
        training: { epochs: 200, batchSize: 8, seed: 1, optimizer: { type: 'adam', learningRate: 0.05 } },
      });
      await ended(service, run.id);
      const { status, summary, error } = await service.client.get(run.id);
      assert.deepEqual([status, summary.epochAccuracy], ['succeeded', 1], JSON.stringify(error));
      assert.deepEqual(await leftovers(), []);
    });

    it('of any form are the same data set: raw, compressed, as a form, with fields in the form', async () => {
      const answers = [
        await upload(PENGUINS, '?target=species'),
        await upload(PENGUINS, '?target=species', { 'content-type': 'application/octet-stream' }),
        await upload(form({ 'penguins.csv': PENGUINS }), '?target=species', {}),
        await upload(form({ 'my penguins.csv': PENGUINS }, { target: 'species' }), '', {}),
        await upload(PENGUINS.replaceAll(',', ';'), '?target=species&delimiter=;'),
      ];
      const infos = answers.map(({ body }) => body as DatasetInfo);
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array(5).fill(201),
      );
      assert.deepEqual([...new Set(infos.map(({ hash }) => hash))], [infos[0]?.hash]);
      assert.deepEqual(
        infos.map(({ name }) => name),
        [undefined, undefined, 'penguins', 'my penguins', undefined],
      );
      assert.deepEqual(await leftovers(), []);
    });

    it('are refused with the place and kind of each mistake, and leave nothing', async () => {
      const before = await listed();
      const ragged = await upload('a,b\n1,2\n3\n');
      assert.equal(ragged.status, 400);
      const { code, details } = errorOf(ragged);
      assert.equal(code, 'INVALID_FILE');
      assert.equal(details[0]?.line, 3);

      const noTarget = errorOf(await upload(PENGUINS, '?target=specie'));
      assert.deepEqual([noTarget.code, noTarget.details[0]?.path], ['INVALID_REQUEST', 'target']);
      assert.match(noTarget.message, /did you mean "species"/);
      assert.match(errorOf(await upload(PENGUINS, '?target=species&task=regression')).message, /not a number/);
      assert.equal(codeOf(await upload(PENGUINS, '?task=ranking')), 'INVALID_REQUEST');
      assert.equal(codeOf(await upload('', '')), 'INVALID_FILE');
      assert.equal(codeOf(await upload(form({}, { name: 'x' }), '', {})), 'INVALID_REQUEST');
      assert.equal(
        codeOf(await upload(PENGUINS, '', { 'content-type': 'text/csv', 'content-encoding': 'br' })),
        'UNSUPPORTED_MEDIA_TYPE',
      );
      assert.deepEqual(await listed(), before);
      assert.deepEqual(await leftovers(), []);
    });

    it('beyond the limits are answered 413 with what to do, and leave nothing', async () => {
      const before = await listed();
      const large = `a,b\n${'1,2\n'.repeat(600_000)}`;
      const chunked = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from(large));
          controller.close();
        },
      });
      const answers = [
        await upload(large),
        await upload(form({ 'large.csv': large }), '', {}),
        await ask(`${service.url}/v1/datasets`, { method: 'POST', body: chunked, duplex: 'half' }),
      ];
      for (const answer of answers) {
        assert.deepEqual([answer.status, codeOf(answer)], [413, 'BODY_TOO_LARGE']);
        assert.match(errorOf(answer).message, /DATASET_MAX_BYTES/);
      }
      const values = await upload(`a,b\n${'1,2\n'.repeat(150_000)}`);
      assert.equal(codeOf(values), 'INVALID_FILE');
      assert.match(errorOf(values).message, /200,?000/);
      assert.deepEqual(await listed(), before);
      await untilNothingIsLeft();
    });

    it('leave nothing where the client hangs up while it sends, or while the file is read', async () => {
      const before = await listed();
      for (const sent of ['half', 'all'] as const) {
        const request = httpRequest(`${service.url}/v1/datasets`, {
          method: 'POST',
          headers: { 'content-type': 'text/csv', ...(sent === 'all' && { 'content-length': 1_600_004 }) },
        });
        request.on('error', () => undefined);
        request.write('a,b\n');
        await new Promise((resolve) => request.write('1,2\n'.repeat(sent === 'all' ? 400_000 : 1000), resolve));
        // Until the service has the file: so it hangs up in the middle.
        const deadline = Date.now() + 20_000;
        while ((await leftovers()).length === 0) assert.ok(Date.now() < deadline);
        request.destroy();
        await new Promise((resolve) => request.once('close', resolve));
        await untilNothingIsLeft();
      }
      assert.deepEqual(await listed(), before);
    });

    it('are read several at once, and each is whole', async () => {
      const answers = await Promise.all([1, 2, 3, 4, 5].map((seed) => upload(manyRows(seed), `?name=many ${seed}`)));
      assert.deepEqual(
        answers.map(({ status, body }) => `${status} ${(body as DatasetInfo).samples}`),
        Array(5).fill('201 5000'),
      );
      assert.equal(new Set(answers.map(({ body }) => (body as DatasetInfo).hash)).size, 5);
    });

    it('with an Idempotency-Key are repeated without being read again, and another file is refused', async () => {
      const headers = { 'content-type': 'text/csv', 'idempotency-key': `upload ${kind}` };
      const first = await upload(PENGUINS, '?name=once', headers);
      const again = await upload(PENGUINS, '?name=once', headers);
      assert.deepEqual(again.body, first.body);
      assert.equal(again.headers.get('idempotency-replayed'), 'true');
      assert.equal(
        codeOf(await upload(`${PENGUINS}9,Adelie,Dream,1,2,male\n`, '?name=once', headers)),
        'IDEMPOTENCY_CONFLICT',
      );
      assert.equal((await listed()).filter(({ name }) => name === 'once').length, 1);
      await untilNothingIsLeft();
    });

    it('are changed in place until a run has used them, then as a new version, and every problem is named', async () => {
      const { id = '' } = (await upload(gzipSync(PENGUINS), '?target=species')).body as DatasetInfo;
      const change = (json: unknown) => ask(`${service.url}/v1/datasets/${id}`, { method: 'PATCH', json });
      const wrong = errorOf(
        await change({
          columns: [
            { name: 'bil', kind: 'numeric' },
            { name: 'sex', fill: 'mean' },
            { name: 'mass', kind: 'date' },
          ],
          split: { by: 'column', column: 'island', validation: ['Biscoo'] },
        }),
      );
      assert.deepEqual(wrong.details.map(({ path }) => path).toSorted(), [
        'columns[0].name',
        'columns[1].fill',
        'columns[2].kind',
        'split.validation[0]',
      ]);
      const split = { by: 'column', column: 'island', validation: ['Dream'] } as const;
      const first = (await change({ columns: [{ name: 'sex', fill: 'drop' }], split })).body as DatasetInfo;
      assert.deepEqual(
        [first.version, first.samples, first.trainingSamples, first.validationSamples, first.features],
        [1, 7, 5, 2, 4],
      );
      const run = await service.client.submit({
        dataset: { id },
        model: { layers: [{ type: 'dense', units: 2 }] },
        training: { epochs: 1 },
      });
      await ended(service, run.id);
      const second = (
        await change({
          columns: [
            { name: 'mass', role: 'target' },
            { name: 'species', role: 'input' },
          ],
        })
      ).body as DatasetInfo;
      assert.deepEqual([second.version, second.task, second.classes, second.runs], [2, 'regression', null, 1]);
      assert.equal((await service.client.dataset(id, { version: 1 })).hash, first.hash);
      assert.notEqual(second.hash, first.hash);
      assert.deepEqual(
        (await service.client.datasetVersions(id)).map(({ version, runs }) => [version, runs]),
        [
          [2, 0],
          [1, 1],
        ],
      );
      assert.equal((await ask(`${service.url}/v1/datasets/${id}?version=3`)).status, 404);
      await assert.rejects(service.client.deleteDataset(id), { code: 'DATASET_IN_USE' });
      await service.client.deleteDataset(id, { force: true });
      assert.equal((await ask(`${service.url}/v1/datasets/${id}`)).status, 404);
    });

    it('as JSON have the names that they bring', async () => {
      const info = await service.client.uploadDataset({
        name: 'named',
        inputs: [
          [1, 2],
          [2, 2],
          [3, 2],
          [4, 2],
        ],
        targets: [1, 0, 1, 0],
        task: 'classification',
        featureNames: ['size', 'same'],
        classNames: ['small', 'big'],
      });
      assert.deepEqual(info.classes, ['small', 'big']);
      assert.deepEqual(
        info.columns?.map(({ name, role }) => [name, role]),
        [
          ['size', 'input'],
          ['same', 'input'],
          ['y', 'target'],
        ],
      );
      assert.deepEqual((await service.client.previewDataset(info.id!)).classes, [
        { name: 'small', count: 2 },
        { name: 'big', count: 2 },
      ]);
    });
  });
}
