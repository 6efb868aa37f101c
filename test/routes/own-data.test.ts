/** Files of different kinds, with nothing prepared by hand: from the upload to exports that give the same numbers. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import * as ort from 'onnxruntime-node';
import { openBackend } from '../../src/engine/executors/tensorflow/backends.ts';
import type { DatasetInfo, Job, Prediction, Preparation } from '../../src/vocabulary/index.ts';
import { predictFromJson } from '../engine/json-predictor.ts';
import { idxFile, numbersFrom, pngFile, zipFile } from '../support/data-writers.ts';
import { ask, codeOf, ended, startService, type TestService } from '../support/service.ts';

const { tf } = await openBackend('cpu');
const { loadLayersModel } = createRequire(import.meta.url)(
  '@tensorflow/tfjs-layers',
) as typeof import('@tensorflow/tfjs-layers');

interface GivenFile {
  name: string;
  content: string | Uint8Array;
}
interface Given {
  files: GivenFile[];
  /** Of the upload's address. */
  query?: string;
  target: string;
  task: DatasetInfo['task'];
  /** At least this much is to be learned, by validation or training accuracy or R². */
  score: number;
}

const next = numbersFrom(5);
const times = <T>(count: number, of: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));

const KINDS = ['Adelie', 'Chinstrap', 'Gentoo'];
const penguins = times(240, (i) =>
  [
    KINDS[i % 3],
    i % 3 === 2 ? 'Biscoe' : ['Dream', 'Torgersen'][i % 2],
    i % 17 === 3 ? 'NA' : (35 + 5 * (i % 3) + 3 * next()).toFixed(1),
    i % 23 === 5 ? 'NA' : Math.round(3500 + 700 * (i % 3) + 300 * next()),
    i % 31 === 7 ? 'NA' : ['male', 'female'][i % 2],
  ].join(','),
);
const comma = (value: number) => value.toFixed(2).replace('.', ',');
const rooms = times(200, (i) => {
  const [size, floor] = [20 + 80 * next(), Math.floor(6 * next())];
  const when = `${String(1 + (i % 28)).padStart(2, '0')}.0${1 + (i % 9)}.2025`;
  return `${comma(size)};${floor};${['ja', 'nein'][i % 2]};${when};${comma(300 + 12 * size + 15 * floor)}`;
});
const sold = times(300, (i) => ({
  city: ['Oslo', 'Lima', 'Rome'][i % 3]!,
  degrees: 5 + 20 * next(),
  open: i % 2 === 0,
}));
const digit = (index: number) =>
  times(64, (k) => (k % 10 === index ? 200 + Math.floor(50 * next()) : Math.floor(40 * next())));
const shape = (isCross: boolean) =>
  Uint8Array.from(
    times(
      36,
      (k) => Number(isCross ? k % 7 === 0 || k % 5 === 0 : Math.floor(k / 6) % 5 === 0) * 180 + Math.floor(60 * next()),
    ),
  );

const GIVEN: Record<string, Given> = {
  'CSV with NA and categories': {
    files: [
      { name: 'penguins.csv', content: ['species,island,bill_length_mm,body_mass_g,sex', ...penguins].join('\n') },
    ],
    target: 'species',
    task: 'classification',
    score: 0.9,
  },
  'CSV with semicolons and decimal commas': {
    files: [
      {
        name: 'mieten.csv',
        content: Buffer.from(['Fläche;Stock;Balkon;Datum;Miete', ...rooms].join('\r\n'), 'latin1'),
      },
    ],
    target: 'Miete',
    task: 'regression',
    score: 0.9,
  },
  Parquet: {
    files: [
      {
        name: 'sales.parquet',
        content: new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: 'city', data: sold.map(({ city }, i) => (i % 19 === 4 ? null : city)), type: 'STRING' },
              { name: 'degrees', data: sold.map(({ degrees }) => degrees), type: 'DOUBLE' },
              { name: 'open', data: sold.map(({ open }) => open), type: 'BOOLEAN' },
              { name: 'sales', data: sold.map(({ degrees, open }) => (open ? 40 : 0) + 3 * degrees), type: 'DOUBLE' },
            ],
          }),
        ),
      },
    ],
    query: '?target=sales',
    target: 'sales',
    task: 'regression',
    score: 0.9,
  },
  'IDX images and labels of two parts, packed': {
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        content: gzipSync(idxFile(8, [300, 8, 8], times(300, (i) => digit(i % 10)).flat())),
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        content: gzipSync(
          idxFile(
            8,
            [300],
            times(300, (i) => i % 10),
          ),
        ),
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        content: gzipSync(idxFile(8, [60, 8, 8], times(60, (i) => digit(i % 10)).flat())),
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        content: gzipSync(
          idxFile(
            8,
            [60],
            times(60, (i) => i % 10),
          ),
        ),
      },
    ],
    target: 'label',
    task: 'classification',
    score: 0.9,
  },
  'a zip of pictures in folders': {
    files: [
      {
        name: 'shapes.zip',
        content: zipFile(
          times(80, (i) => ({
            name: `shapes/${i % 2 ? 'cross' : 'bars'}/${i}.png`,
            content: pngFile(6, 6, 1, shape(i % 2 === 1)),
          })),
        ),
      },
    ],
    target: 'class',
    task: 'classification',
    score: 0.9,
  },
};

