/** The best weights of a run beside its final ones, and what is left of runs that did not succeed. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { openBackend } from '../../src/engine/executors/tensorflow/backends.ts';
import {
  CHECKPOINT_CHOICES,
  ENGINES,
  MODEL_FORMATS,
  TFJS_FILES,
  type EngineName,
  type Job,
  type Run,
} from '../../src/vocabulary/index.ts';
import { ask, codeOf, ended, startService, type TestService } from '../support/service.ts';

const { tf } = await openBackend('cpu');
const { loadLayersModel } = createRequire(import.meta.url)(
  '@tensorflow/tfjs-layers',
) as typeof import('@tensorflow/tfjs-layers');

const rows = [
  [0.5, -0.5],
  [-1, 1],
  [2, 0.25],
];

/** Learns noisy labels by heart, so that its validation loss rises after a while. */
const overfitting = (engine: EngineName, epochs: number): Job => ({
  dataset: { name: 'moons', samples: 60, noise: 0.5, validationSplit: 0.5 },
  model: {
    layers: [{ type: 'dense', units: 24 }, { type: 'batchNormalization' }, { type: 'activation', activation: 'prelu' }],
  },
  training: { epochs, batchSize: 15, seed: 2, optimizer: { type: 'adam', learningRate: 0.02 } },
  engine,
});

