/** What curves say of a run: nothing learned, still learning, once better. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasLearnedWell, learningOf, type LearningInput } from '../../src/neurons/diagnosis/learning.ts';
import type { DataFigures } from '../../src/neurons/verdict/data-facts.ts';
import { readJob } from '../../src/jobs/index.ts';

const figures: DataFigures = {
  inputMeanToDeviation: 0,
  largestInput: 2,
  targetMean: 0,
  targetDeviation: 1,
  baselineLoss: 1,
  features: 2,
};

/** A run of 10 epochs of 100 steps each. */
function learning(changes: Partial<LearningInput> & { dataset?: object } = {}) {
  const { dataset = { name: 'sine', samples: 1000, validationSplit: 0.2 }, ...input } = changes;
  const resolved = readJob({
    dataset,
    model: { layers: [{ type: 'dense', units: 4 }] },
    training: { epochs: 10, batchSize: 8, seed: 1 },
  });
  assert.ok('spec' in resolved);
  return learningOf({
    spec: resolved.spec,
    plannedSteps: 1000,
    windows: [],
    data: figures,
    curves: {},
    summary: {},
    task: 'regression',
    ...input,
  });
}
const every = (length: number, value: (step: number) => number) => ({
  steps: Array.from({ length: 1000 / length }, (_, i) => (i + 1) * length),
  values: Array.from({ length: 1000 / length }, (_, i) => value((i + 1) * length)),
});

test('the loss of the last epoch counts, against that of a constant answer', () => {
  const { loss, skill } = learning({ curves: { loss: every(1, (step) => (step > 900 ? 0.25 : 5)) } });
  assert.equal(loss, 0.25);
  assert.equal(skill, 0.75);
  assert.equal(learning({ summary: { epochLoss: 0.5 } }).skill, 0.5);
  assert.equal(learning().skill, null);
});

test('the fall is that from the third to the last quarter', () => {
  const { fall } = learning({ curves: { loss: every(10, (step) => (step <= 500 ? 9 : step <= 750 ? 2 : 1)) } });
  assert.equal(fall, 0.5);
  assert.equal(learning({ curves: { loss: every(500, () => 1) } }).fall, null);
});

test('a validation loss that doubles is a setback, with its best step; a rise of a little is not', () => {
  const rising = learning({ curves: { valLoss: every(100, (step) => (step === 300 ? 0.2 : 0.9)) } });
  assert.deepEqual(rising.setback, { of: 'valLoss', best: 0.2, bestStep: 300, last: 0.9 });
  assert.equal(learning({ curves: { valLoss: every(100, (step) => (step === 300 ? 0.2 : 0.3)) } }).setback, null);
});

const falls = (to: number, samples: number) =>
  learning({
    task: 'classification',
    dataset: { name: 'moons', samples, validationSplit: 0.2 },
    curves: { valAccuracy: every(100, (step) => (step === 500 ? 0.95 : to)) },
  }).setback;

test('an accuracy has to fall by more than chance', () => {
  assert.equal(falls(0.67, 1000)?.last, 0.67);
  assert.equal(falls(0.92, 1000), null);
});

test('what neighbours reach and the network does not is its shortfall', () => {
  const data = { ...figures, neighbours: { r2: 0.8, accuracy: null } };
  const short = learning({ data, summary: { epochLoss: 0.5 } });
  assert.ok(Math.abs(short.shortfall! - 0.3) < 1e-12);
  assert.equal(hasLearnedWell(short), false);
  assert.equal(hasLearnedWell(learning({ data, summary: { epochLoss: 0.21 } })), true, 'the rest is noise');
  const many = { ...data, features: 20 };
  assert.equal(hasLearnedWell(learning({ data: many, summary: { epochLoss: 0.21 } })), false, 'distances tell little');
  assert.equal(hasLearnedWell(learning({ data: many, summary: { epochLoss: 0.05 } })), true);
});