describe('your own data', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ trains: true });
  });
  after(() => service.remove());

  async function upload({ files, query = '' }: Pick<Given, 'files' | 'query'>): Promise<DatasetInfo> {
    const body = new FormData();
    for (const { name, content } of files) body.append('file', new Blob([content]), name);
    const answer = await ask(`${service.url}/v1/datasets${query}`, { method: 'POST', body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body as DatasetInfo;
  }

  async function train(dataset: Job['dataset'], changes: Partial<Job['training']> = {}) {
    const { id } = await service.client.submit({
      dataset,
      model: { layers: [{ type: 'dense', units: 16 }] },
      training: { epochs: 60, batchSize: 16, seed: 1, optimizer: { type: 'adam', learningRate: 0.01 }, ...changes },
    });
    await ended(service, id);
    const run = await service.client.get(id);
    assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
    return run;
  }

  for (const [kind, given] of Object.entries(GIVEN)) {
    it(`${kind}: is read, trained on, predicted from by name, and exported`, async () => {
      const info = await upload(given);
      const target = info.columns?.filter(({ role }) => role === 'target').map(({ name }) => name);
      assert.deepEqual([target, info.task], [[given.target], given.task]);
      const { id, summary, spec } = await train({
        id: info.id!,
        normalizeTargets: given.task === 'regression' ? 'standard' : 'none',
      });
      assert.deepEqual([spec.dataset.version, spec.dataset.hash], [1, info.hash]);
      const score = given.task === 'regression' ? summary.r2 : summary.valAccuracy;
      assert.ok(score! >= given.score, `${score} of the validation part`);
      if (info.testSamples) assert.ok(summary.testAccuracy! >= given.score, `${summary.testAccuracy} of the test part`);

      // The first rows, as the files have them.
      const preview = await service.client.previewDataset(info.id!, { rows: 12 });
      const names = preview.columns.map(({ name }) => name);
      const rows = preview.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
      const prediction = await service.client.predict(id, rows);
      assert.deepEqual(prediction.classes, info.classes ?? undefined);
      if (info.classes) {
        const right = prediction.labels!.filter((label, i) => label === String(rows[i]![given.target])).length;
        assert.ok(right >= given.score * rows.length, `${right} of ${rows.length}`);
        const evaluation = await service.client.evaluation(id);
        assert.deepEqual(
          evaluation.classes?.map(({ name }) => name),
          info.classes,
        );
        assert.equal(
          evaluation.confusion?.flat().reduce((sum, count) => sum + count, 0),
          evaluation.samples,
        );
      }
      await checkExports(id, rows, prediction);
    });
  }

  /** Prepares the rows as docs/models.md says, and computes the outputs of every export. */
  async function checkExports(id: string, rows: Record<string, unknown>[], { outputs }: Prediction) {
    const text = Buffer.from(await service.client.model(id)).toString();
    const model = JSON.parse(text) as { inputNames: string[]; preparation: Preparation };
    const inputs = Float32Array.from(rows.flatMap((row) => prepareByTheBook(model.preparation, row)));
    const width = model.inputNames.length;
    assert.equal(inputs.length, rows.length * width);
    const scale = Math.max(1, ...outputs.flat().map(Math.abs));
    const agree = (what: string, values: ArrayLike<number>) => {
      const expected = outputs.flat();
      assert.equal(values.length, expected.length, what);
      for (const [i, value] of expected.entries())
        assert.ok(Math.abs(values[i]! - value) < 1e-4 * scale, `${what}: ${values[i]} is not ${value}`);
    };
    agree('json', predictFromJson(text, inputs));
    const session = await ort.InferenceSession.create(await service.client.model(id, 'onnx'));
    const { output } = await session.run({ input: new ort.Tensor('float32', inputs, [rows.length, width]) });
    agree('onnx', output!.data as Float32Array);
    await session.release();
    const layers = await loadLayersModel(`${service.url}/v1/runs/${id}/model/tfjs/model.json`);
    agree(
      'tfjs',
      await (
        layers.predict(tf.tensor2d(inputs, [rows.length, width])) as import('@tensorflow/tfjs-core').Tensor2D
      ).data(),
    );
    agree(
      'predict, rows of inputs',
      (
        await service.client.predict(
          id,
          times(rows.length, (i) => [...inputs.subarray(i * width, (i + 1) * width)]),
        )
      ).outputs.flat(),
    );
  }

  it('a job means a data set by its name, in its newest version; a run keeps the version that it saw', async () => {
    const { files } = GIVEN['CSV with NA and categories']!;
    const info = await upload({ files, query: '?name=birds' });
    const first = await train({ name: 'birds' }, { epochs: 2 });
    assert.deepEqual(
      [first.spec.dataset.id, first.spec.dataset.version, first.spec.dataset.name],
      [info.id, 1, undefined],
    );

    const changed = await ask(`${service.url}/v1/datasets/${info.id}`, {
      method: 'PATCH',
      json: {
        columns: [
          { name: 'island', role: 'ignored' },
          { name: 'body_mass_g', fill: 'drop' },
        ],
      },
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const second = await train({ name: 'birds' }, { epochs: 2 });
    assert.deepEqual([second.spec.dataset.version, second.spec.dataset.hash], [2, (changed.body as DatasetInfo).hash]);
    assert.notEqual(second.spec.dataset.hash, first.spec.dataset.hash);
    assert.ok(second.progress.steps < first.progress.steps, 'rows without a mass are left out');

    // The same spec again is the same training, whatever was changed since.
    const again = await train(first.spec.dataset, { epochs: 2 });
    assert.deepEqual(again.spec.dataset, first.spec.dataset);
    assert.equal(again.summary.valLoss, first.summary.valLoss);
    const fork = await ask(`${service.url}/v1/runs/${first.id}/fork`, { json: { patch: { training: { epochs: 1 } } } });
    assert.equal(fork.status, 201, JSON.stringify(fork.body));
    const misfit = await ask(`${service.url}/v1/runs/${first.id}/fork`, {
      json: { patch: { dataset: { version: 2 } } },
    });
    assert.equal(codeOf(misfit), 'INVALID_JOB', 'another version has other inputs');

    const refused = async (dataset: object) =>
      (
        await ask(`${service.url}/v1/runs?validateOnly=true`, {
          json: { dataset, model: { layers: [] }, training: { epochs: 1 } },
        })
      ).body;
    assert.match(
      JSON.stringify(await refused({ name: 'birds', version: 9 })),
      /the newest version of this data set is 2/,
    );
    assert.match(JSON.stringify(await refused({ name: 'bird' })), /dataset.name/);
    const accepted = JSON.stringify(await refused({ name: 'birds' }));
    assert.match(accepted, /"risk":/);
  });
});

/** A second reading of the description in docs/models.md, for one row. */
function prepareByTheBook({ columns }: Preparation, row: Record<string, unknown>): number[] {
  return columns.flatMap(({ name, kind, width, encoding, categories = [], fill, hasIndicator }) => {
    const given = row[name];
    const isMissing = given === null || given === undefined;
    const values = width === 1 ? [given] : (given as unknown[]);
    const encoded = values.flatMap((value): number[] => {
      if (kind === 'numeric') return [Number(value)];
      if (kind === 'boolean') return [Number(value === true || value === 1 || value === categories[1])];
      if (kind === 'date') {
        const date = new Date(String(value));
        assert.equal(encoding, 'number');
        return [date.getTime() / 86_400_000];
      }
      const index = categories.indexOf(String(value));
      assert.ok(isMissing || index >= 0, `${name} is ${String(value)}`);
      return encoding === 'ordered' ? [index] : categories.map((_, k) => Number(k === index));
    });
    return [...(isMissing ? fill! : encoded), ...(hasIndicator ? [Number(isMissing)] : [])];
  });
}
