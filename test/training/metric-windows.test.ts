import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricWindows } from '../../src/training/metric-windows.ts';

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

test('auto adapts its windows to the speed of training; a number stays fixed', () => {
  const windows = new MetricWindows('auto', false, 1e6);
  assert.equal(windows.state.length, 1);
  windows.adapt(40_000);
  assert.equal(windows.state.length, 1024);
  windows.adapt(10);
  assert.equal(windows.state.length, 1);
  const fixed = new MetricWindows(7, false, 1e6);
  fixed.adapt(40_000);
  assert.equal(fixed.state.length, 7);
});
