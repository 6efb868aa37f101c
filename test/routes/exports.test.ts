import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import type { Run } from '../../src/vocabulary/index.ts';
import { STORE_KINDS } from '../support/database.ts';
import { ask, codeOf, ended, startService, type TestService } from '../support/service.ts';

const JOB = {
  dataset: { name: 'moons', samples: 200 },
  model: { layers: [{ type: 'dense' as const, units: 6, activation: 'relu' as const }] },
  training: { epochs: 4, batchSize: 20, seed: 1, optimizer: { type: 'adam' as const, learningRate: 0.01 } },
};

type Rows = Record<string, string>[];

for (const kind of STORE_KINDS) {
  describe(`exports (${kind})`, () => {
    let service: TestService;
    let runs: Run[];
    before(async () => {
      service = await startService({ kind, trains: true });
      runs = [];
      for (const [name, units] of [
        ['=cmd()', 6],
        ['two\nlines', 3],
      ] as const) {
        const { id } = await service.client.submit({
          ...JOB,
          name,
          experiment: 'exported',
          tags: ['a', 'b'],
          metadata: { 'my key': `fold ${units}` },
          model: {
            layers: [...JOB.model.layers, { type: 'dense', units, activation: 'tanh' }].slice(
              0,
              units === 6 ? 2 : 1,
            ) as typeof JOB.model.layers,
          },
        });
        await ended(service, id);
        runs.push(await service.client.get(id));
      }
    });
    after(() => service.remove());

    const fetchFile = async (path: string) => {
      const response = await fetch(service.url + path);
      assert.equal(response.status, 200, path);
      return {
        type: response.headers.get('content-type'),
        name: response.headers.get('content-disposition'),
        bytes: await response.arrayBuffer(),
      };
    };
    const csv = async (path: string): Promise<Rows> =>
      parse(Buffer.from((await fetchFile(path)).bytes).toString(), { columns: true }) as Rows;
    const jsonl = async (path: string): Promise<Record<string, unknown>[]> =>
      Buffer.from((await fetchFile(path)).bytes)
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);

    it('of metrics have one row per step and every point, the same in each format', async () => {
      const { id } = runs[0]!;
      const { series } = await service.client.metrics(id, { points: 'all' });
      const path = `/v1/runs/${id}/metrics`;
      const rows = await csv(`${path}?format=csv`);
      const steps = [...new Set(Object.values(series).flatMap((each) => each.steps))].toSorted((a, b) => a - b);
      assert.deepEqual(
        rows.map(({ step }) => Number(step)),
        steps,
      );
      assert.deepEqual(Object.keys(rows[0]!).toSorted(), ['step', ...Object.keys(series)].toSorted());
      const lines = await jsonl(`${path}?format=jsonl`);
      const { bytes, type, name } = await fetchFile(`${path}?format=parquet`);
      assert.deepEqual(
        [type, name],
        ['application/vnd.apache.parquet', `attachment; filename="${id}-metrics.parquet"`],
      );
      const parquet = await parquetReadObjects({ file: bytes });
      for (const [key, { steps: at, values }] of Object.entries(series)) {
        const kept = (given: readonly Record<string, unknown>[]) =>
          given.flatMap((row) =>
            row[key] === undefined || row[key] === null || row[key] === ''
              ? []
              : [[Number(row['step']), Number(row[key])]],
          );
        const expected = at.flatMap((step, i) => (values[i] === null ? [] : [[step, values[i]]]));
        assert.deepEqual(kept(rows), expected, `CSV, ${key}`);
        assert.deepEqual(kept(lines), expected, `JSON Lines, ${key}`);
        assert.deepEqual(kept(parquet), expected, `Parquet, ${key}`);
      }
    });

    it('of metrics can be limited to keys, steps and points', async () => {
      const { id } = runs[0]!;
      const few = await csv(`/v1/runs/${id}/metrics?format=csv&keys=valLoss,loss&fromStep=3&toStep=12`);
      assert.deepEqual(
        few.map(({ step }) => step),
        ['3', '4', '5', '6', '7', '8', '9', '10', '11', '12'],
      );
      assert.deepEqual(Object.keys(few[0]!).toSorted(), ['loss', 'step', 'valLoss']);
      const sampled = await csv(`/v1/runs/${id}/metrics?format=csv&keys=loss&points=4`);
      assert.ok(sampled.length >= 2 && sampled.length <= 8, `${sampled.length} rows`);
      assert.equal(await text(await service.client.exportMetrics(id, 'csv', { keys: ['nothing'] })), 'step\r\n');
      for (const wrong of ['smoothing=0.5', 'times=true'])
        assert.equal(
          codeOf(await ask(`${service.url}/v1/runs/${id}/metrics?format=csv&${wrong}`)),
          'INVALID_REQUEST',
          wrong,
        );
      assert.equal((await ask(`${service.url}/v1/runs/${id}/metrics?format=xlsx`)).status, 400);
      assert.equal((await ask(`${service.url}/v1/runs/run_none/metrics?format=csv`)).status, 404);
    });

    it('of neurons have one row per neuron, with the same filters', async () => {
      const { id } = runs[0]!;
      const verdict = await service.client.neurons(id);
      const rows = await csv(`/v1/runs/${id}/neurons?format=csv`);
      assert.deepEqual(
        rows.map(({ layer, index, state, bias, step }) => [layer, index, state, Number(bias), Number(step)]),
        verdict.layers.flatMap(({ name, neurons }) =>
          neurons.map(({ index, state, bias }) => [name, String(index), state, bias, verdict.step]),
        ),
      );
      const lines = await jsonl(`/v1/runs/${id}/neurons?format=jsonl&layer=dense_2`);
      assert.deepEqual(
        lines.map(({ layer, history }) => [layer, history]),
        verdict.layers[1]!.neurons.map(({ history }) => ['dense_2', history]),
      );
      const parquet = await parquetReadObjects({
        file: (await fetchFile(`/v1/runs/${id}/neurons?format=parquet`)).bytes,
      });
      assert.deepEqual(
        parquet.map(({ firedFraction }) => firedFraction as number),
        verdict.layers.flatMap(({ neurons }) => neurons.map(({ firedFraction }) => firedFraction)),
      );
      assert.equal((await ask(`${service.url}/v1/runs/${id}/neurons?format=csv&layer=nope`)).status, 400);
    });

    it('of runs have every run that matches, with spec, summary and metadata in columns', async () => {
      const { type, name } = await fetchFile('/v1/runs?format=csv');
      assert.deepEqual([type, name], ['text/csv; charset=utf-8', 'attachment; filename="runs.csv"']);
      const rows = await csv('/v1/runs?format=csv&experiment=exported&orderBy=createdAt');
      assert.deepEqual(
        rows.map(({ id }) => id),
        runs.map(({ id }) => id),
      );
      for (const [i, run] of runs.entries()) {
        const row = rows[i]!;
        assert.equal(row['name'], i === 0 ? `'=cmd()` : 'two\nlines');
        assert.equal(Number(row['summary.valLoss']), run.summary.valLoss);
        assert.equal(Number(row['spec.training.optimizer.learningRate']), 0.01);
        assert.equal(row['spec.model.layers[1].units'], i === 0 ? '6' : '');
        assert.equal(row['metadata["my key"]'], run.metadata['my key']);
        assert.deepEqual(JSON.parse(row['tags']!), ['a', 'b']);
        assert.equal(row['progress.step'], String(run.progress.step));
      }
      const lines = await jsonl('/v1/runs?format=jsonl&experiment=exported&filter=model.layers[1].units = 6');
      assert.deepEqual(
        lines.map(({ id, name: exact }) => [id, exact]),
        [[runs[0]!.id, '=cmd()']],
      );
      assert.equal(codeOf(await ask(`${service.url}/v1/runs?format=csv&filter=nope`)), 'INVALID_REQUEST');
      assert.equal(codeOf(await ask(`${service.url}/v1/runs?format=csv&limit=5`)), 'INVALID_REQUEST');
      assert.equal((await ask(`${service.url}/v1/runs?format=parquet`)).status, 400);
    });

    it('of groups are filtered as the list is', async () => {
      const groups = await service.client.groups('model.layers[1].units', {
        experiment: 'exported',
        keys: ['valLoss'],
      });
      assert.deepEqual(
        groups.data.map(({ by, count }) => [Object.values(by)[0], count]),
        [
          [6, 1],
          [null, 1],
        ],
      );
      const { n, mean } = groups.data[0]?.summary.valLoss ?? {};
      assert.deepEqual([n, mean], [1, runs[0]!.summary.valLoss]);
      for (const wrong of ['', '?by=nope', '?by=status,status', '?by=a,b,c,d', '?by=status&keys=nope'])
        assert.equal(codeOf(await ask(`${service.url}/v1/runs/groups${wrong}`)), 'INVALID_REQUEST', wrong);
    });
  });
}
