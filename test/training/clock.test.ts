/** Nothing but snapshots and the speed of training may depend on the clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ThreadReport } from '../../src/schemas/index.ts';
import { Mailbox } from '../../src/training/mailbox.ts';
import type { RunTools } from '../../src/training/run.ts';
import { drive, Observed, openForSpec, resolve, withTrain } from './drive.ts';

const dense = (units: number) => ({ type: 'dense', units });
/** A short job on data whose loss varies from batch to batch. */
const noisy = resolve({
  dataset: { name: 'gaussians', samples: 997, noise: 1 },
  model: { layers: [dense(16), dense(16)] },
  training: { epochs: 3, batchSize: 16, seed: 1, optimizer: { type: 'sgd', learningRate: 0.05 } },
});

test('a short run has a point for every step, and its summary the means of the last whole epoch', async () => {
  const observed = await drive(noisy);
  const { progress, summary } = observed.finished;
  const { steps, values } = observed.series('loss');
  assert.deepEqual(
    steps,
    Array.from({ length: progress.steps }, (_, i) => i + 1),
  );
  const perEpoch = progress.steps / progress.epochs;
  const samples = observed.of('verdict')[0]?.neurons.samples ?? NaN;
  const meanOfLastEpoch = (all: (number | null)[]) =>
    all.slice(-perEpoch).reduce<number>((sum, value, i) => {
      const size = i < perEpoch - 1 ? 16 : samples - 16 * (perEpoch - 1);
      return sum + (value ?? NaN) * size;
    }, 0) / samples;
  assert.ok(Math.abs(meanOfLastEpoch(values) - (summary.epochLoss ?? NaN)) < 1e-12);
  assert.ok(Math.abs(meanOfLastEpoch(observed.series('accuracy').values) - (summary.epochAccuracy ?? NaN)) < 1e-12);
  assert.equal(summary.loss, values.at(-1));
});

/** Training takes longer, and now and then far longer, so steps are cut into other chunks, most of them of one step. */
const openThrottled: RunTools['openNetwork'] = async (...order) => {
  let calls = 0;
  return withTrain(await openForSpec(...order), async (chunk, train) => {
    calls += 1;
    await delay(calls % 7 === 0 ? 55 : 1);
    return train(chunk);
  });
};

/** What must not depend on the clock. Nothing is left out but the speed. */
function recordOf(observed: Observed) {
  const { samplesPerSecond: _speed, trainingSeconds: _seconds, ...summary } = observed.finished.summary;
  const keys = new Set(observed.of('metrics').flatMap(({ values }) => Object.keys(values)));
  return {
    outcome: observed.finished.outcome,
    summary,
    curves: Object.fromEntries([...keys].toSorted().map((key) => [key, observed.series(key)])),
    verdicts: observed
      .of('verdict')
      .map(({ step, neurons, evidence, histograms }) => ({ step, neurons, evidence, histograms })),
    events: observed
      .of('event')
      .filter(({ event }) => event.code !== 'RUN_RESUMED')
      .map(({ step, event }) => ({ step, event })),
  };
}

/** Neurons die, some after a while, and are revived: with deaths that only a look at all samples can prove. */
const dying = resolve({
  dataset: { name: 'moons', samples: 1500, noise: 0.3, validationSplit: 0.2 },
  model: { layers: [{ ...dense(24), biasInitializer: { type: 'constant', value: -0.3 } }, dense(12)] },
  training: { epochs: 12, batchSize: 64, seed: 4, optimizer: { type: 'sgd', learningRate: 1.2, momentum: 0.9 } },
  telemetry: { metricsEverySteps: 5, snapshotsPerSecond: 10, checkpointEverySeconds: 0.05 },
});
const reference = await drive(dying);
const expected = recordOf(reference);

test('the run to compare with has deaths, revivals and verdicts after every epoch', () => {
  assert.deepEqual(
    reference.of('verdict').map(({ step }) => step),
    Array.from({ length: 13 }, (_, epoch) => epoch * 19),
  );
  assert.ok(reference.codes.includes('NEURONS_DIED') && reference.codes.includes('NEURONS_REVIVED'));
});

