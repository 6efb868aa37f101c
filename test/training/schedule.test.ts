/** After which epochs neurons are judged: the rule alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgedEpochs, type JudgedRun } from '../../src/training/watching/schedule.ts';

const small: JudgedRun = {
  epochs: 50,
  stepsPerEpoch: 29,
  batchSize: 32,
  parameters: 1218,
  hiddenLayers: 2,
  hiddenNeurons: 64,
  samples: 900,
};
const mnist: JudgedRun = {
  epochs: 10,
  stepsPerEpoch: 844,
  batchSize: 64,
  parameters: 109_386,
  hiddenLayers: 2,
  hiddenNeurons: 192,
  samples: 2048,
};
const wide: JudgedRun = { ...small, parameters: 80_000, hiddenLayers: 1, hiddenNeurons: 16_384 };

const listOf = (run: JudgedRun): number[] => [...judgedEpochs(run)].toSorted((a, b) => a - b);
const all = (epochs: number): number[] => Array.from({ length: epochs }, (_, i) => i + 1);

test('up to 100 epochs of a small network, and those of a large data set, are judged one by one', () => {
  for (const epochs of [1, 2, 50, 100]) {
    assert.deepEqual(listOf({ ...small, epochs }), all(epochs));
    assert.deepEqual(listOf({ ...mnist, epochs }), all(epochs));
  }
});

test('however long a run is, it has at most 200 verdicts, early ones close together and late ones evenly', () => {
  for (const epochs of [1000, 20_000, 1_000_000]) {
    const judged = listOf({ ...small, epochs });
    assert.ok(judged.length <= 200 && judged.length >= 30, `${judged.length} of ${epochs}`);
    assert.deepEqual([judged[0], judged.at(-1)], [1, epochs]);
    assert.ok(judged.every((epoch) => Number.isInteger(epoch) && epoch >= 1 && epoch <= epochs));
    const gaps = judged.map((epoch, i) => epoch - (judged[i - 1] ?? 0));
    assert.ok(Math.max(...gaps) <= Math.ceil(epochs / 20), `a gap of ${Math.max(...gaps)}`);
    assert.ok(judged.filter((epoch) => epoch <= Math.sqrt(epochs)).length >= 8);
  }
});

test('where verdicts cost much, or store much, there are few of them, but never fewer than 6', () => {
  const judged = listOf({ ...wide, epochs: 100 });
  assert.ok(judged.length >= 6 && judged.length <= 8, String(judged));
  const long = listOf({ ...wide, epochs: 100_000 });
  assert.ok(long.length >= 6 && long.length <= 8, String(long));
});
