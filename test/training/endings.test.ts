import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memory } from '@tensorflow/tfjs-core';
import type { Network } from '../../src/engine/network.ts';
import { RunFailure } from '../../src/errors.ts';
import { packInlineData } from '../../src/jobs/index.ts';
import type { StartOrder, ThreadReport } from '../../src/schemas/index.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import { trainRun } from '../../src/training/train-run.ts';
import { dense, drive, NOTHING_REPORTED, openForSpec, resolve, Observed } from './drive.ts';

const job = {
  dataset: { name: 'moons', samples: 300 },
  model: { layers: [dense(8)] },
  training: { epochs: 10, seed: 1 },
  telemetry: { metricsEverySteps: 7 },
};
const spec = resolve(job);
const endless = resolve({ ...job, training: { ...job.training, epochs: 100_000 } });

test('a run reports its start, its metrics, snapshots and verdicts, and its end, in order of step', async () => {
  const observed = await drive(spec);
  assert.equal(observed.reports[0]?.type, 'started');
  const { progress, summary, outcome } = observed.finished;
  assert.deepEqual([outcome, progress], ['succeeded', { epoch: 10, epochs: 10, step: 90, steps: 90 }]);
  assert.deepEqual(observed.series('loss').steps, [7, 14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84, 90]);
  assert.deepEqual(observed.series('valLoss').steps, [9, 18, 27, 36, 45, 54, 63, 72, 81, 90]);
  assert.deepEqual([observed.of('verdict')[0]?.step, observed.of('verdict').at(-1)?.step], [0, 90]);
  assert.equal(observed.of('verdict')[0]?.neurons.samples, 270);
  assert.equal(observed.of('snapshot').at(-1)?.step, 90);
  assert.equal(
    observed.of('snapshot').reduce((sum, { samples }) => sum + samples, 0),
    2700,
  );
  for (const { data } of observed.of('snapshot'))
    assert.ok(data.length === 24 && data.every((value) => value >= 0 && Number.isFinite(value)));
  assert.deepEqual([observed.of('checkpoint').at(-1)?.isFinal, observed.final.network.step], [true, 90]);
  assert.equal(summary.loss, observed.series('loss').values.at(-1));
  assert.equal(summary.hiddenNeurons, 8);
  assert.ok((summary.samplesPerSecond ?? 0) > 0 && (summary.trainingSeconds ?? 0) > 0);
  const steps = observed.reports.flatMap((report) => ('step' in report ? report.step : []));
  assert.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  );
});

test('a cancelled run stops before its next chunk, with its open window reported, and keeps its weights', async () => {
  const observed = await drive(endless, {
    onReport: (report, mailbox) => {
      if (report.type === 'snapshot') mailbox.push({ type: 'cancel' });
    },
  });
  assert.equal(observed.finished.outcome, 'cancelled');
  assert.equal(observed.series('loss').steps.at(-1), observed.finished.progress.step);
  assert.equal(observed.of('snapshot').length, 1);
  const { step, isFinal } = observed.of('checkpoint').at(-1)!;
  assert.deepEqual([step, isFinal], [observed.finished.progress.step, true]);
  assert.equal(observed.final.network.step, step);
});

test('a cancel replaces a pause that has not been followed yet, and a pause does not replace a cancel', async () => {
  for (const orders of [
    ['pause', 'cancel', 'yield'],
    ['cancel', 'pause'],
  ] as const) {
    const mailbox = new Mailbox();
    for (const type of orders) mailbox.push({ type });
    assert.equal((await drive(spec, { mailbox })).finished.outcome, 'cancelled');
  }
});

test('a held run starts no chunk, gives verdicts on request, and continues when released', async () => {
  const observed = await drive(spec, {
    onReport: (report, mailbox) => {
      if (report.type === 'metrics' && report.steps.includes(7)) {
        mailbox.push({ type: 'hold' });
        setImmediate(() => mailbox.push({ type: 'inspect' }));
      }
      if (report.type !== 'verdict' || report.step === 0 || report.step === 90) return;
      // A second request for the same step is already satisfied, so nothing happens.
      setImmediate(() => {
        mailbox.push({ type: 'inspect' });
        setImmediate(() => mailbox.push({ type: 'release' }));
      });
    },
  });
  assert.equal(observed.finished.outcome, 'succeeded');
  const asked = observed.reports.findIndex((report) => report.type === 'verdict' && report.step > 0);
  const held = observed.reports.findIndex((report) => report.type === 'metrics' && report.steps.includes(7));
  assert.ok(
    observed.reports.slice(held + 1, asked).every((report) => report.type !== 'metrics' || !('loss' in report.values)),
  );
});

