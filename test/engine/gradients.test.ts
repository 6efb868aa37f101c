import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ProgramBuilder, type Value } from '../../src/engine/program/builder.ts';
import { gradients } from '../../src/engine/program/gradients.ts';
import { OPERATION_NAMES, type Shape } from '../../src/engine/program/operations.ts';
import { elementCount } from '../../src/engine/program/shapes.ts';
import { Random } from '../../src/random.ts';
import { interpret } from './interpreter.ts';

const BATCH = 3;
type Build = (b: ProgramBuilder, ...inputs: Value[]) => Value;
interface Case {
  name: string;
  shapes: Shape[];
  build: Build;
  positive?: true;
}

const unary = ['neg', 'abs', 'exp', 'tanh', 'sigmoid', 'erf', 'softplus', 'relu', 'sign'] as const;
const binary = ['add', 'sub', 'mul', 'maximum', 'minimum', 'div'] as const;
const pairs: Shape[][] = [
  [
    ['batch', 4],
    ['batch', 4],
  ],
  [['batch', 4], [4]],
  [[4], ['batch', 4]],
  [
    ['batch', 4],
    ['batch', 1],
  ],
  [
    ['batch', 1],
    [1, 4],
  ],
  [[], ['batch', 4]],
];

const CASES: Case[] = [
  ...unary.map((op): Case => ({ name: op, shapes: [['batch', 4]], build: (b, x) => b.unary(op, x) })),
  ...(['log', 'sqrt'] as const).map((op): Case => ({
    name: op,
    shapes: [['batch', 4]],
    positive: true,
    build: (b, x) => b.unary(op, x),
  })),
  ...binary.flatMap((op) =>
    pairs.map((shapes): Case => ({
      name: `${op} of ${shapes.map((shape) => `[${shape.join()}]`).join(' and ')}`,
      shapes,
      ...(op === 'div' && { positive: true }),
      build: (b, x, y) => b.binary(op, x, y),
    })),
  ),
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(([left, right]): Case => ({
    name: `matMul${left ? ' transposeA' : ''}${right ? ' transposeB' : ''}`,
    shapes: [left ? [5, 'batch'] : ['batch', 5], right ? [4, 5] : [5, 4]],
    build: (b, x, y) => b.matMul(x, y, left, right),
  })),
  ...[[0], [1], [0, 1]].flatMap((axes) =>
    [true, false].map((keepDims): Case => ({
      name: `reduceSum over ${axes.join()}${keepDims ? ', dimensions kept' : ''}`,
      shapes: [['batch', 4]],
      build: (b, x) => b.sum(x, axes, keepDims),
    })),
  ),
  { name: 'reshape', shapes: [[2, 6]], build: (b, x) => b.reshape(x, [3, 4]) },
  { name: 'slice', shapes: [[9]], build: (b, x) => b.slice(x, 2, 4) },
  { name: 'concat', shapes: [[3], [4]], build: (b, x, y) => b.concat([x, y, x]) },
  {
    name: 'broadcastLike',
    shapes: [
      ['batch', 1],
      ['batch', 4],
    ],
    build: (b, x, y) => b.unary('tanh', b.broadcastLike(x, y)),
  },
  { name: 'a value used three times', shapes: [['batch', 4]], build: (b, x) => b.mul(b.mul(x, x), b.exp(x)) },
];

for (const { name, shapes, build, positive } of CASES) {
  test(`gradient of ${name} agrees with central differences`, () => {
    const b = new ProgramBuilder();
    const inputs = shapes.map((shape, index) => b.step(`x${index}`, 'float32', shape));
    const result = build(b, ...inputs);
    // Weights of the sum make every element of the result count differently.
    const weights = b.step('weights', 'float32', result.shape);
    const output = b.sum(b.mul(result, weights));
    gradients(b, output, inputs).forEach((gradient, index) => b.output(`d${index}`, gradient));
    b.output('y', output);
    const program = b.build('test');
    const random = new Random(11, 'drawing');
    const draw = (shape: Shape): Float64Array =>
      Float64Array.from({ length: elementCount(shape, BATCH) }, () =>
        positive ? 0.5 + random.uniform() : 2 * random.uniform() - 1,
      );
    const values: Record<string, Float64Array> = { weights: draw(result.shape) };
    shapes.forEach((shape, index) => {
      values[`x${index}`] = draw(shape);
    });
    const { outputs } = interpret(program, values, BATCH);
    shapes.forEach((_, index) => {
      const x = values[`x${index}`]!;
      const analytic = outputs[`d${index}`]!;
      assert.equal(analytic.length, x.length);
      x.forEach((original, element) => {
        const at = (shift: number): number => {
          x[element] = original + shift;
          const [y] = interpret(program, values, BATCH).outputs.y!;
          x[element] = original;
          return y!;
        };
        const numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert.ok(
          Math.abs(numeric - analytic[element]!) < 1e-7 * Math.max(1, Math.abs(numeric)),
          `d/dx${index}[${element}]: ${analytic[element]} instead of ${numeric}`,
        );
      });
    });
  });
}

