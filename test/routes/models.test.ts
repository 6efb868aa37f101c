/** A run's model needs its checkpoint, and nothing else. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RelumineApiError } from '../../src/client/index.ts';
import { MODEL_FORMATS, TFJS_FILES, type Job, type Preparation } from '../../src/vocabulary/index.ts';
import { OLD_DATASET, OLD_PREDICTION, oldSpec, readOldCheckpoint, readOldExport } from '../support/old-checkpoint.ts';
import { storeOldDataset } from '../support/old-dataset.ts';
import { heldRun, progressAt } from '../support/runs.ts';
import { ask, codeOf, ended, startService, type TestService } from '../support/service.ts';

interface ModelNames {
  inputNames: string[];
  outputNames: string[];
  preparation: Preparation;
}

describe('a model', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ trains: true });
  });
  after(() => service.remove());

  const rows = Array.from({ length: 30 }, (_, i) => [i * 0.5, 40 - i * i * 0.1]);
  const upload = () =>
    service.client.uploadDataset({
      name: 'rows',
      inputs: rows,
      targets: rows.map((_, i) => i % 2),
      task: 'classification',
    });

  /** Every form in which the service returns a run's model. */
  async function exportsOf(runId: string): Promise<Record<string, Buffer | number[][]>> {
    const files = [
      ...MODEL_FORMATS.map((format) => `model?format=${format}`),
      ...TFJS_FILES.map((file) => `model/tfjs/${file}`),
    ];
    const found: Record<string, Buffer | number[][]> = {
      predictions: (await service.client.predict(runId, rows)).outputs,
    };
    for (const file of files) {
      const response = await fetch(`${service.url}/v1/runs/${runId}/${file}`);
      assert.equal(response.status, 200, file);
      found[file] = Buffer.from(await response.arrayBuffer());
    }
    return found;
  }

  for (const normalize of ['standard', 'none'] as const) {
    it(`outlives its data set: predictions and every export stay the same (normalize: ${normalize})`, async () => {
      const { id: datasetId } = await upload();
      const job: Job = {
        dataset: { id: datasetId!, normalize },
        model: { layers: [{ type: 'dense', units: 6 }] },
        training: { epochs: 3, seed: 1 },
      };
      const { id } = await service.client.submit(job);
      await ended(service, id);
      const withDataset = await exportsOf(id);
      await service.client.deleteDataset(datasetId!, { force: true });
      assert.equal((await ask(`${service.url}/v1/datasets/${datasetId}`)).status, 404);
      assert.deepEqual(await exportsOf(id), withDataset);
      assert.equal(
        codeOf(await ask(`${service.url}/v1/runs/${id}/predict`, { json: { inputs: [[1, 2, 3]] } })),
        'INVALID_REQUEST',
        'the checkpoint says how long a row is',
      );
      const unknown = await ask(`${service.url}/v1/runs/${id}/predict`, { json: { input: [[1, 2]] } });
      assert.match(JSON.stringify(unknown.body), /"path":"input","message":"is not a known property"/);
    });
  }

  it('takes rows by the names of columns, and names classes in predictions and exports', async () => {
    const { id } = await service.client.submit({
      dataset: { name: 'iris', seed: 1 },
      model: { layers: [{ type: 'dense', units: 16 }] },
      training: { epochs: 60, batchSize: 16, seed: 1, optimizer: { type: 'adam', learningRate: 0.01 } },
    });
    await ended(service, id);
    const names = ['sepal length', 'sepal width', 'petal length', 'petal width'];
    const flowers = [
      [5.1, 3.5, 1.4, 0.2],
      [6.4, 2.8, 5.6, 2.2],
    ];
    const named = flowers.map((flower) => Object.fromEntries(names.map((name, i) => [name, flower[i]])));
    const prediction = await service.client.predict(id, named);
    const classes = ['setosa', 'versicolor', 'virginica'];
    assert.deepEqual([prediction.classes, prediction.outputNames], [classes, classes]);
    assert.deepEqual(prediction.labels, ['setosa', 'virginica']);
    assert.deepEqual(await service.client.predict(id, flowers), prediction);

    const { 'sepal width': _left, ...incomplete } = named[0]!;
    const refused = await ask(`${service.url}/v1/runs/${id}/predict`, {
      json: { rows: [named[1], { ...incomplete, 'petal width': 'wide', colour: 'blue' }] },
    });
    assert.equal(refused.status, 400);
    const { details } = (refused.body as { error: { details: { path: string }[] } }).error;
    assert.deepEqual(
      details.map(({ path }) => path),
      ['rows[1].colour', 'rows[1].sepal width', 'rows[1].petal width'],
    );
    for (const body of [{}, { rows: [] }, { rows: 1 }, { rows: named, inputs: flowers }, { rows: named, row: 1 }])
      assert.equal(codeOf(await ask(`${service.url}/v1/runs/${id}/predict`, { json: body })), 'INVALID_REQUEST');

    const json = JSON.parse(Buffer.from(await service.client.model(id)).toString()) as ModelNames;
    assert.deepEqual([json.inputNames, json.outputNames, json.preparation.targets], [names, classes, ['species']]);
    const tfjs = JSON.parse(Buffer.from(await service.client.model(id, 'tfjs')).toString()) as {
      userDefinedMetadata: ModelNames;
    };
    assert.deepEqual(tfjs.userDefinedMetadata.inputNames, names);
    const onnx = Buffer.from(await service.client.model(id, 'onnx')).toString('latin1');
    assert.ok(onnx.includes(JSON.stringify(names)) && onnx.includes(JSON.stringify(classes)));
  });

  it('predicts normalised targets in their own unit, and its loss is in normalised units', async () => {
    const inputs = Array.from({ length: 40 }, (_, i) => [i / 40]);
    const targets = inputs.map(([x]) => 2e7 + 1e5 * Math.sin(6 * x!));
    const [least, most] = [Math.min(...targets), Math.max(...targets)];
    for (const [normalizeTargets, activation] of [
      ['standard', 'linear'],
      ['minMax', 'linear'],
      ['minMax', 'sigmoid'],
    ] as const) {
      const what = `${normalizeTargets}, ${activation}`;
      const { id } = await service.client.submit({
        dataset: { inputs, targets, task: 'regression', validationSplit: 0, normalizeTargets },
        model: { layers: [{ type: 'dense', units: 32, activation: 'tanh' }], output: { activation } },
        training: { epochs: 300, batchSize: 8, seed: 1, optimizer: { type: 'adam', learningRate: 0.01 } },
      });
      await ended(service, id);
      const run = await service.client.get(id);
      assert.ok(run.summary.loss! < 0.01, `${what}: ${run.summary.loss}`);
      const { outputs } = await service.client.predict(id, inputs);
      const worst = Math.max(...outputs.map(([value], i) => Math.abs(value! - targets[i]!)));
      assert.ok(worst < 4e4, `${what}: ${worst}`);
      if (activation === 'linear') continue;
      const far = (await service.client.predict(id, [[-1e6], [1e6]])).outputs.flat();
      assert.ok(Math.min(...far) >= least - 2 && Math.max(...far) <= most + 2, `${what} has a range: ${far.join()}`);
    }
  });

  it('of an earlier release works with its data set, and otherwise says why not', async () => {
    const { store } = service.stations;
    const datasetId = await storeOldDataset(store, 'old', OLD_DATASET);
    const lease = await heldRun(store, oldSpec(datasetId), {
      worker: 'an earlier release',
      progress: progressAt(18, 36),
    });
    const { runId: id } = lease;
    const state = await readOldCheckpoint();
    const appended = await store.log.append(
      lease,
      [{ type: 'checkpoint', step: 18, epoch: 3, isFinal: false, isBest: false, keep: 0, best: null, state }],
      { to: 'paused' },
    );
    assert.ok(appended);

    assert.deepEqual(Buffer.from(await service.client.model(id)), await readOldExport());
    const { outputs } = await service.client.predict(id, OLD_PREDICTION.inputs);
    for (const [row, expected] of OLD_PREDICTION.outputs.entries())
      for (const [column, value] of expected.entries()) assert.ok(Math.abs(outputs[row]![column]! - value) < 1e-5);

    await service.client.deleteDataset(datasetId, { force: true });
    const refusal = { code: 'DATASET_NOT_FOUND', message: /earlier release/ };
    await assert.rejects(service.client.model(id), refusal);
    await assert.rejects(service.client.predict(id, OLD_PREDICTION.inputs), refusal);
  });

  it('whose checkpoint is damaged is reported as unreadable, and the run cannot be resumed', async () => {
    const { store } = service.stations;
    const { id: trained } = await service.client.submit({
      dataset: { name: 'moons', samples: 100 },
      model: { layers: [{ type: 'dense', units: 4 }] },
      training: { epochs: 1 },
    });
    await ended(service, trained);
    const checkpoint = await store.checkpoints.latest(trained);
    assert.ok(checkpoint);
    const { spec } = await service.client.get(trained);
    const damaged = (damage: (bytes: Uint8Array) => Uint8Array) => damage(Uint8Array.from(checkpoint.state));
    const states = {
      'its checksum does not match': damaged((bytes) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1)),
      'its header is not valid JSON': damaged((bytes) => bytes.fill(0x20, 12, 20)),
      'it does not start with "RLC1" or "RLC2"': damaged((bytes) => bytes.fill(0, 0, 4)),
      'but its header announces': damaged((bytes) => bytes.subarray(0, -4)),
      'parts of it are missing in the database': checkpoint.state,
    };
    for (const [reason, state] of Object.entries(states)) {
      const lease = await heldRun(store, spec, { worker: 'a worker with a bad disk', progress: progressAt(1, 3) });
      const { runId: id } = lease;
      const entry = {
        type: 'checkpoint',
        step: 1,
        epoch: 0,
        isFinal: false,
        isBest: false,
        keep: 0,
        best: null,
        state,
      } as const;
      assert.ok(await store.log.append(lease, [entry], { to: 'paused' }));
      if (state === checkpoint.state) await store.pool.query('delete from run_parts where run_id = $1', [id]);

      const refused = (request: Promise<unknown>) =>
        assert.rejects(request, (error) => {
          assert.ok(error instanceof RelumineApiError, String(error));
          assert.deepEqual([error.status, error.code], [500, 'CHECKPOINT_UNREADABLE']);
          assert.match(error.message, /^The checkpoint cannot be read: /);
          assert.ok(error.message.includes(reason), error.message);
          return true;
        });
      await refused(service.client.predict(id, [[0, 0]]));
      for (const format of MODEL_FORMATS) await refused(service.client.model(id, format));
      await service.client.resume(id);
      await ended(service, id);
      const { status, error } = await service.client.get(id);
      assert.deepEqual([status, error?.code], ['failed', 'CHECKPOINT_UNREADABLE'], reason);
    }
  });

  it('of a paused run outlives the data set too, but the run cannot continue', async () => {
    const { id: datasetId } = await upload();
    const { id } = await service.client.submit({
      dataset: { id: datasetId! },
      model: { layers: [{ type: 'dense', units: 6 }] },
      training: { epochs: 100_000, seed: 1 },
    });
    for await (const message of service.client.watch(id, { snapshots: false })) if (message.type === 'metrics') break;
    await service.client.pause(id);
    const predicted = await service.client.predict(id, rows);
    await service.client.deleteDataset(datasetId!, { force: true });
    assert.deepEqual(await service.client.predict(id, rows), predicted);
    await service.client.resume(id);
    await ended(service, id);
    const { status, error } = await service.client.get(id);
    assert.deepEqual([status, error?.code], ['failed', 'DATASET_UNAVAILABLE']);
    assert.match(error?.message ?? '', new RegExp(`${datasetId} was deleted`));
    assert.deepEqual(await service.client.predict(id, rows), predicted, 'what it had learned is still there');
  });
});