test('a held run follows a cancel', async () => {
  const observed = await drive(endless, {
    onReport: (report, mailbox) => {
      if (report.type === 'snapshot') {
        mailbox.push({ type: 'hold' });
        setImmediate(() => mailbox.push({ type: 'cancel' }));
      }
    },
  });
  assert.equal(observed.finished.outcome, 'cancelled');
});

test('a run whose loss is no longer finite fails as diverged, with advice on what to change', async () => {
  const observed = await drive(
    resolve({
      dataset: { name: 'absolute', normalize: 'none', samples: 100 },
      model: { layers: [dense(16), dense(16)] },
      training: { epochs: 50, batchSize: 10, seed: 1, optimizer: { type: 'sgd', learningRate: 1000 } },
      telemetry: { metricsEverySteps: 1 },
    }),
  );
  const { finished } = observed;
  assert.ok(finished.outcome === 'failed' && finished.error.code === 'DIVERGED');
  assert.match(
    finished.error.message,
    /stopped being finite at step \d+ .*learningRate \(currently 1000\).*clipNorm.*normalize/,
  );
  const { steps, values } = observed.series('loss');
  assert.equal(steps.at(-1), finished.progress.step);
  assert.equal(values.at(-1), null);
  assert.ok(
    values.slice(0, -1).every((value) => value !== null),
    'only the bad step has no value',
  );
  assert.equal(observed.codes.at(-1), 'DIVERGED');
  assert.deepEqual([finished.summary.activeFraction, finished.summary.deadNeurons], [null, null]);
  for (const key of ['activeFraction', 'deadNeurons', 'activeFraction/dense_2', 'deadNeurons/dense_2']) {
    const activity = observed.series(key);
    assert.deepEqual([activity.steps.at(-1), activity.values.at(-1)], [finished.progress.step, null], key);
  }
  assert.equal(observed.of('event').at(-1)?.event.data?.['lossBefore'], values.at(-2));
});

test('a run that diverges after a good epoch keeps its best weights, and says of which step they are', async () => {
  const observed = await drive(
    resolve({
      dataset: { name: 'absolute', normalize: 'none', samples: 100 },
      model: { layers: [dense(16)] },
      training: {
        epochs: 50,
        batchSize: 10,
        seed: 1,
        // Warms up towards a rate at which it explodes.
        optimizer: { type: 'sgd', learningRate: 1000 },
        schedule: { type: 'constant', warmupSteps: 100_000 },
      },
    }),
  );
  const { finished, best } = observed;
  assert.ok(finished.outcome === 'failed' && finished.error.code === 'DIVERGED', JSON.stringify(finished));
  const { bestStep } = finished.summary;
  assert.ok(bestStep! >= 9 && bestStep! < finished.progress.step);
  assert.match(finished.error.message, new RegExp(`The weights of step ${bestStep} are kept`));
  assert.equal(best?.network.step, bestStep);
  assert.ok(best!.network.parameters.every(Number.isFinite));
  assert.equal(finished.evaluation?.part, 'validation');
});

test('weights that are not finite are divergence, never dead neurons', async () => {
  const observed = await drive(spec, {
    openNetwork: async (...order) =>
      wrap(await openForSpec(...order), (network) => ({
        weights: () =>
          network.readState().step === 0
            ? network.weights()
            : network.weights().map((layer) => ({ ...layer, kernel: layer.kernel.fill(Number.NaN) })),
      })),
  });
  assert.ok(observed.finished.outcome === 'failed' && observed.finished.error.code === 'DIVERGED');
  assert.match(observed.finished.error.message, /Weights stopped being finite/);
  assert.ok(observed.of('verdict').every(({ neurons }) => neurons.finite));
  assert.ok(!observed.codes.includes('NEURONS_DIED'));
});

