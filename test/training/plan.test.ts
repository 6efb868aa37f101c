import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrainingSpec } from '../../src/vocabulary/index.ts';
import { TrainingPlan } from '../../src/training/plan.ts';
import { resolve } from './drive.ts';

const spec = (changes: Partial<TrainingSpec>): TrainingSpec => ({
  ...resolve({ dataset: { name: 'xor' }, model: { layers: [] }, training: { seed: 5 } }).training,
  ...changes,
});
const indices = Int32Array.from({ length: 23 }, (_, i) => 2 * i);

/** All batches of the run, cut into chunks of at most `most` steps. */
function batches(plan: TrainingPlan, most: () => number, from = 0): number[][] {
  const result: number[][] = [];
  for (let step = from; step < plan.steps;) {
    const chunk = plan.chunkAt(step, most());
    assert.equal(chunk.indices.length, chunk.steps * chunk.batchSize);
    for (let k = 0; k < chunk.steps; k++)
      result.push([...chunk.indices.subarray(k * chunk.batchSize, (k + 1) * chunk.batchSize)]);
    step += chunk.steps;
  }
  return result;
}

test('every epoch trains on every sample once, the last partial batch included', () => {
  const plan = new TrainingPlan(spec({ epochs: 3, batchSize: 5 }), indices);
  assert.deepEqual([plan.steps, plan.stepsPerEpoch], [15, 5]);
  const all = batches(plan, () => 100);
  assert.deepEqual(
    all.map((batch) => batch.length),
    [5, 5, 5, 5, 3, 5, 5, 5, 5, 3, 5, 5, 5, 5, 3],
  );
  const epochs = [0, 1, 2].map((epoch) => all.slice(5 * epoch, 5 * epoch + 5).flat());
  for (const epoch of epochs)
    assert.deepEqual(
      epoch.toSorted((a, b) => a - b),
      [...indices],
    );
  assert.notDeepEqual(epochs[0], epochs[1]);
  assert.deepEqual(
    [0, 4, 5, 6].map((step) => plan.samplesBefore(step)),
    [0, 20, 23, 28],
  );
});

test('the order does not depend on how steps are cut into chunks or where a run is resumed', () => {
  const whole = batches(new TrainingPlan(spec({ epochs: 4, batchSize: 4 }), indices), () => 100);
  let turn = 0;
  assert.deepEqual(
    batches(new TrainingPlan(spec({ epochs: 4, batchSize: 4 }), indices), () => 1 + (turn++ % 3)),
    whole,
  );
  assert.deepEqual(
    batches(new TrainingPlan(spec({ epochs: 4, batchSize: 4 }), indices), () => 2, 13),
    whole.slice(13),
  );
  assert.notDeepEqual(
    batches(new TrainingPlan(spec({ epochs: 4, batchSize: 4, seed: 6 }), indices), () => 2),
    whole,
  );
});

test('without shuffling the samples keep their order, and a batch may contain all of them', () => {
  assert.deepEqual(
    batches(new TrainingPlan(spec({ epochs: 1, batchSize: 7, shuffle: false }), indices), () => 2).flat(),
    [...indices],
  );
  assert.deepEqual(
    batches(new TrainingPlan(spec({ epochs: 2, batchSize: 100, shuffle: false }), indices), () => 2),
    [[...indices], [...indices]],
  );
});
