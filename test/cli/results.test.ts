import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, it, mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watch } from '../../src/cli/watch.ts';
import type { RelumineClient, WatchMessage } from '../../src/client/index.ts';
import type { List, Neurons, Prediction, Run } from '../../src/vocabulary/index.ts';
import { ended, rehearsed, startService, type TestService } from '../support/service.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

describe('the command on results', () => {
  let service: TestService;
  let folder: string;
  let runs: Run[];
  before(async () => {
    service = await startService({ trains: true });
    folder = await mkdtemp(join(tmpdir(), 'relumine-cli-'));
    runs = [];
    for (const units of [6, 3]) {
      const { id } = await service.client.submit({
        name: `moons, ${units}`,
        experiment: 'to go',
        dataset: { name: 'moons', samples: 200 },
        model: { layers: [{ type: 'dense', units, activation: 'relu' }] },
        training: { epochs: 2, seed: units },
      });
      await ended(service, id);
      runs.push(await service.client.get(id));
    }
  });
  after(async () => {
    await service.remove();
    await rm(folder, { recursive: true });
  });

  const call = (args: string[], input = '') =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [CLI, ...args],
        { cwd: folder, env: { PATH: process.env['PATH'], RELUMINE_URL: service.url } },
        (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
      child.stdin?.end(input);
    });
  const ok = async (args: string[], input?: string): Promise<string> => {
    const { code, out, err } = await call(args, input);
    assert.equal(code, 0, `${args.join(' ')}: ${err}`);
    return out;
  };

  it('names runs by latest, by the beginning of an id and by a name', async () => {
    const [first, second] = runs as [Run, Run];
    // Ids of the same moment have a long beginning in common.
    const unique = first.id.slice(4, Array.from(first.id).findIndex((letter, i) => letter !== second.id[i]) + 1);
    for (const [name, id] of [
      ['latest', second.id],
      ['latest~1', first.id],
      ['moons, 6', first.id],
      [unique, first.id],
      [`run_${unique}`, first.id],
      [first.id, first.id],
    ] as const)
      assert.equal((JSON.parse(await ok(['get', name, '--json'])) as Run).id, id, name);
    for (const [name, message] of [
      ['latest~2', /^relumine: There are only 2 runs\.$/m],
      ['run_', /^relumine: 2 runs are called "run_"\. Name one by its id:\n {2}run_\w+ {2}succeeded {2}moons, /m],
      ['moons', /^relumine: Run "moons" not found\.$/m],
    ] as const) {
      const { code, err } = await call(['get', name]);
      assert.equal(code, 1);
      assert.match(err, message);
    }
  });

  it('lists by filter and order, all of them or some', async () => {
    assert.match(await ok(['list', '--limit', '1']), /\n\.\.\. and more\. --all lists every run/);
    const listed = async (...args: string[]) =>
      (JSON.parse(await ok(['list', '--json', ...args])) as List<Run>).data.map(({ name }) => name);
    assert.deepEqual(await listed('--all', '--order', 'model.layers[0].units'), ['moons, 3', 'moons, 6']);
    assert.deepEqual(await listed('--order-by=-training.seed'), ['moons, 6', 'moons, 3']);
    assert.deepEqual(await listed('--filter', 'training.seed > 3 and valLoss != null'), ['moons, 6']);
    const { code, err } = await call(['list', '--filter', 'valLos < 1']);
    assert.equal(code, 1);
    assert.match(err, /at character 1: .*Did you mean valLoss\?/);
  });

  it('shows neurons: counts by layer, and each', async () => {
    const layers = await ok(['neurons', 'latest']);
    assert.match(layers, /^LAYER +UNITS +ACTIVATION +ACTIVE .*\ndense_1 +3 +relu +\d/m);
    assert.match(await ok(['neurons', 'latest', '--each']), /^LAYER +NEURON +STATE.*\ndense_1 +0 +\w+/m);
    const verdict = JSON.parse(await ok(['neurons', 'latest', '--json', '--state', 'active,rare'])) as Neurons;
    assert.ok(verdict.layers[0]!.neurons.every(({ state }) => state === 'active' || state === 'rare'));
    assert.match((await call(['neurons', 'latest', '--state', 'asleep'])).err, /state/);
  });

  it('downloads models and predicts for rows of a file or standard input', async () => {
    const saved = JSON.parse(await ok(['model', 'latest', '--format', 'onnx', '--checkpoint', 'best', '--json'])) as {
      file: string;
      bytes: number;
    };
    assert.equal(saved.file, `${runs[1]!.id}.onnx`);
    assert.deepEqual(
      await readFile(join(folder, saved.file)),
      Buffer.from(await service.client.model(runs[1]!.id, 'onnx', { checkpoint: 'best' })),
    );
    assert.deepEqual(
      JSON.parse(await ok(['model', 'latest', '-o', '-'])),
      JSON.parse(Buffer.from(await service.client.model(runs[1]!.id)).toString()),
    );
    assert.match((await call(['model', 'latest', '--format', 'h5'])).err, /--format must be one of json, tfjs, onnx/);

    const rows = Array.from({ length: 2500 }, (_, i) => [i / 1000, -i / 1000]);
    await writeFile(join(folder, 'rows.csv'), rows.map((row) => row.join(',')).join('\n'));
    const predicted = JSON.parse(await ok(['predict', 'latest', 'rows.csv', '--json'])) as Prediction;
    const expected = await service.client.predict(runs[1]!.id, rows);
    assert.deepEqual(predicted, expected, 'as many requests as it takes are one answer');
    assert.match(
      await ok(['predict', 'latest', '-', '--checkpoint', 'best'], '[[0.5, -0.5], [1, 1]]'),
      /^With the weights of step \d+\nROW +PREDICTED.*\n0 +.*\n1 +/,
    );
    assert.match((await call(['predict', 'latest', '-'], 'x')).err, /^relumine: Standard input must hold rows/);
  });

  it('compares runs: what differs, and the figures', async () => {
    const table = await ok(['compare', 'latest~1', 'latest']);
    assert.match(table, /^ +run_\w+ +run_\w+\nname +moons, 6 +moons, 3\n/);
    assert.match(table, /^model\.layers\[0\]\.units +6 +3$/m);
    assert.match(table, /^training\.seed +6 +3$/m);
    assert.doesNotMatch(table, /batchSize/);
    assert.match(table, /^[Vv]alidation loss +\S+ +\S+$/m);
    assert.equal((JSON.parse(await ok(['compare', 'latest', 'latest~1', '--json'])) as Run[]).length, 2);
    assert.match((await call(['compare', 'latest'])).err, /Name two runs or more/);
  });

  it('exports metrics, neurons and runs', async () => {
    const { id } = runs[1]!;
    const metrics = await ok(['export', 'metrics', 'latest', '--keys', 'loss', '-o', '-']);
    assert.equal(metrics, await text(await service.client.exportMetrics(id, 'csv', { keys: ['loss'] })));
    const { file, bytes } = JSON.parse(await ok(['export', 'neurons', 'latest', '--format', 'parquet', '--json'])) as {
      file: string;
      bytes: number;
    };
    assert.deepEqual([file, bytes], [`${id}-neurons.parquet`, (await readFile(join(folder, file))).length]);
    assert.match(
      await ok(['export', 'runs', '--filter', 'training.seed = 3', '--format', 'jsonl']),
      /^runs\.jsonl {2}\d+ bytes$/m,
    );
    const lines = (await readFile(join(folder, 'runs.jsonl'), 'utf8')).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { id: string }).id),
      [id],
    );
    assert.match((await call(['export', 'runs', '--format', 'parquet'])).err, /--format must be csv or jsonl/);
    assert.match((await call(['export', 'metrics', 'latest', '--format', 'xlsx'])).err, /--format must be one of/);
  });

  it('exports an experiment and imports it into another service', async () => {
    const { file, bytes } = JSON.parse(await ok(['export', 'experiment', 'to go', '--json'])) as {
      file: string;
      bytes: number;
    };
    assert.equal(file, 'to-go.tar.gz');
    const archive = await readFile(join(folder, file));
    assert.equal(bytes, archive.length);
    const other = await startService({ workers: 0 });
    try {
      assert.equal(await ok(['import', file, '--url', other.url]), '2 runs and 0 data sets imported into "to go"\n');
      const listed = (await other.client.listPage({ experiment: 'to go' })).data;
      assert.deepEqual(
        listed.map(({ id, source }) => [id, source]),
        runs.toReversed().map(({ id }) => [id, 'imported']),
      );
      const again = await ok(['import', file, '--url', other.url]);
      assert.match(again, new RegExp(`^  ${runs[0]!.id} is run_\\w+ here$`, 'm'));
      await writeFile(join(folder, 'cut.tar.gz'), archive.subarray(0, archive.length >> 1));
      const { code, err } = await call(['import', 'cut.tar.gz', '--url', other.url]);
      assert.equal(code, 1);
      assert.match(err, /^relumine: The archive cannot be read: .*Nothing was imported\.$/m);
      assert.match((await call(['export', 'experiment', 'nothing'])).err, /no run of an experiment "nothing"/);
    } finally {
      await other.remove();
    }
  });

  it('has examples in the help of every verb that takes a run', async () => {
    for (const verb of ['get', 'list', 'neurons', 'model', 'predict', 'compare', 'watch', 'delete', 'serve'])
      assert.match(await ok([verb, '--help']), /Examples:\n {2}.*relumine /, verb);
  });
});

