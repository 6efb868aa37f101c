/** What came of a change, from the summaries of two runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJob } from '../../src/jobs/index.ts';
import { FIGURES, outcomesOf, type Run, type Summary } from '../../src/vocabulary/index.ts';

function runWith(summary: Summary, training: object = {}): Run {
  const resolved = readJob({ dataset: { name: 'absolute' }, model: { layers: [] }, training });
  assert.ok('spec' in resolved);
  return { spec: resolved.spec, summary } as Run;
}
const told = (before: Run, after: Run) =>
  outcomesOf(before, after).map(({ key, before: then, after: now }) => `${FIGURES[key].name} ${then} ${now}`);

test('the dead neurons and the accuracy of the validation part come first', () => {
  assert.deepEqual(
    told(
      runWith({ deadNeurons: 79, accuracy: 0.7, valAccuracy: 0.67, loss: 1 }),
      runWith({ deadNeurons: 9, accuracy: 0.99, valAccuracy: 0.96, loss: 0.1 }),
    ),
    ['dead or silent neurons 79 9', 'validation accuracy 0.67 0.96'],
  );
});

test('a figure that only one of the runs has is left out', () => {
  assert.deepEqual(told(runWith({ accuracy: 0.7 }), runWith({ accuracy: 0.9, valAccuracy: 0.8 })), [
    'training accuracy, newest steps 0.7 0.9',
  ]);
});

test('losses are compared where they mean the same', () => {
  const before = runWith({ valLoss: 4e10, loss: 5e10, lossUnit: 'target' });
  assert.deepEqual(told(before, runWith({ valLoss: 0.1, loss: 0.2, lossUnit: 'normalised' })), []);
  assert.deepEqual(told(before, runWith({ valLoss: 1, loss: 1, lossUnit: 'target' }, { loss: 'huber' })), []);
  assert.deepEqual(told(before, runWith({ valLoss: 2, loss: 1, lossUnit: 'target' })), [
    'validation loss 40000000000 2',
  ]);
  assert.deepEqual(told(runWith({ r2: 0.1, valLoss: 9 }), runWith({ r2: 0.9, valLoss: 0.1, lossUnit: 'normalised' })), [
    'R² 0.1 0.9',
  ]);
});

test('what was not finite is null', () => {
  assert.deepEqual(told(runWith({ loss: null }), runWith({ loss: 0.5 })), ['training loss, newest steps null 0.5']);
});