test('every operation is among these cases, or needs no gradient', () => {
  const tried = new Set(
    CASES.flatMap(({ shapes, build }) => {
      const b = new ProgramBuilder();
      b.output('y', build(b, ...shapes.map((shape, index) => b.step(`x${index}`, 'float32', shape))));
      return b.build('test').nodes.map(({ op }) => op);
    }),
  );
  assert.deepEqual(
    OPERATION_NAMES.filter((name) => !tried.has(name)),
    ['greater', 'equal', 'constant', 'cast', 'reduceMax', 'argMax', 'gather'],
  );
});

test('at 0, ReLU has slope 0 and minimum(z, 0) slope 1, as in PyTorch for relu and the tail of elu', () => {
  const b = new ProgramBuilder();
  const z = b.step('z', 'float32', [1]);
  for (const [name, value] of [
    ['relu', b.relu(z)],
    ['maximum', b.maximum(z, 0)],
    ['minimum', b.minimum(z, 0)],
  ] as const)
    b.output(name, gradients(b, b.sum(value), [z])[0]!);
  const { outputs } = interpret(b.build('test'), { z: [0] }, 1);
  assert.deepEqual([outputs.relu![0], outputs.maximum![0], outputs.minimum![0]], [0, 0, 1]);
});

test('no gradient passes a detached value, and without dependence on a target the gradient is zero', () => {
  const b = new ProgramBuilder();
  const [x, y] = [b.step('x', 'float32', [2]), b.step('y', 'float32', [2])];
  const loss = b.sum(b.mul(x, b.detach(b.exp(x))));
  gradients(b, loss, [x, y]).forEach((gradient, index) => b.output(`d${index}`, gradient));
  const { outputs } = interpret(b.build('test'), { x: [1, 2], y: [0, 0] }, 1);
  assert.deepEqual([...outputs.d0!], [Math.exp(1), Math.exp(2)]);
  assert.deepEqual([...outputs.d1!], [0, 0]);
});

test('invalid programs are refused while they are written', () => {
  const b = new ProgramBuilder();
  const [x, y] = [b.step('x', 'float32', ['batch', 3]), b.step('y', 'float32', ['batch', 4])];
  assert.throws(() => b.add(x, y), /add cannot combine \[batch, 3\] and \[batch, 4\]/);
  assert.throws(() => b.matMul(x, y), /matMul cannot multiply/);
  assert.throws(() => b.reshape(x, [3]), /reshape cannot make/);
  assert.throws(() => b.step('x', 'float32', []), /already has an input x/);
  assert.throws(() => b.slice(b.step('v', 'float32', [3]), 2, 2), /slice runs past/);
  assert.throws(() => gradients(b, x, [x]), /Only a scalar/);
  assert.throws(() => gradients(b, b.sum(b.max(x, [1])), [x]), /reduceMax has no gradient/);
});

test('equal values are computed once, and unneeded values are left out', () => {
  const b = new ProgramBuilder();
  const x = b.step('x', 'float32', [2]);
  assert.equal(b.mul(x, 2), b.mul(x, 2));
  assert.equal(b.mul(x, 1), x);
  b.exp(b.step('unused', 'float32', [2]));
  b.output('y', b.unary('tanh', x));
  assert.deepEqual(
    b.build('test').nodes.map(({ op }) => op),
    ['input', 'tanh'],
  );
});
