import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { openBackend } from '../../src/engine/executors/tensorflow/backends.ts';
import { ENGINES, type Job } from '../../src/vocabulary/index.ts';
import { readHeader } from '../support/onnx-header.ts';
import { ask, codeOf, ended, startService, type TestService } from '../support/service.ts';

const { tf } = await openBackend('cpu');
const { loadLayersModel } = createRequire(import.meta.url)(
  '@tensorflow/tfjs-layers',
) as typeof import('@tensorflow/tfjs-layers');

interface JsonModel {
  task: string;
  features: number;
  outputs: number;
  outputActivation: string;
  normalization: { shift: number[]; scale: number[] } | null;
  layers: {
    type: string;
    kernel?: number[][];
    bias?: number[];
    activation?: { type: string };
    alpha?: number[];
    gamma?: number[];
    beta?: number[];
    mean?: number[];
    variance?: number[];
    epsilon?: number;
  }[];
}

describe('a run that trains', () => {
  let service: TestService;
  let id: string;
  const job: Job = {
    dataset: { name: 'moons', samples: 300 },
    model: {
      layers: [
        { type: 'dense', units: 12, activation: 'relu' },
        { type: 'dropout', rate: 0.1 },
        { type: 'dense', units: 6 },
        { type: 'batchNormalization' },
        { type: 'activation', activation: 'prelu' },
      ],
      output: { kernelInitializer: 'randomizedAsymmetric' },
    },
    training: { epochs: 20, seed: 3, optimizer: { type: 'adam', learningRate: 0.02 } },
  };
  before(async () => {
    service = await startService({ trains: true });
    ({ id } = await service.client.submit(job));
    await ended(service, id);
  });
  after(() => service.remove());

  it('learns, and reports its engine', async () => {
    const run = await service.client.get(id);
    assert.equal(run.status, 'succeeded', JSON.stringify(run.error));
    assert.ok(run.summary.valAccuracy! > 0.8, JSON.stringify(run.summary));
    assert.ok(ENGINES.includes(run.engine!.name));
    assert.match(run.engine!.reason ?? '', /^A step of this network and batch takes about /, 'and why it was chosen');
    assert.deepEqual(run.progress, { epoch: 20, epochs: 20, step: run.progress.steps, steps: run.progress.steps });
  });

  it('answers the same for the same job, on an idle machine and on a busy one', async () => {
    const noisy: Job = {
      dataset: { name: 'gaussians', samples: 997, noise: 1 },
      model: { layers: [16, 16].map((units) => ({ type: 'dense', units })) },
      training: { epochs: 3, batchSize: 16, seed: 1, optimizer: { type: 'sgd', learningRate: 0.05 } },
    };
    const play = async () => {
      const { client } = service;
      const { id: runId } = await client.submit(noisy);
      await ended(service, runId);
      const { summary, progress } = await client.get(runId);
      const { samplesPerSecond: _speed, trainingSeconds: _seconds, ...figures } = summary;
      const events = await client.events(runId);
      return {
        figures,
        progress,
        series: (await client.metrics(runId, { points: 'all' })).series,
        neurons: await client.neurons(runId),
        diagnosis: await client.diagnosis(runId),
        events: events.data.map(({ step, event }) => ({ step, event })),
      };
    };
    const idle = await play();
    const load = Array.from({ length: 4 }, () => new Worker('for (;;);', { eval: true }));
    try {
      assert.deepEqual(await play(), idle);
    } finally {
      await Promise.all(load.map((worker) => worker.terminate()));
    }
    assert.equal(idle.series['loss']?.steps.length, idle.progress.steps);
    assert.ok(Number.isFinite(idle.figures.epochLoss) && Number.isFinite(idle.figures.epochAccuracy));
  });

  it('has neurons that were judged, each with its state', async () => {
    const neurons = await service.client.neurons(id);
    assert.deepEqual(
      [neurons.object, neurons.exact, neurons.layers.map(({ name, units }) => [name, units])],
      [
        'neurons',
        true,
        [
          ['dense_1', 12],
          ['dense_2', 6],
        ],
      ],
    );
    const [first] = neurons.layers;
    assert.equal(
      Object.values(first!.counts).reduce((sum, count) => sum + count),
      12,
    );
    const active = await service.client.neurons(id, { layer: 'dense_1', state: 'active' });
    assert.deepEqual(
      active.layers.map(({ name, counts, neurons: chosen }) => [name, chosen.length, counts]),
      [['dense_1', first!.counts.active, first!.counts]],
    );
    assert.deepEqual((await service.client.neurons(id, { step: 0 })).step, 0);
    assert.deepEqual(
      (await service.client.neurons(id, { diedAfter: 1e9 })).layers.map((layer) => layer.neurons.length),
      [0, 0],
    );
    assert.equal(codeOf(await ask(`${service.url}/v1/runs/${id}/neurons?layer=dense_9`)), 'INVALID_REQUEST');
  });

  it('is diagnosed', async () => {
    const diagnosis = await service.client.diagnosis(id);
    assert.equal(diagnosis.object, 'diagnosis');
    for (const { code, limits, patch } of diagnosis.advice) assert.ok(code && limits && patch);
  });

  it('has the scores of every class', async () => {
    const { summary } = await service.client.get(id);
    const { object, runId, part, samples, step, classes, confusion, ...scores } = await service.client.evaluation(id);
    assert.deepEqual([object, runId, part, samples, step], ['evaluation', id, 'validation', 30, 180]);
    assert.deepEqual(scores, {
      loss: summary.valLoss,
      accuracy: summary.valAccuracy,
      macroF1: summary.macroF1,
      r2: null,
      test: null,
    });
    assert.deepEqual(
      confusion?.map((row, index) => [row.reduce((sum, count) => sum + count), row[index]]),
      classes?.map(({ samples: count, correct }) => [count, correct]),
    );
    assert.equal(
      classes?.reduce((sum, { correct }) => sum + correct, 0),
      Math.round(30 * summary.valAccuracy!),
    );
    assert.deepEqual(
      classes?.map(({ class: index, samples: count }) => [index, count]),
      [
        [0, 15],
        [1, 15],
      ],
    );
  });

  it('exports its model as numbers that compute its predictions', async () => {
    const model = JSON.parse(Buffer.from(await service.client.model(id)).toString()) as JsonModel;
    assert.deepEqual(
      [model.task, model.features, model.outputs, model.layers.map(({ type }) => type)],
      ['classification', 2, 2, ['dense', 'activation', 'dense', 'batchNormalization', 'activation', 'dense']],
    );
    const inputs = [
      [0, 0],
      [1, -0.5],
      [-1, 0.75],
      [2, 2],
    ];
    const { object, outputs } = await service.client.predict(id, inputs);
    assert.equal(object, 'prediction');
    for (const [row, input] of inputs.entries()) {
      const expected = compute(model, input);
      for (const [index, value] of expected.entries())
        assert.ok(Math.abs(value - outputs[row]![index]!) < 1e-5, `${String(outputs[row])} is not ${String(expected)}`);
    }
  });

  it('is loaded by TensorFlow.js from its address, with its weights', async () => {
    const inputs = [
      [0, 0],
      [1, -0.5],
      [-1, 0.75],
      [2, 2],
    ];
    const expected = (await service.client.predict(id, inputs)).outputs.flat();
    for (const address of ['model/tfjs/model.json', 'model?format=tfjs']) {
      const model = await loadLayersModel(`${service.url}/v1/runs/${id}/${address}`);
      const outputs = await (model.predict(tf.tensor2d(inputs)) as import('@tensorflow/tfjs-core').Tensor2D).array();
      assert.equal(outputs.length, inputs.length);
      outputs
        .flat()
        .forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${value} is not ${expected[i]}`));
    }

    const weights = await fetch(`${service.url}/v1/runs/${id}/model/tfjs/weights.bin`);
    assert.deepEqual([weights.status, weights.headers.get('content-type')], [200, 'application/octet-stream']);
    const { weightData } = JSON.parse(Buffer.from(await service.client.model(id, 'tfjs')).toString()) as {
      weightData: string;
    };
    assert.deepEqual(Buffer.from(await weights.arrayBuffer()), Buffer.from(weightData, 'base64'));
    assert.equal(codeOf(await ask(`${service.url}/v1/runs/${id}/model/tfjs/other.bin`)), 'ROUTE_NOT_FOUND');
    for (const file of ['model.json', 'weights.bin'])
      assert.equal(codeOf(await ask(`${service.url}/v1/runs/run_nothing/model/tfjs/${file}`)), 'RUN_NOT_FOUND');
  });

  it('exports ONNX for the lowest opset, or for the requested one', async () => {
    assert.equal(readHeader(await service.client.model(id, 'onnx')).opset, 9);
    assert.equal(readHeader(await service.client.model(id, 'onnx', { opset: 17 })).opset, 17);
    for (const [query, expected] of [
      ['format=onnx&opset=8', /opset must be an integer from 9 to 20/],
      ['format=onnx&opset=21', /opset must be an integer from 9 to 20/],
      ['format=onnx&opset=new', /opset must be an integer/],
      ['format=tfjs&opset=17', /opset is only for format=onnx/],
    ] as const) {
      const answer = await ask(`${service.url}/v1/runs/${id}/model?${query}`);
      assert.equal(codeOf(answer), 'INVALID_REQUEST', query);
      assert.match(JSON.stringify(answer.body), expected);
    }
  });

  it('refuses invalid rows', async () => {
    for (const inputs of [[], [[1]], [[1, 'x']], [[1, null]], 'x', [[1, 1e39]]]) {
      assert.equal(
        codeOf(await ask(`${service.url}/v1/runs/${id}/predict`, { json: { inputs } })),
        'INVALID_REQUEST',
        JSON.stringify(inputs),
      );
    }
    assert.equal(codeOf(await ask(`${service.url}/v1/runs/${id}/model?format=pickle`)), 'INVALID_REQUEST');
  });

  it('has no model and no scores before its first checkpoint', async () => {
    const waiting = await startService({ workers: 0 });
    const run = await waiting.client.submit(job);
    await assert.rejects(waiting.client.model(run.id), { code: 'MODEL_NOT_READY', status: 409 });
    await assert.rejects(waiting.client.evaluation(run.id), { code: 'EVALUATION_NOT_FOUND', status: 404 });
    assert.equal(codeOf(await ask(`${waiting.url}/v1/runs/${run.id}/model/tfjs/model.json`)), 'MODEL_NOT_READY');
    await waiting.remove();
  });

  it('is repeated bit for bit by its spec', async () => {
    const { spec } = await service.client.get(id);
    const again = await service.client.submit(spec);
    await ended(service, again.id);
    assert.deepEqual(Buffer.from(await service.client.model(again.id)), Buffer.from(await service.client.model(id)));
  });

  it('gets its risk before it trains', async () => {
    const { risk } = await service.client.validate(job);
    assert.deepEqual(
      risk?.layers.map(({ name, units }) => [name, units]),
      [
        ['dense_1', 12],
        ['dense_2', 6],
      ],
    );
    assert.ok(risk.bornDead.probability >= 0 && risk.bornDead.probability <= 1);
  });

  it('trains on an engine that is listed', async () => {
    const engines = await service.client.engines();
    assert.deepEqual(engines.map(({ name }) => name).toSorted(), ENGINES.toSorted());
    assert.ok(engines.some(({ available }) => available));
    for (const { available, reason } of engines) assert.ok(available || reason, 'one that does not load says why');
  });
});

/** The model's outputs for one row, as its own description says. */
function compute({ normalization, layers, outputActivation }: JsonModel, input: number[]): number[] {
  let values = input.map((value, index) =>
    normalization ? (value - normalization.shift[index]!) * normalization.scale[index]! : value,
  );
  for (const { type, kernel, bias, activation, alpha, gamma, beta, mean, variance, epsilon } of layers) {
    const before = values;
    if (type === 'dense')
      values = bias!.map((start, unit) =>
        before.reduce((sum, value, index) => sum + value * kernel![index]![unit]!, start),
      );
    else if (type === 'batchNormalization')
      values = before.map(
        (value, index) =>
          ((value - mean![index]!) / Math.sqrt(variance![index]! + epsilon!)) * gamma![index]! + beta![index]!,
      );
    else if (activation!.type === 'relu') values = before.map((value) => Math.max(0, value));
    else values = before.map((value, index) => (value > 0 ? value : value * alpha![index]!));
  }
  assert.equal(outputActivation, 'softmax');
  const powers = values.map((value) => Math.exp(value));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
