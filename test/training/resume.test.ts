import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ThreadReport, TrainingData } from '../../src/schemas/index.ts';
import type { Mailbox } from '../../src/training/mailbox.ts';
import { encodeCheckpoint, type ReadCheckpoint } from '../../src/training/checkpoint.ts';
import { ENGINES } from '../../src/vocabulary/index.ts';
import { dense, drive, openForSpec, resolve, Observed } from './drive.ts';

/**
 * Everything that could be lost between two attempts: moments, dropout, statistics, a partial batch, an open window,
 * the plateau's memory.
 */
const spec = resolve({
  dataset: { name: 'moons', samples: 210, validationSplit: 0.2 },
  model: {
    layers: [
      dense(12, 'linear'),
      { type: 'batchNormalization' },
      { type: 'activation', activation: 'relu' },
      { type: 'dropout', rate: 0.1 },
      dense(8, 'prelu'),
    ],
  },
  training: {
    epochs: 12,
    batchSize: 16,
    seed: 3,
    optimizer: { type: 'adam', learningRate: 0.05 },
    schedule: { type: 'reduceOnPlateau', patience: 1, factor: 0.7, minDelta: 0.05, warmupSteps: 9 },
    clipNorm: 1,
  },
  telemetry: { metricsEverySteps: 5, checkpointEverySeconds: 0.05, snapshotsPerSecond: 10 },
});
const reference = await drive(spec);

const reductions = (observed: Observed) => [
  ...new Set(
    observed
      .of('event')
      .filter(({ event }) => event.code === 'LEARNING_RATE_REDUCED')
      .map(({ step }) => step),
  ),
];

const weightsOf = (checkpoint: ReadCheckpoint | null) => {
  const { step, parameters, statistics } = checkpoint!.network;
  return { step, parameters, statistics };
};

function assertSameRun(observed: Observed): void {
  assert.equal(observed.finished.outcome, 'succeeded');
  const [a, b] = [observed.final, reference.final];
  assert.deepEqual(a.network, b.network);
  assert.deepEqual(a.loop.scheduler, b.loop.scheduler);
  assert.deepEqual(a.loop.best, b.loop.best);
  assert.deepEqual(weightsOf(observed.best), weightsOf(reference.best));
  assert.deepEqual(observed.finished.evaluation, reference.finished.evaluation);
  for (const key of [
    'loss',
    'accuracy',
    'learningRate',
    'gradientNorm',
    'valLoss',
    'valAccuracy',
    'macroF1',
    'recall/1',
  ])
    assert.deepEqual(observed.series(key), reference.series(key), key);
  // A report that was stored just before the kill may come twice, but is never missing.
  assert.deepEqual(reductions(observed), reductions(reference));
}

/** Gives an order after a number of reports instead of milliseconds, so it is the same on every machine. */
function orderAfter(count: number, type: 'pause' | 'yield'): (report: ThreadReport, mailbox: Mailbox) => void {
  let seen = 0;
  return (_report, mailbox) => {
    seen += 1;
    if (seen === count) mailbox.push({ type });
  };
}

test('the reference run is worth comparing against', async () => {
  const { best, finished } = reference;
  assert.equal(best?.network.step, finished.summary.bestStep);
  assert.ok(best!.network.step < finished.progress.step && best!.network.slots.length === 0);
  assert.ok(reference.codes.includes('LEARNING_RATE_REDUCED'));
  assertSameRun(await drive(spec));
});

for (const stops of [[2], [3, 4, 5], [9, 9], [17], [30, 1, 2]]) {
  test(`paused after ${stops.join(', then ')} reports, a run ends bit-identical to one never stopped`, async () => {
    const reports: ThreadReport[] = [];
    let attempt = 1;
    for (const stop of [...stops, Infinity]) {
      const order = attempt % 2 === 0 ? 'yield' : 'pause';
      const observed = await drive(spec, {
        attempt,
        ...(attempt > 1 && new Observed(reports).order),
        onReport: orderAfter(stop, order),
      });
      reports.push(...observed.reports);
      if (observed.finished.outcome === 'succeeded') break;
      assert.equal(observed.finished.outcome, order === 'yield' ? 'yielded' : 'paused');
      assert.equal(observed.of('checkpoint').at(-1)?.step, observed.finished.progress.step);
      attempt += 1;
    }
    assertSameRun(new Observed(reports));
    if (attempt > 1) assert.ok(new Observed(reports).codes.includes('RUN_RESUMED'));
  });
}

test('a run that is killed after any report resumes from what was stored, reports everything once and ends bit-identical', async () => {
  for (let kept = 1; kept < reference.reports.length - 1; kept += 7) {
    const stored = new Observed(reference.reports.slice(0, kept));
    const second = await drive(spec, { attempt: 2, ...stored.order });
    const whole = new Observed([...stored.reports, ...second.reports]);
    assertSameRun(whole);
    const verdicts = whole.of('verdict').map(({ step }) => step);
    assert.equal(new Set(verdicts).size, verdicts.length, `verdicts at ${verdicts.join()}`);
    assert.deepEqual([verdicts[0], verdicts.at(-1)], [0, reference.finished.progress.steps]);
    const snapshots = whole.of('snapshot').map(({ step }) => step);
    assert.deepEqual(
      snapshots,
      snapshots.toSorted((a, b) => a - b),
    );
  }
});

