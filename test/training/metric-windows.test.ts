import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricWindows, windowLength } from '../../src/training/metric-windows.ts';
import { middleOfWindow } from '../../src/vocabulary/index.ts';

const step = (loss: number) => ({ loss, accuracy: loss / 10, learningRate: 0.1, gradientNorm: 2 * loss });

test('windows end at every n-th step of the run and at its last one', () => {
  const windows = new MetricWindows(3, true, 8);
  for (let i = 1; i <= 8; i++) windows.add(i, step(i));
  assert.deepEqual(windows.take(), {
    steps: [3, 6, 8],
    values: {
      loss: [2, 5, 7.5],
      accuracy: [(0.1 + 0.2 + 0.3) / 3, (0.4 + 0.5 + 0.6) / 3, 0.75],
      learningRate: [0.1, 0.1, 0.1],
      gradientNorm: [4, 10, 15],
    },
    every: 3,
  });
  assert.deepEqual(windows.take().steps, []);
});

test('an open window continues from its stored state', () => {
  const whole = new MetricWindows(5, false, 10),
    first = new MetricWindows(5, false, 10);
  for (let i = 1; i <= 10; i++) whole.add(i, step(i));
  for (let i = 1; i <= 7; i++) first.add(i, step(i));
  const second = new MetricWindows(5, false, 10, JSON.parse(JSON.stringify(first.state)) as typeof first.state);
  for (let i = 8; i <= 10; i++) second.add(i, step(i));
  const [a, b] = [first.take(), second.take()];
  assert.deepEqual(
    { steps: [...a.steps, ...b.steps], loss: [...(a.values['loss'] ?? []), ...(b.values['loss'] ?? [])] },
    { steps: [5, 10], loss: whole.take().values['loss'] },
  );
});

test('values that are not finite are null, and a task without accuracy has no such column', () => {
  const windows = new MetricWindows(1, false, 2);
  windows.add(1, { ...step(1), loss: Number.NaN, gradientNorm: Infinity });
  windows.add(2, step(2));
  assert.deepEqual(windows.take().values, { loss: [null, 2], learningRate: [0.1, 0.1], gradientNorm: [null, 4] });
});

test('the windows of auto follow from the number of steps: at most 5,000 points, and never fewer than 100 where there are as many steps', () => {
  const expected = [
    [1, 1],
    [5, 1],
    [99, 1],
    [100, 1],
    [240, 1],
    [5000, 1],
    [5001, 2],
    [10_000, 2],
    [10_001, 4],
    [1_000_000, 256],
  ] as const;
  for (const [steps, length] of expected) {
    assert.equal(windowLength('auto', steps), length, `${steps} steps`);
    assert.equal(windowLength(7, steps), 7);
    const windows = new MetricWindows('auto', false, steps);
    for (let i = 1; i <= steps; i++) windows.add(i, step(i));
    const columns = windows.take();
    assert.ok(columns.steps.length <= 5000 && columns.steps.length >= Math.min(100, steps));
    assert.deepEqual([columns.steps[0], columns.steps.at(-1), columns.every ?? 1], [length, steps, length]);
  }
});

test('a mean is drawn at the middle of its window, however short the last window is', () => {
  const windows = new MetricWindows(4, false, 10);
  for (let i = 1; i <= 10; i++) windows.add(i, step(i));
  const { steps, values, every } = windows.take();
  assert.deepEqual(steps, [4, 8, 10]);
  // The loss of step i is i: its mean is the middle of its steps.
  assert.deepEqual(
    steps.map((end) => middleOfWindow(end, every)),
    values['loss'],
  );
  assert.deepEqual(
    [1, 2, 3].map((end) => middleOfWindow(end)),
    [1, 2, 3],
  );
});

test('an open window of a checkpoint of an earlier version, which kept its length, is closed with its steps', () => {
  const stored = { length: 228, count: 2, lossSum: 3, accuracySum: 0, gradientNormSum: 6, learningRate: 0.1 };
  const windows = new MetricWindows(5, false, 10, stored);
  for (let i = 3; i <= 10; i++) windows.add(i, step(i));
  const { steps, values } = windows.take();
  assert.deepEqual(
    [steps, values['loss']],
    [
      [5, 10],
      [3, 8],
    ],
  );
  assert.deepEqual(Object.keys(windows.state), ['count', 'lossSum', 'accuracySum', 'gradientNormSum', 'learningRate']);
});
