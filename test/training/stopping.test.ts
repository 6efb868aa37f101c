import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ThreadReport } from '../../src/schemas/index.ts';
import { dense, drive, resolve, Observed } from './drive.ts';

/** Learns labels that are partly noise by heart, so its validation loss rises after a while. */
const overfitting = {
  dataset: { name: 'moons', samples: 60, noise: 0.5, validationSplit: 0.5 },
  model: { layers: [dense(32), dense(32)] },
  training: {
    epochs: 400,
    batchSize: 7,
    seed: 2,
    optimizer: { type: 'adam', learningRate: 0.01 },
    stopping: { metric: 'valLoss', patience: 6 },
  },
  telemetry: { metricsEverySteps: 4, checkpointEverySeconds: 0.05 },
};
const spec = resolve(overfitting);
const reference = await drive(spec);

const stopOf = (observed: Observed) => observed.of('event').find(({ event }) => event.code === 'STOPPED_EARLY');

function assertSameEnd(observed: Observed): void {
  assert.equal(observed.finished.outcome, 'succeeded');
  assert.deepEqual(observed.finished.progress, reference.finished.progress);
  assert.deepEqual(observed.final.network, reference.final.network);
  assert.deepEqual(observed.final.loop.best, reference.final.loop.best);
  for (const key of ['loss', 'valLoss', 'macroF1']) assert.deepEqual(observed.series(key), reference.series(key), key);
  assert.deepEqual(stopOf(observed), stopOf(reference));
  assert.deepEqual(observed.finished.evaluation, reference.finished.evaluation);
}

test('a run stops as succeeded after the epoch that early stopping says, with its last verdict and a reason', () => {
  const { outcome, progress, summary, evaluation } = reference.finished;
  const { steps, values } = reference.series('valLoss');
  const losses = values.map((value) => value ?? Infinity);
  const best = losses.indexOf(Math.min(...losses));
  assert.equal(outcome, 'succeeded');
  assert.deepEqual([progress.epochs, progress.steps], [400, 2000], 'what was planned');
  assert.deepEqual([progress.epoch, progress.step], [best + 7, 5 * (best + 7)], 'six epochs after the best one');
  assert.deepEqual([summary.bestStep, summary.bestValLoss], [steps[best], losses[best]]);
  assert.equal(summary.bestValAccuracy, reference.series('valAccuracy').values[best]);
  const { event, step } = stopOf(reference)!;
  assert.equal(step, progress.step);
  assert.deepEqual(event.data, {
    epoch: best + 7,
    metric: 'valLoss',
    patience: 6,
    minDelta: 0,
    bestEpoch: best + 1,
    bestStep: steps[best],
    bestValue: losses[best],
  });
  assert.equal(reference.series('loss').steps.at(-1), progress.step, 'the open window is reported');
  assert.equal(reference.of('verdict').at(-1)?.step, progress.step);
  assert.equal(reference.of('checkpoint').at(-1)?.isFinal, true);
  assert.equal(evaluation?.step, progress.step);
});

test('it stops at the same step each time, also where it was paused or killed in between', async () => {
  assertSameEnd(await drive(spec));
  for (const stop of [3, 40, 90, reference.reports.length - 4]) {
    let seen = 0;
    const first = await drive(spec, {
      onReport: (_report, mailbox) => {
        if (++seen === stop) mailbox.push({ type: 'pause' });
      },
    });
    if (first.finished.outcome === 'succeeded') continue;
    const second = await drive(spec, { attempt: 2, ...first.order });
    assertSameEnd(new Observed([...first.reports, ...second.reports]));
  }
  for (let kept = 1; kept < reference.reports.length - 1; kept += 23) {
    const stored: readonly ThreadReport[] = reference.reports.slice(0, kept);
    const second = await drive(spec, { attempt: 2, ...new Observed(stored).order });
    assertSameEnd(new Observed([...stored, ...second.reports]));
  }
});

test('a run paused after its last epoch does not train on', async () => {
  const first = await drive(spec, {
    onReport: (report, mailbox) => {
      if (report.type === 'event' && report.event.code === 'STOPPED_EARLY') mailbox.push({ type: 'pause' });
    },
  });
  assert.equal(first.finished.outcome, 'paused');
  const second = await drive(spec, { attempt: 2, ...first.order });
  assert.deepEqual(second.series('loss').steps, []);
  assertSameEnd(new Observed([...first.reports, ...second.reports]));
});

test('without validation, the training loss stops a run that has learned all that it can', async () => {
  const observed = await drive(
    resolve({
      ...overfitting,
      dataset: { name: 'absolute', samples: 80, validationSplit: 0 },
      training: { ...overfitting.training, stopping: { metric: 'loss', patience: 2, minDelta: 0.01 } },
    }),
  );
  const { progress, summary, evaluation } = observed.finished;
  assert.ok(progress.step < progress.steps);
  assert.equal(stopOf(observed)?.event.data?.['metric'], 'loss');
  assert.ok(summary.bestStep! <= progress.step && !('bestValLoss' in summary));
  assert.deepEqual([evaluation?.part, evaluation?.step], ['training', progress.step]);
});

test('a run that early stopping would end after its last epoch ends as planned', async () => {
  const { epoch } = reference.finished.progress;
  const observed = await drive(resolve({ ...overfitting, training: { ...overfitting.training, epochs: epoch } }));
  assert.deepEqual(observed.finished.progress, { epoch, epochs: epoch, step: 5 * epoch, steps: 5 * epoch });
  assert.equal(stopOf(observed), undefined);
  assert.deepEqual(observed.final.network, reference.final.network);
});