test('a pause during the last verdict loses neither the verdict nor the end', async () => {
  const { steps } = reference.finished.progress;
  const first = await drive(spec, {
    onReport: (report, mailbox) => {
      if (report.type === 'metrics' && report.steps.at(-1) === steps && 'valLoss' in report.values)
        mailbox.push({ type: 'pause' });
    },
  });
  assert.equal(first.finished.outcome, 'paused');
  assert.equal(first.finished.progress.step, steps);
  const second = await drive(spec, { attempt: 2, ...first.order });
  assertSameRun(new Observed([...first.reports, ...second.reports]));
  assert.equal(second.of('verdict').at(-1)?.step, steps);
});

test('a resumed run keeps the normalisation of its checkpoint, whatever its data set would give now', async () => {
  const { preprocessing, ...state } = reference.final;
  assert.ok(preprocessing?.normalization);
  const normalization = { shift: Float32Array.of(0.25, -0.5), scale: Float32Array.of(2, 4) };
  assert.notDeepEqual(preprocessing.normalization, normalization);
  const checkpoint = encodeCheckpoint({ ...state, preprocessing: { ...preprocessing, normalization } });
  let trainedWith: TrainingData['normalization'] = null;
  const observed = await drive(spec, {
    attempt: 2,
    checkpoint,
    openNetwork: (own, data, from, cores) => {
      trainedWith = data.normalization;
      return openForSpec(own, data, from, cores);
    },
  });
  assert.equal(observed.finished.outcome, 'succeeded');
  assert.deepEqual(trainedWith, normalization);
  assert.deepEqual(observed.final.preprocessing, { ...preprocessing, normalization });
});

for (const [what, job] of [
  [
    'normalised targets behind a sigmoid',
    {
      dataset: { name: 'sine', samples: 200, validationSplit: 0.2, normalizeTargets: 'minMax' },
      model: { layers: [dense(8, 'tanh')], output: { activation: 'sigmoid' } },
    },
  ],
  [
    'balanced classes',
    {
      dataset: {
        inputs: Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]),
        targets: Array.from({ length: 200 }, (_, i) => Number(i % 9 === 0)),
        task: 'classification',
        validationSplit: 0.2,
      },
      model: { layers: [dense(8, 'tanh')] },
      training: { classWeights: 'balanced' },
    },
  ],
  ...ENGINES.map(
    (engine) =>
      [
        `the engine ${engine}`,
        {
          engine,
          dataset: { name: 'moons', samples: 210, validationSplit: 0.2 },
          model: {
            layers: [dense(12), { type: 'batchNormalization' }, dense(8), { type: 'dropout', rate: 0.2 }],
          },
          training: { optimizer: { type: 'adam', learningRate: 0.01 }, clipNorm: 1 },
        },
      ] as const,
  ),
] as const) {
  test(`a paused run continues bit for bit: ${what}`, async () => {
    const own = resolve({
      ...job,
      training: { ...('training' in job && job.training), epochs: 8, batchSize: 16, seed: 4 },
      telemetry: { metricsEverySteps: 1, snapshotsPerSecond: 0 },
    });
    const whole = await drive(own);
    assert.equal(whole.finished.outcome, 'succeeded');
    const first = await drive(own, { onReport: orderAfter(9, 'pause') });
    assert.equal(first.finished.outcome, 'paused');
    const second = await drive(own, { attempt: 2, ...first.order });
    assert.deepEqual(second.final.network, whole.final.network);
    assert.deepEqual(second.final.preprocessing, whole.final.preprocessing);
    const both = new Observed([...first.reports, ...second.reports]);
    for (const key of ['loss', 'valLoss']) assert.deepEqual(both.series(key), whole.series(key), key);
    assert.deepEqual(second.finished.evaluation, whole.finished.evaluation);
  });
}

test('a checkpoint that is damaged, or of another network, fails the run with a clear message', async () => {
  const { checkpoint } = reference;
  assert.ok(checkpoint);
  const damaged = checkpoint.slice();
  damaged[100] = (damaged[100] as number) ^ 4;
  const other = resolve({
    ...spec,
    model: { layers: [dense(5)] },
    training: { ...spec.training, schedule: 'constant' },
  });
  const { dataset: iris } = resolve({ dataset: { name: 'iris' }, model: { layers: [dense(12)] } });
  for (const [order, message] of [
    [{ spec, checkpoint: damaged }, /checksum/],
    [{ spec: other, checkpoint }, /parameters/],
    [{ spec: { ...spec, dataset: iris }, checkpoint }, /2 features and 2 outputs.*4 and 3/],
  ] as const) {
    const { finished } = await drive(order.spec, { attempt: 2, checkpoint: order.checkpoint });
    assert.equal(finished.outcome, 'failed');
    assert.ok(
      finished.outcome === 'failed' &&
        finished.error.code === 'CHECKPOINT_UNREADABLE' &&
        message.test(finished.error.message),
      JSON.stringify(finished),
    );
  }
});
