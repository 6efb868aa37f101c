import { test } from 'node:test';
import assert from 'node:assert/strict';
import { INITIALIZER_RULES, initializeDense } from '../../src/engine/math/initializers.ts';
import { Random } from '../../src/random.ts';
import { type Initializer, fill, INITIALIZER_OPTIONS } from '../../src/vocabulary/index.ts';

const [FAN_IN, FAN_OUT] = [300, 200];
const zeros: Initializer = { type: 'zeros' };
const draw = (initializer: Initializer, fanIn = FAN_IN, fanOut = FAN_OUT): Float32Array =>
  initializeDense(initializer, zeros, { fanIn, fanOut }, new Random(3, 'initializer')).kernel;
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: Float32Array): number => mean(values.map((value) => value * value)) - mean(values) ** 2;

const VARIANCES: [type: Exclude<Initializer['type'], 'constant'>, variance: number][] = [
  ['heNormal', 2 / FAN_IN],
  ['heUniform', 2 / FAN_IN],
  ['glorotNormal', 2 / (FAN_IN + FAN_OUT)],
  ['glorotUniform', 2 / (FAN_IN + FAN_OUT)],
  ['lecunNormal', 1 / FAN_IN],
  ['lecunUniform', 1 / FAN_IN],
  ['randomNormal', 0.05 ** 2],
  ['randomUniform', 0.1 ** 2 / 12],
  ['orthogonal', 1 / FAN_IN],
];
for (const [type, expected] of VARIANCES) {
  test(`${type} has mean 0 and its variance`, () => {
    const values = draw(fill(INITIALIZER_OPTIONS, type));
    assert.equal(values.length, FAN_IN * FAN_OUT);
    assert.ok(Math.abs(variance(values) / expected - 1) < 0.03, String(variance(values) / expected));
    assert.ok(Math.abs(mean(values)) < 5 * Math.sqrt(expected / values.length));
  });
}

test('uniform initializers stay within their limits', () => {
  const limit = Math.sqrt(6 / FAN_IN);
  const values = draw({ type: 'heUniform' });
  assert.ok(
    values.every((value) => Math.abs(value) <= limit) && values.some((value) => Math.abs(value) > 0.99 * limit),
  );
});

test('orthogonal kernels are orthogonal up to their gain, whichever side is longer', () => {
  for (const [rows, columns, gain] of [
    [12, 30, 1],
    [30, 12, 2],
    [16, 16, 1],
  ] as const) {
    const kernel = INITIALIZER_RULES.orthogonal(
      { type: 'orthogonal', gain },
      { fanIn: rows, fanOut: columns },
      new Random(1, 'initializer'),
      rows,
      columns,
    );
    const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
    const at = (vector: number, i: number): number =>
      rows <= columns ? kernel[vector * columns + i]! : kernel[i * columns + vector]!;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b <= a; b++) {
        let dot = 0;
        for (let i = 0; i < length; i++) dot += at(a, i) * at(b, i);
        assert.ok(Math.abs(dot - (a === b ? gain * gain : 0)) < 1e-5, `${rows} x ${columns}: ${a}, ${b}: ${dot}`);
      }
    }
  }
});

test('randomized asymmetric: one positive Beta(2, 1) number per neuron, biases included, the others normal (Lu et al., 2020)', () => {
  const { kernel, bias } = initializeDense(
    { type: 'randomizedAsymmetric' },
    zeros,
    { fanIn: 3, fanOut: 4000 },
    new Random(9, 'initializer'),
  );
  const deviation = 0.6007 / Math.sqrt(3);
  // A quarter of all numbers is Beta(2, 1), mean 2/3, mean square 1/2.
  for (const values of [kernel, bias]) {
    assert.ok(Math.abs(mean(values) - 1 / 6) < 0.02, String(mean(values)));
    assert.ok(Math.abs(mean(values.map((value) => value * value)) - (0.75 * deviation ** 2 + 0.125)) < 0.02);
  }
  const positives = Array.from({ length: 4000 }, (_, unit) =>
    [kernel[unit]!, kernel[4000 + unit]!, kernel[8000 + unit]!, bias[unit]!].some((value) => value > 0),
  );
  assert.ok(positives.every(Boolean), 'every neuron has a positive weight or bias');
});

test('constants are constant', () => {
  assert.ok(draw({ type: 'ones' }).every((value) => value === 1));
  assert.ok(draw({ type: 'constant', value: 0.25 }).every((value) => value === 0.25));
  assert.ok(draw({ type: 'zeros' }).every((value) => value === 0));
});

test('He keeps the mean square of pre-activations over 10 ReLU layers of width 512', () => {
  const width = 512;
  let x = Float32Array.from({ length: width }, () => 1);
  const squares: number[] = [];
  for (let layer = 0; layer < 10; layer++) {
    const { kernel } = initializeDense(
      { type: 'heNormal' },
      zeros,
      { fanIn: width, fanOut: width },
      new Random(4, 'initializer', layer),
    );
    const z = new Float32Array(width);
    for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) z[j]! += x[i]! * kernel[i * width + j]!;
    squares.push(mean(z.map((value) => value * value)));
    x = z.map((value) => Math.max(0, value));
  }
  for (const square of squares) assert.ok(square > 1 && square < 4, `mean squares ${squares.join(', ')} around 2`);
});