test('curves, summary, verdicts, life histories and events are the same on a busy machine, bit for bit', async () => {
  for (const [spec, record] of [
    [dying, expected],
    [noisy, recordOf(await drive(noisy))],
  ] as const) {
    const busy = await drive(spec, { openNetwork: openThrottled });
    assert.deepEqual(recordOf(busy), record);
    assert.notEqual(busy.finished.summary.samplesPerSecond, reference.finished.summary.samplesPerSecond);
  }
});

/** Attempts that are stopped after the given numbers of reports, and the last one to the end. */
async function interrupted(stops: readonly number[]): Promise<Observed> {
  const reports: ThreadReport[] = [];
  for (const [attempt, stop] of [...stops, Infinity].entries()) {
    let seen = 0;
    const observed = await drive(dying, {
      attempt: attempt + 1,
      ...(attempt > 0 && new Observed(reports).order),
      onReport: (_report, mailbox) => {
        seen += 1;
        if (seen === stop) mailbox.push({ type: attempt % 2 === 0 ? 'pause' : 'yield' });
      },
    });
    reports.push(...observed.reports);
    if (observed.finished.outcome === 'succeeded') break;
  }
  return new Observed(reports);
}

for (const stops of [[1], [2, 2], [5, 7, 3], [9, 4, 11, 2], [30, 1, 12]]) {
  test(`paused after ${stops.join(', then ')} reports, a run has the same verdicts, life histories and events`, async () => {
    assert.deepEqual(recordOf(await interrupted(stops)), expected);
  });
}

/** It ends early, and with it come its last verdict and its last window. */
const stopping = resolve({
  ...dying,
  training: { ...dying.training, epochs: 1000, stopping: { metric: 'valLoss', patience: 12 } },
});

test('a run that is killed after any report has the same verdicts, life histories and summary', async () => {
  for (const spec of [dying, stopping]) {
    const whole = await drive(spec);
    const record = recordOf(whole);
    const { length } = whole.reports;
    for (let kept = 1; kept < length - 1; kept += Math.ceil(length / 12)) {
      const stored = new Observed(whole.reports.slice(0, kept));
      const second = await drive(spec, { attempt: 2, ...stored.order });
      const { summary, curves, verdicts } = recordOf(new Observed([...stored.reports, ...second.reports]));
      assert.deepEqual(
        { summary, verdicts },
        { summary: record.summary, verdicts: record.verdicts },
        `${kept} reports`,
      );
      assert.deepEqual(curves['loss'], record.curves['loss']);
    }
  }
});

test('a run that stops early is judged where it stops', async () => {
  const observed = await drive(stopping);
  const { step, steps } = observed.finished.progress;
  assert.ok(step < steps);
  assert.deepEqual([observed.of('verdict').at(-1)?.step, observed.series('loss').steps.at(-1)], [step, step]);
});

test('a verdict on request comes in addition: it shifts no other, also if the run is resumed from it', async () => {
  const reports: ThreadReport[] = [];
  for (let attempt = 1; attempt < 6; attempt++) {
    const mailbox = new Mailbox();
    const observed = await drive(dying, {
      attempt,
      mailbox,
      ...(attempt > 1 && new Observed(reports).order),
      // The first step after a verdict is trained on its own.
      openNetwork: async (...order) =>
        withTrain(await openForSpec(...order), async (chunk, train) => {
          if (chunk.learningRates.length === 1) mailbox.push({ type: 'inspect' });
          return train(chunk);
        }),
      onReport: (report) => {
        if (report.type === 'verdict' && report.step % 19 !== 0) mailbox.push({ type: 'pause' });
      },
    });
    reports.push(...observed.reports);
    if (observed.finished.outcome === 'succeeded') break;
    assert.equal(observed.finished.outcome, 'paused');
  }
  const last = await drive(dying, { attempt: 6, ...new Observed(reports).order });
  const { verdicts, events, summary } = recordOf(new Observed([...reports, ...last.reports]));
  const asked = verdicts.filter(({ step }) => step % 19 !== 0);
  assert.ok(asked.length >= 3, `asked at ${asked.map(({ step }) => step).join()}`);
  assert.deepEqual(
    { verdicts: verdicts.filter(({ step }) => step % 19 === 0), events, summary },
    { verdicts: expected.verdicts, events: expected.events, summary: expected.summary },
  );
});