describe('the best checkpoint', () => {
  let service: TestService;
  before(async () => {
    service = await startService({ trains: true });
  });
  after(() => service.remove());

  async function train(job: Job): Promise<Run> {
    const { id } = await service.client.submit(job);
    await ended(service, id);
    return service.client.get(id);
  }

  /** Every form in which the service returns the model. */
  async function filesOf(id: string, query: string): Promise<Record<string, { bytes: Buffer; step: number }>> {
    const files = [
      ...MODEL_FORMATS.map((format) => `model?format=${format}&`),
      ...TFJS_FILES.map((file) => `model/tfjs/${file}?`),
    ];
    const found: Record<string, { bytes: Buffer; step: number }> = {};
    for (const file of files) {
      const response = await fetch(`${service.url}/v1/runs/${id}/${file}${query}`);
      assert.equal(response.status, 200, file);
      const step = Number(response.headers.get('x-checkpoint-step'));
      found[file] = { bytes: Buffer.from(await response.arrayBuffer()), step };
    }
    return found;
  }

  for (const engine of ENGINES) {
    it(`has the weights of a run that ends at the best epoch, in every form (${engine})`, async () => {
      const { id, summary, progress } = await train(overfitting(engine, 60));
      assert.ok(summary.bestStep! < progress.step, 'it overfits');
      const checkpoints = (await service.client.checkpoints(id)).data;
      assert.deepEqual(
        checkpoints.map(({ step, isFinal, isBest }) => ({ step, isFinal, isBest })),
        [
          { step: summary.bestStep, isFinal: false, isBest: true },
          { step: progress.step, isFinal: true, isBest: false },
        ],
      );

      const short = await train(overfitting(engine, checkpoints[0]!.epoch));
      assert.equal(short.summary.valLoss, summary.bestValLoss);
      assert.equal(short.summary.valAccuracy, summary.bestValAccuracy);
      const [best, final] = [await filesOf(id, 'checkpoint=best'), await filesOf(id, 'checkpoint=final')];
      assert.deepEqual(best, await filesOf(short.id, ''));
      assert.deepEqual(final, await filesOf(id, ''));
      for (const [file, { bytes, step }] of Object.entries(best)) {
        assert.equal(step, summary.bestStep);
        // The description of the layers has no weights in it.
        if (!file.includes('model.json')) assert.notDeepEqual(bytes, final[file]?.bytes, file);
      }

      const predict = async (runId: string, checkpoint?: (typeof CHECKPOINT_CHOICES)[number]) =>
        service.client.predict(runId, rows, checkpoint && { checkpoint });
      const predicted = await predict(id, 'best');
      assert.deepEqual(predicted, await predict(short.id));
      assert.deepEqual(await predict(id), await predict(id, 'final'));
      assert.equal((await predict(id)).step, progress.step);

      for (const address of ['model/tfjs/model.json?checkpoint=best', 'model?format=tfjs&checkpoint=best']) {
        const model = await loadLayersModel(`${service.url}/v1/runs/${id}/${address}`);
        const outputs = await (model.predict(tf.tensor2d(rows)) as import('@tensorflow/tfjs-core').Tensor2D).array();
        for (const [row, values] of predicted.outputs.entries())
          for (const [column, value] of values.entries()) assert.ok(Math.abs(outputs[row]![column]! - value) < 1e-4);
      }
    });
  }

  it('is the final one where the last epoch is the best', async () => {
    const { id, summary, progress } = await train({
      dataset: { name: 'sine', samples: 100 },
      model: { layers: [{ type: 'dense', units: 8, activation: 'tanh' }] },
      training: { epochs: 3, seed: 1 },
    });
    assert.equal(summary.bestStep, progress.step);
    const [only, ...others] = (await service.client.checkpoints(id)).data;
    assert.deepEqual([only?.isBest, only?.isFinal, others], [true, true, []]);
    assert.deepEqual(await filesOf(id, 'checkpoint=best'), await filesOf(id, ''));
  });

  it('does not exist without a validation part and early stopping', async () => {
    const { id, summary } = await train({
      dataset: { name: 'sine', samples: 100, validationSplit: 0 },
      model: { layers: [{ type: 'dense', units: 4 }] },
      training: { epochs: 2, seed: 1 },
    });
    assert.equal(summary.bestStep, undefined);
    await assert.rejects(service.client.model(id, 'json', { checkpoint: 'best' }), {
      code: 'CHECKPOINT_NOT_FOUND',
      status: 404,
      message: /validation part or training.stopping/,
    });
    const wrong = await ask(`${service.url}/v1/runs/${id}/model?checkpoint=last`);
    assert.deepEqual([wrong.status, codeOf(wrong)], [400, 'INVALID_REQUEST']);
  });

  it('of a run that diverged is its model', async () => {
    const { id, status, summary, error } = await train({
      dataset: { name: 'absolute', normalize: 'none', samples: 100 },
      model: { layers: [{ type: 'dense', units: 16 }] },
      training: {
        epochs: 50,
        batchSize: 10,
        seed: 1,
        optimizer: { type: 'sgd', learningRate: 1000 },
        schedule: { type: 'constant', warmupSteps: 100_000 },
      },
    });
    assert.deepEqual([status, error?.code], ['failed', 'DIVERGED']);
    const { step, outputs } = await service.client.predict(id, [[0.5]]);
    assert.equal(step, summary.bestStep);
    assert.ok(outputs.flat().every(Number.isFinite));
    assert.deepEqual(await filesOf(id, ''), await filesOf(id, 'checkpoint=best'));
  });

  it('stands beside as many older ones as the job keeps, each of which is a model of its step', async () => {
    const job = overfitting('onnx', 100_000);
    const { id } = await service.client.submit({ ...job, telemetry: { keepCheckpoints: 2 } });
    const seen = async (least: number) => {
      for await (const message of service.client.watch(id, { snapshots: false }))
        if (message.type === 'metrics' && message.steps.at(-1)! > least) return;
    };
    // A pause takes a checkpoint.
    for (let pause = 0; pause < 3; pause++) {
      await seen((await service.client.get(id)).progress.step);
      await service.client.pause(id);
      for await (const message of service.client.watch(id, { snapshots: false }))
        if (message.type === 'status' && message.status === 'paused') break;
      await service.client.resume(id);
    }
    await seen((await service.client.get(id)).progress.step);
    await service.client.cancel(id);
    await ended(service, id);

    const kept = (await service.client.checkpoints(id)).data;
    assert.equal(kept.filter(({ isFinal, isBest }) => !isFinal && !isBest).length, 2);
    assert.deepEqual(
      kept.slice(-1).map(({ isFinal }) => isFinal),
      [true],
    );
    const final = await filesOf(id, 'checkpoint=final');
    for (const { step, isFinal } of kept) {
      const files = await filesOf(id, `checkpoint=${step}`);
      for (const file of Object.values(files)) assert.equal(file.step, step);
      assert.equal((await service.client.predict(id, rows, { checkpoint: step })).step, step);
      if (isFinal) assert.deepEqual(files, final);
      else assert.notDeepEqual(files['model/tfjs/weights.bin?'], final['model/tfjs/weights.bin?']);
    }
    const fork = await service.client.fork(id, { checkpoint: kept[0]!.step, patch: { training: { epochs: 1 } } });
    assert.equal(fork.parentId, id);
    await service.client.cancel(fork.id).catch(() => undefined);
    await assert.rejects(service.client.model(id, 'json', { checkpoint: 1 }), {
      code: 'CHECKPOINT_NOT_FOUND',
      message: new RegExp(`no checkpoint at step 1\\. .* of steps ${kept[0]!.step}, `),
    });
  });

  it('of a cancelled run is kept, as are the weights that it had at the end', async () => {
    const { id } = await service.client.submit(overfitting('onnx', 100_000));
    for await (const message of service.client.watch(id, { snapshots: false }))
      if (message.type === 'metrics' && message.steps.at(-1)! > 1000) break;
    await service.client.cancel(id);
    await ended(service, id);
    const { status, progress, summary } = await service.client.get(id);
    assert.equal(status, 'cancelled');
    assert.equal((await service.client.predict(id, rows)).step, progress.step);
    assert.equal((await service.client.predict(id, rows, { checkpoint: 'best' })).step, summary.bestStep);
    assert.deepEqual((await service.client.checkpoints(id)).data.at(-1)?.isFinal, true);
    assert.ok((await service.client.evaluation(id)).step <= progress.step);
  });
});
