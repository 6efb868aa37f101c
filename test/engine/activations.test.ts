import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ACTIVATION_RULES, applyActivation, SELU } from '../../src/engine/math/activations.ts';
import { ProgramBuilder } from '../../src/engine/program/builder.ts';
import { gradients } from '../../src/engine/program/gradients.ts';
import {
  ACTIVATIONS,
  type Activation,
  type ActivationName,
  ACTIVATION_OPTIONS,
  fill,
} from '../../src/vocabulary/index.ts';
import { erf, interpret } from './interpreter.ts';

/** f(z), f'(z) and, where the activation saturates, whether it does at z. */
function evaluate(
  activation: Activation,
  z: ArrayLike<number>,
): { values: Float64Array; slopes: Float64Array; saturated: Float64Array | undefined } {
  const b = new ProgramBuilder();
  const x = b.step('z', 'float32', ['batch', 1]);
  const alpha = activation.type === 'prelu' ? b.constant(Float32Array.of(activation.alpha), [1]) : null;
  const y = applyActivation(b, x, activation, alpha);
  b.output('values', y);
  b.output('slopes', gradients(b, b.sum(y), [x])[0]!);
  const { saturated: tail } = ACTIVATION_RULES[activation.type];
  if (tail) b.output('saturated', tail(b, y));
  const { values, slopes, saturated } = interpret(b.build('test'), { z }, z.length).outputs;
  return { values: values!, slopes: slopes!, saturated };
}

const expm1Tail =
  (alpha: number) =>
  (z: number): number =>
    z > 0 ? z : alpha * Math.expm1(z);
const FORMULAS: Record<ActivationName, (z: number) => number> = {
  relu: (z) => Math.max(0, z),
  leakyRelu: (z) => (z > 0 ? z : 0.01 * z),
  prelu: (z) => (z > 0 ? z : 0.25 * z),
  elu: expm1Tail(1),
  celu: expm1Tail(1),
  selu: (z) => SELU.scale * expm1Tail(SELU.alpha)(z),
  gelu: (z) => (z * (1 + erf(z / Math.SQRT2))) / 2,
  geluTanh: (z) => (z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)))) / 2,
  silu: (z) => z / (1 + Math.exp(-z)),
  mish: (z) => z * Math.tanh(Math.log1p(Math.exp(z))),
  softplus: (z) => Math.log1p(Math.exp(z)),
  tanh: Math.tanh,
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  linear: (z) => z,
};
const grid = Float64Array.from({ length: 401 }, (_, i) => (i - 200) / 25 + 0.001);

for (const type of ACTIVATIONS) {
  test(`${type} agrees with its formula, and so does its slope`, () => {
    const { values, slopes } = evaluate(fill(ACTIVATION_OPTIONS, type), grid);
    grid.forEach((z, i) => {
      const f = FORMULAS[type];
      assert.ok(Math.abs(values[i]! - f(z)) < 1e-6, `${type}(${z}) = ${values[i]}`);
      const expected = (f(z + 1e-6) - f(z - 1e-6)) / 2e-6;
      assert.ok(Math.abs(slopes[i]! - expected) < 1e-6, `${type}'(${z}) = ${slopes[i]} instead of ${expected}`);
    });
  });
}

const at = (activation: Activation, z: number): number => evaluate(activation, [z]).values[0]!;
const slope = (activation: Activation): number => evaluate(activation, [0]).slopes[0]!;

test('options change the slope or the lower limit', () => {
  for (const alpha of [0, 0.3, 1, 1.5, -0.5])
    assert.ok(Math.abs(at({ type: 'leakyRelu', alpha }, -2) + 2 * alpha) < 1e-6, `slope ${alpha}`);
  assert.equal(at({ type: 'leakyRelu', alpha: 1.5 }, 3), 3);
  assert.ok(Math.abs(at({ type: 'elu', alpha: 0.5 }, -1) - 0.5 * Math.expm1(-1)) < 1e-7);
  assert.ok(Math.abs(at({ type: 'celu', alpha: 2 }, -1) - 2 * Math.expm1(-0.5)) < 1e-7);
});

test('slopes at 0 are those of PyTorch', () => {
  assert.equal(slope({ type: 'relu' }), 0);
  assert.ok(Math.abs(slope({ type: 'leakyRelu', alpha: 0.01 }) - 0.01) < 1e-9);
  assert.equal(slope({ type: 'elu', alpha: 0.5 }), 0.5);
  assert.equal(slope({ type: 'prelu', alpha: 0.25 }), 0.25);
});

test('tanh and sigmoid saturate beyond 0.9 and within 0.05 of their limits', () => {
  const z = [-3, -1.4, 0, 1.4, 1.5, 3];
  assert.deepEqual(
    [...evaluate({ type: 'tanh' }, z).saturated!],
    z.map((x) => Number(Math.abs(Math.tanh(x)) > 0.9)),
  );
  assert.deepEqual(
    [...evaluate({ type: 'sigmoid' }, z).saturated!],
    [0, 0, 0, 0, 0, 1].map((_, i) => Number(Math.abs(z[i]!) > Math.log(19))),
  );
});

/** Mean and mean square of f(z) for standard normal z, by the trapezoidal rule. */
function moments(activation: Activation): [number, number] {
  const step = 1 / 2048;
  const z = Float64Array.from({ length: 20 / step + 1 }, (_, i) => i * step - 10);
  const { values } = evaluate(activation, z);
  let [mean, square] = [0, 0];
  values.forEach((value, i) => {
    const density = (Math.exp((-z[i]! * z[i]!) / 2) / Math.sqrt(2 * Math.PI)) * step;
    mean += value * density;
    square += value * value * density;
  });
  return [mean, square];
}

test('mean and mean square for a standard normal input agree with published values', () => {
  const expected: [Activation, number, number][] = [
    [{ type: 'relu' }, 0.398942, 0.5],
    [{ type: 'leakyRelu', alpha: 0.01 }, 0.394953, 0.50005],
    [{ type: 'leakyRelu', alpha: 0.3 }, 0.27926, 0.545],
    [{ type: 'prelu', alpha: 0.25 }, 0.299207, 0.53125],
    [{ type: 'elu', alpha: 1 }, 0.160521, 0.644945],
    [{ type: 'gelu' }, 0.282095, 0.425221],
    [{ type: 'silu' }, 0.206621, 0.355776],
    [{ type: 'softplus' }, 0.806059, 0.921246],
    [{ type: 'mish' }, 0.240404, 0.452342],
  ];
  for (const [activation, mean, square] of expected) {
    const [actualMean, actualSquare] = moments(activation);
    assert.ok(
      Math.abs(actualMean - mean) < 1e-5 && Math.abs(actualSquare - square) < 1e-5,
      `${activation.type}: ${actualMean}, ${actualSquare}`,
    );
  }
});

test('SELU keeps mean 0 and variance 1 (Klambauer et al., 2017)', () => {
  const [mean, square] = moments({ type: 'selu' });
  assert.ok(Math.abs(mean) < 1e-6 && Math.abs(square - 1) < 1e-6, `${mean}, ${square}`);
});