const message = (status: 'queued' | 'paused' | 'succeeded') =>
  ({
    type: 'status',
    seq: 1,
    step: 0,
    at: '',
    status,
    progress: { epoch: 0, epochs: 1, step: 0, steps: 10 },
    summary: {},
    error: null,
    attempt: 0,
    engine: null,
  }) as unknown as WatchMessage;

describe('watching without a terminal', () => {
  it('says now and then that nothing has changed, and what to do about a paused run', async () => {
    const service = await startService({ workers: 0 });
    const run = await service.client.submit(rehearsed());
    mock.timers.enable({ apis: ['setInterval', 'Date'] });
    try {
      const source = new PassThrough({ objectMode: true });
      const output = new PassThrough();
      output.setEncoding('utf8');
      const client = { watch: () => source } as unknown as RelumineClient;
      const watching = watch(client, run, { json: false, output: output as unknown as NodeJS.WriteStream });
      const next = async () => {
        if (output.readableLength === 0) await once(output, 'readable');
        return String(output.read());
      };
      source.write(message('queued'));
      const queued = await next();
      assert.match(queued, /^queued  epoch/);
      mock.timers.tick(5000);
      assert.equal(await next(), queued, 'the same line again, after five seconds');
      source.write(message('paused'));
      assert.match(
        await next(),
        new RegExp(`paused  epoch.*\nThe run is paused\\. "relumine resume ${run.id}" lets it go on`),
      );
      source.write(message('succeeded'));
      source.end();
      assert.equal(await watching, 'succeeded');
    } finally {
      mock.timers.reset();
      await service.remove();
    }
  });
});