function wrap(network: Network, changes: (network: Network) => Partial<Network>): Network {
  const { engine, hiddenLayers, hiddenNeurons, parameterCount } = network;
  return {
    engine,
    hiddenLayers,
    hiddenNeurons,
    parameterCount,
    train: (chunk) => network.train(chunk),
    evaluate: (indices) => network.evaluate(indices),
    inspect: (indices) => network.inspect(indices),
    backward: (indices) => network.backward(indices),
    predict: (inputs) => network.predict(inputs),
    weights: () => network.weights(),
    readState: () => network.readState(),
    writeState: (state) => network.writeState(state),
    close: () => network.close(),
    ...changes(network),
  };
}

test('any error ends the run as failed, with everything freed', async () => {
  let closed = 0;
  const failing =
    (fault: Error) =>
    async (...order: Parameters<typeof openForSpec>) =>
      wrap(await openForSpec(...order), (network) => ({
        train: async () => {
          throw fault;
        },
        close: () => {
          closed += 1;
          return network.close();
        },
      }));
  const cases = [
    { error: new RunFailure('ENGINE_UNAVAILABLE', 'no engine'), code: 'ENGINE_UNAVAILABLE' },
    { error: new RangeError('Array buffer allocation failed'), code: 'OUT_OF_MEMORY' },
    { error: new Error('boom'), code: 'INTERNAL_ERROR' },
  ];
  for (const { error, code } of cases) {
    const { finished } = await drive(spec, { openNetwork: failing(error) });
    assert.ok(finished.outcome === 'failed' && finished.error.code === code, JSON.stringify(finished));
    assert.equal(finished.progress.steps, 90);
  }
  assert.equal(closed, cases.length);
  const gone = await drive({
    ...spec,
    dataset: {
      id: 'data_1',
      version: 1,
      seed: 1,
      limit: null,
      validationSplit: 0.1,
      normalize: 'none',
      normalizeTargets: 'none',
    },
  });
  assert.ok(gone.finished.outcome === 'failed' && gone.finished.error.code === 'DATASET_UNAVAILABLE');
});

test('every kind of job trains: labels, several targets, no hidden layer, no validation, one sample, batches larger than the data', async () => {
  const inputs = Array.from({ length: 40 }, (_, i) => [i / 40, (i * 7) % 5]);
  const jobs = [
    {
      dataset: {
        inputs,
        targets: inputs.map(([x = 0, y = 0]) => [Number(x > 0.5), Number(y > 2)]),
        task: 'multilabel',
      },
      model: { layers: [dense(4)] },
    },
    {
      dataset: {
        inputs,
        targets: inputs.map(([x = 0, y = 0]) => [x + y, x - y, 1]),
        task: 'regression',
        normalize: 'minMax',
      },
      model: { layers: [] },
    },
    {
      dataset: { inputs, targets: inputs.map((_, i) => i % 3), task: 'classification', validationSplit: 0 },
      model: { layers: [dense(4, 'tanh')] },
    },
    { dataset: { inputs: [[1, 2]], targets: [3], task: 'regression' }, model: { layers: [dense(4)] } },
    {
      dataset: { inputs, targets: inputs.map(([x = 0]) => x), task: 'regression', limit: 20 },
      model: { layers: [dense(4)] },
      batchSize: 512,
    },
  ];
  for (const { batchSize = 16, ...rest } of jobs) {
    const observed = await drive(
      resolve({
        ...rest,
        training: { epochs: 3, batchSize, seed: 1 },
        telemetry: { metricsEverySteps: 1, snapshotsPerSecond: 0 },
      }),
    );
    assert.equal(observed.finished.outcome, 'succeeded', JSON.stringify(observed.finished));
    assert.deepEqual(
      observed.series('loss').steps,
      Array.from({ length: observed.finished.progress.steps }, (_, i) => i + 1),
    );
    assert.equal(
      observed.series('valLoss').steps.length,
      rest.dataset.validationSplit === 0 || rest.dataset.inputs.length === 1 ? 0 : 3,
    );
    assert.equal(observed.of('snapshot').length, 0);
  }
});

test('a run ends with the scores of its network: of the validation part after every epoch, or of the training part', async () => {
  const validated = await drive(spec);
  const { evaluation, summary } = validated.finished;
  assert.deepEqual([evaluation?.step, evaluation?.part, evaluation?.samples], [90, 'validation', 30]);
  assert.deepEqual([evaluation?.loss, evaluation?.accuracy], [summary.valLoss, summary.valAccuracy]);
  assert.equal(evaluation?.macroF1, summary.macroF1);
  assert.equal(validated.series('macroF1').steps.length, 10);
  assert.equal(validated.series('recall/1').values.at(-1), evaluation?.classes?.[1]?.recall);

  const observed = await drive(
    resolve({
      ...job,
      dataset: { name: 'absolute', samples: 300, validationSplit: 0 },
      training: { epochs: 40, seed: 1 },
    }),
  );
  const { r2, samples, part } = observed.finished.evaluation ?? {};
  assert.deepEqual([part, samples], ['training', 300]);
  assert.ok(r2! > 0.5 && r2! < 1, `${r2}`);
  assert.equal(observed.finished.summary.r2, r2);
  assert.deepEqual(observed.series('r2'), { steps: [observed.finished.progress.steps], values: [r2] });
  assert.deepEqual(observed.series('valLoss').steps, []);
  assert.equal(observed.finished.summary.lossUnit, 'target');
  const inUnits = await drive(
    resolve({ ...job, dataset: { name: 'absolute', samples: 300, normalizeTargets: 'standard' } }),
  );
  assert.equal(inUnits.finished.summary.lossUnit, 'normalised');
  assert.ok(!('lossUnit' in summary));
});

test('uploaded data trains, and the order drops its rows', async () => {
  const stored = packInlineData({
    inputs: Array.from({ length: 60 }, (_, i) => [i, -i]),
    targets: Array.from({ length: 60 }, (_, i) => i % 2),
    task: 'classification',
  });
  const uploaded = resolve(
    { dataset: { id: 'data_1', limit: 50 }, model: { layers: [dense(4)] }, training: { epochs: 2 } },
    stored,
  );
  const order: StartOrder = {
    type: 'start',
    runId: 'run_1',
    attempt: 1,
    spec: uploaded,
    dataset: stored,
    checkpoint: null,
    reported: NOTHING_REPORTED,
    neurons: null,
  };
  const reports: ThreadReport[] = [];
  await trainRun(order, {
    mailbox: new Mailbox(),
    openNetwork: openForSpec,
    report: (report) => reports.push(report),
  });
  assert.equal(new Observed(reports).finished.outcome, 'succeeded');
  assert.equal(order.dataset, null);
});

const verdictsOf = async (bias: number) => {
  const layer = { ...dense(4), biasInitializer: { type: 'constant', value: bias } };
  return (
    await drive(
      resolve({
        dataset: { name: 'absolute', samples: 20_000 },
        model: { layers: [layer] },
        training: { epochs: 3, batchSize: 512, seed: 2 },
      }),
    )
  ).of('verdict');
};

test('a verdict on part of a large training set states the size of the part; only all samples prove death, and counters confirm it later', async () => {
  const alive = await verdictsOf(100),
    dead = await verdictsOf(-100);
  assert.deepEqual(
    alive.map(({ neurons }) => neurons.samples),
    [2048, 2048, 2048, 2048],
  );
  assert.deepEqual(
    dead.map(({ neurons }) => neurons.samples),
    [18_000, 2048, 2048, 18_000],
  );
  for (const { neurons } of dead)
    assert.deepEqual(
      neurons.layers[0]?.neurons.map(({ state }) => state),
      ['dead', 'dead', 'dead', 'dead'],
    );
});

test('twenty runs one after another leave no tensors behind', async () => {
  const short = resolve({ ...job, training: { epochs: 1, seed: 1 }, engine: 'tensorflow' });
  await drive(short);
  const before = memory().numTensors;
  for (let i = 0; i < 20; i++) assert.equal((await drive(short)).finished.outcome, 'succeeded');
  assert.equal(memory().numTensors, before);
});
